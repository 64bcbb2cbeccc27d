/**
 * A client SDK against a Conclave node in another process: Conclave's, and with `--peer` the deployed one (`npm run interop:setup`) in
 * turn on the same node. Time and calls are measured in separate runs, because what counts the calls slows them.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PEER_NODE, PEER_SDK, ROOT } from '../../interop/peer/places.mjs';
import { DEPLOYED, drive, OWN } from '../client/drives.mjs';
import { goalOf } from '../client/goals.mjs';
import { INSTALLATIONS, preparePopulation, startPopulatedNode } from '../client/population.mjs';
import { startRelay } from '../client/relay.mjs';
import { median } from '../measure.mjs';

/** Options of this suite. */
export const options = {
  peer: { type: 'boolean', default: false },
  large: { type: 'boolean', default: false },
  sizes: { type: 'string' },
  only: { type: 'string' },
  measure: { type: 'string', default: 'time,counts' },
  rounds: { type: 'string', default: '1' },
  prepared: { type: 'string', default: join(ROOT, 'bench/.prepared') },
  profile: { type: 'string' },
};

/** Options that name folders of this machine. */
export const folders = ['prepared', 'profile'];

const PARTS = ['first', 'registrations', 'groups', 'messages', 'stream', 'conversations', 'identities', 'member'];
const SIZES = [2, 100];
const LARGE_SIZES = [2, 250, 1000, 3000];
/** Strangers with whom each client makes a group of their own before groups of many are measured. */
const CROWD = 200;
const FIRST_MESSAGES = 3;
/** Above this the deployed client takes tens of milliseconds for each message. */
const PATIENT_SIZE = 1000;

/** Runs the suite. */
export async function run(report, { peer, large, sizes: given, only, measure, rounds, prepared, profile }) {
  if (peer && !(existsSync(PEER_NODE) && existsSync(PEER_SDK))) {
    throw new Error('The deployed client is not set up: npm run interop:setup');
  }
  const parts = only === undefined ? PARTS : only.split(',');
  const unknown = parts.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) throw new Error(`There is no part ${unknown}; there are ${PARTS.join(', ')}.`);
  const clients = peer ? [OWN, DEPLOYED] : [OWN];
  const sizes = given?.split(',').map(Number) ?? (large ? LARGE_SIZES : SIZES);
  const shape = { quick: !large, sizes, members: large ? 3000 : 100, identities: large ? 1000 : 100 };
  const people = await preparePopulation(prepared, register, peopleFor(parts, shape));
  const node = await startPopulatedNode(prepared);
  const relay = await startRelay(node.url);
  const bench = {
    report,
    clients,
    rounds: Number(rounds),
    node,
    relay,
    people,
    shape,
    profile,
    measured: measure.split(','),
  };
  try {
    for (const part of parts) await (STEPWISE[part] ?? runPart)(bench, part);
  } finally {
    relay.stop();
    await node.stop();
  }
}

async function register(url, installations) {
  const told = await drive(OWN, { url, part: 'populate', count: installations.length, installations });
  return told.map(({ inboxId }) => inboxId);
}

function peopleFor(parts, { sizes, members, identities }) {
  const single = Math.max(
    parts.includes('groups') ? Math.max(...sizes) + CROWD : 0,
    parts.includes('identities') ? identities : 0,
    parts.includes('member') ? members : 0,
  );
  return { single, several: parts.includes('member') ? severalOf(members) : 0 };
}

/** How many of so many members have several installations, so that a group of 3,000 has 10,000. */
const severalOf = (members) => Math.round((members * (10 / 3 - 1)) / (INSTALLATIONS - 1));

const STEPWISE = { first: firstMessages, groups: groups, member: largeGroup };

async function firstMessages({ report, clients, node }) {
  const told = await inTurn(clients, FIRST_MESSAGES, (client) => drive(client, { url: node.url, part: 'first' }));
  reportTold(report, told, 'First message between fresh clients');
}

async function groups(bench) {
  for (const size of bench.shape.sizes) {
    const again = size < PATIENT_SIZE && size > 2;
    const amounts = size <= PATIENT_SIZE ? { sends: 50, caughtUp: 350 } : { sends: 30, caughtUp: 70 };
    const { single } = bench.people;
    // They are in none of the groups that are measured: nothing of theirs is known yet, or will be met again.
    const strangers = Math.max(...bench.shape.sizes);
    const crowd = size > 2 ? single.slice(strangers, strangers + CROWD) : [];
    await runPart(bench, 'groups', { size, again, people: single, crowd, ...amounts });
  }
}

