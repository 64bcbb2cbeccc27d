/**
 * Encrypted databases between the deployed client and `@conclave/sqlite`, both directions. By hand, after a build:
 *
 *   node interop/sqlcipher.mjs [--url http://127.0.0.1:5556]
 *
 * Needs the native addon under the Node that runs this, and the deployed client (`npm run interop:setup`). Without `--url`
 * a node of ours is started. The second form is what this program starts under the Node that loads the deployed client:
 *
 *   sqlcipher.mjs real URL DATABASE KEY-HEX     registers a client on that file, prints its inbox id, stays until killed
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startNodeProcess } from './peer/node-process.mjs';
import { PEER_NODE, ROOT } from './peer/places.mjs';
import { within } from './peer/waiting.mjs';

const START_LIMIT_MS = 60_000;

if (process.argv[2] === 'real') await runRealClient(...process.argv.slice(3));
else await main();

async function runRealClient(url, database, keyHex) {
  const { newRealClient } = await import('./peer/real-client.mjs');
  const options = { dbPath: database, dbEncryptionKey: Uint8Array.from(Buffer.from(keyHex, 'hex')) };
  const { client } = await newRealClient({ url, folder: dirname(database), options });
  process.stdout.write(`${client.inboxId}\n`);
  setInterval(() => undefined, 60_000);
}

/** Opens `database` with the deployed client, then kills it, which leaves its write-ahead log as it stands. */
async function useWithRealClient(url, database, key) {
  const args = [fileURLToPath(import.meta.url), 'real', url, database, Buffer.from(key).toString('hex')];
  const child = spawn(PEER_NODE, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const ready = once(child.stdout, 'data');
  const [line] = await within('the deployed client', Promise.race([ready, exited]), START_LIMIT_MS);
  child.kill('SIGKILL');
  await exited;
  return String(line).trim();
}

async function main() {
  const { openDatabase } = await import(pathToFileURL(join(ROOT, 'packages/sqlite/dist/node/index.js')).href);
  const folder = mkdtempSync(join(tmpdir(), 'conclave-sqlcipher-'));
  const flag = process.argv.indexOf('--url');
  const node = flag < 0 ? await startNodeProcess(join(folder, 'node')) : undefined;
  const url = node?.url ?? process.argv[flag + 1];
  const key = Uint8Array.from(randomBytes(32));
  const otherKey = Uint8Array.from(randomBytes(32));
  try {
    const theirs = join(folder, 'theirs.db3');
    const inboxId = await useWithRealClient(url, theirs, key);
    assert.ok(statSync(`${theirs}-wal`).size > 0, 'the log was left for us to read');
    assert.throws(() => openDatabase({ path: theirs, key: otherKey }), { code: 'sqlite/wrong-key' });
    assert.throws(() => openDatabase({ path: theirs }), { code: 'sqlite/wrong-key' });
    const opened = openDatabase({ path: theirs, key, exclusive: true });
    assert.equal(opened.encrypted, true);
    assert.equal(opened.pragma('integrity_check'), 'ok');
    assert.deepEqual({ ...opened.prepare('SELECT inbox_id FROM identity').get() }, { inbox_id: inboxId });
    opened.close();
    process.stdout.write(`ok: a database of the deployed client, with its log, opens with our engine\n`);

    const ours = join(folder, 'ours.db3');
    const created = openDatabase({ path: ours, key });
    created.exec('CREATE TABLE of_conclave (at_ns INTEGER); INSERT INTO of_conclave VALUES (1763719200000000001)');
    created.close();
    const secondInboxId = await useWithRealClient(url, ours, key);
    const reopened = openDatabase({ path: ours, key });
    assert.deepEqual({ ...reopened.prepare('SELECT inbox_id FROM identity').get() }, { inbox_id: secondInboxId });
    const kept = reopened.prepare('SELECT at_ns FROM of_conclave', { bigints: true }).get();
    assert.deepEqual({ ...kept }, { at_ns: 1763719200000000001n });
    reopened.close();
    process.stdout.write(`ok: the deployed client opens, writes and leaves intact a database made by our engine\n`);
  } finally {
    await node?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
