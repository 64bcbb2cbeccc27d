/**
 * A client SDK against a Conclave node in another process: Conclave's, and with `--peer` the deployed one (`npm run interop:setup`) in
 * turn on the same node. Time and calls are measured in separate runs, because what counts the calls slows them.
 */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEER_NODE, PEER_SDK, ROOT } from '../../interop/peer/places.mjs';
import { startRelay } from '../client/relay.mjs';
import { median } from '../measure.mjs';
import { startNodeProcess } from '../node-process.mjs';

/** Options of this suite. */
export const options = {
  peer: { type: 'boolean', default: false },
  large: { type: 'boolean', default: false },
  rounds: { type: 'string', default: '1' },
};

const DRIVE = join(dirname(dirname(fileURLToPath(import.meta.url))), 'client/drive.mjs');
const OWN = {
  name: 'Conclave',
  module: join(ROOT, 'packages/node-sdk/dist/index.js'),
  execPath: process.execPath,
};
const DEPLOYED = { name: 'deployed client', module: PEER_SDK, execPath: PEER_NODE };
const TIME_LIMIT_MS = 10 * 60_000;
const MAX_COMPLAINTS = 4000;
/** Members; the first goal speaks of 2 and all: see the phases without a size. */
const SIZES = [10, 100];
const LARGE_SIZES = [250, 1000];
const TIMED = { registrations: 10, sends: 50, batch: 1000, conversations: 50 };
const COUNTED = { registrations: 2, sends: 20, batch: 1000, conversations: 20 };
const FIRST_MESSAGES = 3;

/** Runs the suite. */
export async function run(report, { peer, large, rounds }) {
  if (peer && !(existsSync(PEER_NODE) && existsSync(PEER_SDK))) {
    throw new Error('The deployed client is not set up: npm run interop:setup');
  }
  const clients = peer ? [OWN, DEPLOYED] : [OWN];
  const sizes = large ? [...SIZES, ...LARGE_SIZES] : SIZES;
  const node = await startNodeProcess();
  const relay = await startRelay(node.url);
  try {
    const [{ inboxIds }] = await drive(OWN, { url: node.url, task: 'populate', population: Math.max(...sizes) });
    const common = { task: 'phases', sizes, population: inboxIds };
    const timed = await inTurn(clients, Number(rounds), (client) =>
      drive(client, { ...common, ...TIMED, url: node.url }),
    );
    const counts = await inTurn(clients, 1, (client) => {
      relay.take();
      return drive(client, { ...common, ...COUNTED, url: relay.url, counted: true }, relay);
    });
    const first = await inTurn(clients, FIRST_MESSAGES, (client) =>
      drive(client, { url: node.url, task: 'first-message' }),
    );
    reportFirst(report, first);
    reportTimes(report, timed);
    reportCounts(report, counts);
  } finally {
    relay.stop();
    await node.stop();
  }
}

/** Every client once a round. @returns the messages of each client's runs */
async function inTurn(clients, rounds, work) {
  const told = clients.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, client] of clients.entries()) told[index].push(await work(client));
  }
  return told;
}

/** Runs one driver to its end. @returns what it told */
function drive({ name, module, execPath }, settings, relay) {
  return new Promise((resolve, reject) => {
    const told = [];
    const child = fork(DRIVE, [module, JSON.stringify(settings)], {
      execPath,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    // The deployed client's database warns about every file that it opens: shown only when the run fails.
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      complaints = (complaints + text).slice(-MAX_COMPLAINTS);
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT_MS);
    child.on('message', (message) => {
      if (message.type === 'count') child.send(relay.take());
      else told.push(message);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      if (code === 0) resolve(told);
      else {
        const after = told.at(-1)?.name ?? 'nothing';
        reject(new Error(`${name} ended with code ${code} in ${settings.task}, after ${after}\n${complaints}`));
      }
    });
  });
}

/** The median over a client's runs of one key of one message. */
function medianOf(runs, name, key) {
  const values = runs.map((told) => told.find((message) => message.name === name)?.[key]).filter(Number.isFinite);
  return values.length === 0 ? undefined : median(values);
}

function rowOf([own, deployed], section, name, key, unit) {
  const value = medianOf(own, name, key);
  const reference = deployed === undefined ? undefined : medianOf(deployed, name, key);
  const shown = { section, name, value, unit };
  return reference === undefined ? shown : { ...shown, reference, against: DEPLOYED.name };
}

function reportFirst(report, [own, deployed]) {
  const value = (runs, key) => median(runs.map(([told]) => told[key]));
  for (const [name, key] of [
    ['from the start of the process to the first message read, both registrations included', 'processMs'],
    ['loading the SDK', 'loadMs'],
    ['two registrations, a DM, a message, a sync', 'messageMs'],
  ]) {
    const row = { section: 'First message between fresh clients', name, value: value(own, key), unit: 'ms' };
    report(deployed === undefined ? row : { ...row, reference: value(deployed, key), against: DEPLOYED.name });
  }
}

function reportTimes(report, timed) {
  const [told] = timed[0];
  for (const message of told) {
    if (message.type === 'value') report(rowOf(timed, 'Memory and disk', message.name, 'value', message.unit));
    if (message.type !== 'phase') continue;
    report(rowOf(timed, 'Time', message.name, 'wallMs', 'ms'));
    report(rowOf(timed, 'CPU of the client process', message.name, 'cpuMs', 'ms'));
  }
}

function reportCounts(report, counts) {
  for (const { type, name } of counts[0][0]) {
    if (type !== 'phase') continue;
    report(rowOf(counts, 'Calls', name, 'calls', 'calls'));
    report(rowOf(counts, 'Bytes up', name, 'up', 'B'));
    report(rowOf(counts, 'Bytes down', name, 'down', 'B'));
  }
}
