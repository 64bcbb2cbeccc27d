/**
 * One client SDK through one part of the bench, in a process of its own: Conclave's and the deployed one have the same surface and can
 * need different versions of Node. Started by `suites/client.mjs` with a channel for messages: what is measured is told there, and asked
 * for what only the runner knows.
 *
 *   node drive.mjs SDK-MODULE, and { url, part, people, … } as its first message
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { newWallet } from '../../interop/peer/wallet.mjs';
import { median } from '../statistics.mjs';

const [module] = process.argv.slice(2);
/** Too long for the command line where they name thousands of people. */
const settings = await new Promise((resolve) => process.once('message', resolve));
const importedAt = performance.now();
const sdk = await import(pathToFileURL(module).href);
const loadMs = performance.now() - importedAt;
// A part that goes on in a second process finds its databases in the folder that the runner gives.
const folder = settings.folder ?? mkdtempSync(join(tmpdir(), 'conclave-bench-client-'));
if (settings.folder === undefined) process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('SIGTERM', () => process.exit(1));

let databases = 0;
const opened = [];

/** Options of a client with an encrypted database on disk. */
function newOptions(file = `${databases++}.db3`) {
  return {
    env: 'local',
    apiUrl: settings.url,
    disableDeviceSync: true,
    dbPath: join(folder, file),
    dbEncryptionKey: Uint8Array.from(randomBytes(32)),
  };
}

/** A registered client of a new wallet. */
async function newClient({ wallet = newWallet(), options = newOptions() } = {}) {
  const client = await sdk.Client.create(wallet.signer, options);
  opened.push(client);
  return { client, wallet, options, inboxId: client.inboxId };
}

/** A client of Conclave, whichever one is measured: it writes what is to be read. Its database is in memory. */
async function newWriter() {
  const { Client } = await import(pathToFileURL(settings.own).href);
  const client = await Client.create(newWallet().signer, { ...newOptions(), dbPath: null });
  opened.push(client);
  return { client, inboxId: client.inboxId };
}

/** Bytes of a client's database with its write-ahead log, as they lie there now. */
function databaseBytes({ options }) {
  const name = options.dbPath.slice(folder.length + 1);
  return readdirSync(folder)
    .filter((file) => file.startsWith(name) && !file.endsWith('-shm'))
    .reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

/** Bytes of a client's database once everything is in its main file. Ours is closed for that. */
async function settledBytes({ client, options }) {
  await client.close?.();
  return ask({ type: 'settle', path: options.dbPath, key: [...options.dbEncryptionKey] });
}

function ask(question) {
  return new Promise((resolve) => {
    process.once('message', resolve);
    process.send(question);
  });
}

/** What the relay has counted since the last time, if there is one. */
const counted = () => (settings.counted ? ask({ type: 'count' }) : Promise.resolve(undefined));

/** Runs the work. @returns its result and what it took for each of `per` operations */
async function measured(per, work) {
  await counted();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const figures = { wallMs: wallMs / per, cpuMs: (user + system) / 1000 / per };
  const total = await counted();
  if (total !== undefined) for (const key of Object.keys(total)) figures[key] = total[key] / per;
  return { result, figures };
}

/**
 * Runs and tells a phase.
 * @param per - operations in it
 * @param at - members of the group, where the phase is measured for several sizes
 * @returns what `work` gave
 */
async function phase(name, per, work, at) {
  const { result, figures } = await measured(per, work);
  process.send({ type: 'phase', name, at, ...figures });
  return result;
}

/**
 * Runs phases in turn, all of them once a round, and tells the median of each.
 * @param phases - `{ name, first, work }`: `work(round)`; what the first round took is told under the name `first`, where there is one
 */
async function repeated(rounds, phases, at) {
  const samples = phases.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { work }] of phases.entries()) samples[i].push((await measured(1, () => work(round))).figures);
  }
  for (const [i, { name, first }] of phases.entries()) {
    const keys = Object.keys(samples[i][0]);
    const figures = Object.fromEntries(keys.map((key) => [key, median(samples[i].map((sample) => sample[key]))]));
    process.send({ type: 'phase', name, at, ...figures });
    if (first !== undefined && rounds > 1) process.send({ type: 'phase', name: first, at, ...samples[i][0] });
  }
}

/** Tells a value that is not a phase's. */
const tell = (name, value, unit, at) => process.send({ type: 'value', name, at, value, unit });

/** Resident memory of this process in MiB: now, and the most it was. */
function memoryMiB() {
  const peakKiB = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  return { now: process.memoryUsage.rss() / 2 ** 20, peak: peakKiB / 1024 };
}

const { run } = await import(`./parts/${settings.part}.mjs`);
await run({
  sdk,
  settings,
  loadMs,
  folder,
  newClient,
  newWriter,
  newOptions,
  databaseBytes,
  settledBytes,
  memoryMiB,
  phase,
  repeated,
  tell,
});
for (const client of opened) await client.close?.();
process.disconnect();
// The deployed client cannot be closed and would keep the process alive.
process.exit(0);
