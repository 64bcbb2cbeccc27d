/**
 * One client SDK through all phases, in a process of its own: Conclave's and the deployed one have the same surface and can need
 * different versions of Node. Started by `suites/client.mjs` with a channel for messages: each phase is asked for, measured, and told.
 *
 *   node drive.mjs SDK-MODULE '{ "url", "task", "sizes", "batch", "sends", … }'
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { newWallet } from '../../interop/peer/wallet.mjs';
import { phases } from './phases.mjs';

const [module, given] = process.argv.slice(2);
const settings = JSON.parse(given);
const importedAt = performance.now();
const sdk = await import(pathToFileURL(module).href);
const folder = mkdtempSync(join(tmpdir(), 'conclave-bench-client-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('SIGTERM', () => process.exit(1));

let databases = 0;
const opened = [];

/** A registered client of a new wallet, with an encrypted database on disk. */
async function newClient() {
  const wallet = newWallet();
  const options = {
    env: 'local',
    apiUrl: settings.url,
    disableDeviceSync: true,
    dbPath: join(folder, `${databases++}.db3`),
    dbEncryptionKey: Uint8Array.from(randomBytes(32)),
  };
  const client = await sdk.Client.create(wallet.signer, options);
  opened.push(client);
  return { client, wallet, options, inboxId: client.inboxId };
}

/** Bytes of a client's database with its write-ahead log. */
function databaseBytes({ options }) {
  const name = options.dbPath.slice(folder.length + 1);
  return readdirSync(folder)
    .filter((file) => file.startsWith(name) && !file.endsWith('-shm'))
    .reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

/** Asks the runner for what the relay has counted since the last time. */
function counted() {
  if (!settings.counted) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    process.once('message', resolve);
    process.send({ type: 'count' });
  });
}

/** Runs and tells a phase. @param per - operations in it */
async function phase(name, per, work) {
  await counted();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const figures = { wallMs: wallMs / per, cpuMs: (user + system) / 1000 / per };
  const total = await counted();
  if (total !== undefined) for (const key of Object.keys(total)) figures[key] = total[key] / per;
  process.send({ type: 'phase', name, ...figures });
  return result;
}

/** Tells a value that is not a duration. */
const tell = (name, value, unit) => process.send({ type: 'value', name, value, unit });

/** The names of a population, registered by whoever has the `populate` task. */
async function populate(count) {
  const inboxIds = [];
  for (let i = 0; i < count; i++) {
    const { client, inboxId } = await newClient();
    inboxIds.push(inboxId);
    await client.close();
    opened.pop();
  }
  process.send({ type: 'population', inboxIds });
}

/** From the start of this process to the second client's having read what the first one wrote. */
async function firstMessage() {
  const loadedMs = performance.now();
  const alice = await newClient();
  const bob = await newClient();
  const dm = await alice.client.conversations.createDm(bob.inboxId);
  await dm.sendText('first light');
  await bob.client.conversations.syncAll();
  const [conversation] = await bob.client.conversations.list();
  const message = await conversation.lastMessage();
  if (message?.content !== 'first light') throw new Error('the first message has not arrived');
  const readMs = performance.now();
  process.send({ type: 'first', processMs: readMs, loadMs: loadedMs - importedAt, messageMs: readMs - loadedMs });
}

const tasks = {
  populate: () => populate(settings.population),
  'first-message': firstMessage,
  phases: () => phases({ sdk, settings, newClient, databaseBytes, phase, tell }),
};
await tasks[settings.task]();
for (const client of opened) await client.close?.();
process.disconnect();
// The deployed client cannot be closed and would keep the process alive.
process.exit(0);