async function runPart({ report, clients, rounds, node, relay, people, shape, profile, measured }, part, further) {
  const settings = { part, quick: shape.quick, people: people.single.slice(0, shape.identities), ...further };
  if (measured.includes('time')) {
    const timed = await inTurn(clients, rounds, (client) => drive(client, { ...settings, url: node.url }, { profile }));
    reportTold(report, timed, 'Memory and disk');
    reportTimes(report, timed);
  }
  if (!measured.includes('counts')) return;
  const counts = await inTurn(clients, 1, (client) => {
    relay.take();
    return drive(client, { ...settings, ...FEWER, url: relay.url, counted: true }, { relay });
  });
  reportCounts(report, counts);
}

/** What is counted needs no repetition. */
const FEWER = { sends: 20, caughtUp: 80 };

/** A member of each client in one group, which Conclave's makes. */
async function largeGroup({ report, clients, node, people, shape }) {
  const size = shape.members;
  const folders = clients.map(() => mkdtempSync(join(tmpdir(), 'conclave-bench-member-')));
  const each = (step) =>
    Promise.all(
      clients.map((client, i) =>
        drive(client, { url: node.url, part: 'member', step, folder: folders[i], size, sends: 50 }),
      ),
    );
  try {
    const joiners = (await each('register')).map(([{ inboxId }]) => inboxId);
    const several = people.several.slice(0, severalOf(size));
    const others = [...several, ...people.single.slice(0, size - 1 - joiners.length - several.length)];
    const leaves = size + several.length * (INSTALLATIONS - 1);
    const step = { url: node.url, part: 'member', step: 'create', people: [...joiners, ...others], sends: 0 };
    const [made] = [await drive(OWN, step)];
    const section = `A group of ${size} people, ${leaves} installations`;
    reportPhases(report, [[made]], section);
    reportTold(report, [[made]], section);
    for (const step of ['join', 'read']) {
      const told = [];
      for (const [i, client] of clients.entries()) {
        told.push([await drive(client, { url: node.url, part: 'member', step, folder: folders[i], size, sends: 0 })]);
      }
      reportPhases(report, told, section);
      reportTold(report, told, section);
    }
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
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

/** The median over a client's runs of one key of one message. */
function medianOf(runs, { name, at }, key) {
  const same = (message) => message.name === name && message.at === at;
  const values = runs.map((told) => told.find(same)?.[key]).filter(Number.isFinite);
  return values.length === 0 ? undefined : median(values);
}

function rowOf([own, deployed], section, message, key, unit) {
  const { name, at } = message;
  const value = medianOf(own, message, key);
  const reference = deployed === undefined ? undefined : medianOf(deployed, message, key);
  const row = { section, name, ...(at === undefined ? {} : { at }), value, unit, ...goalOf(section, name, at) };
  return reference === undefined ? row : { ...row, reference, against: DEPLOYED.name };
}

function reportTold(report, told, section) {
  for (const message of told[0][0]) {
    if (message.type === 'value') report(rowOf(told, section, message, 'value', message.unit));
  }
}

const SECTIONS = {
  wallMs: 'Time',
  cpuMs: 'CPU of the client process',
  calls: 'Calls',
  up: 'Bytes up',
  down: 'Bytes down',
};

function reportTimes(report, timed) {
  for (const key of ['wallMs', 'cpuMs']) {
    for (const message of timed[0][0]) {
      if (message.type === 'phase') report(rowOf(timed, SECTIONS[key], message, key, 'ms'));
    }
  }
}

/** Of a part with a section of its own. */
function reportPhases(report, told, section) {
  for (const message of told[0][0]) {
    if (message.type !== 'phase') continue;
    const { name } = message;
    report({ ...rowOf(told, section, message, 'wallMs', 'ms'), name: `${name}, time` });
    report({ ...rowOf(told, section, message, 'cpuMs', 'ms'), name: `${name}, CPU` });
  }
}

function reportCounts(report, counts) {
  for (const key of ['calls', 'up', 'down']) {
    for (const message of counts[0][0]) {
      if (message.type === 'phase') report(rowOf(counts, SECTIONS[key], message, key, key === 'calls' ? 'calls' : 'B'));
    }
  }
}
