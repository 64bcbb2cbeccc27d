/**
 * `node vectors/deployed-database/record.mjs`: records `alice.json`, the database of the deployed client (`npm run interop:setup`) after two
 * conversations, row by row, and what came to them afterwards. Unencrypted, with keys of throw-away wallets.
 *
 * Under the Node that loads the deployed client: `record.mjs play URL DATABASE`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startNodeProcess } from '../../interop/peer/node-process.mjs';
import { PEER_NODE, ROOT } from '../../interop/peer/places.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const hex = (bytes) => Buffer.from(bytes).toString('hex');

if (process.argv[2] === 'play') await play(...process.argv.slice(3));
else await record();

/** Alice writes with Bob; what she was at the end is printed, and then Bob goes on without her. */
async function play(url, database) {
  const { newRealClient } = await import('../../interop/peer/real-client.mjs');
  const plain = { dbEncryptionKey: undefined };
  const folder = dirname(database);
  const { client: alice, wallet } = await newRealClient({ url, folder, options: { ...plain, dbPath: database } });
  const { client: bob } = await newRealClient({ url, folder });
  const { client: carol } = await newRealClient({ url, folder });
  const group = await alice.conversations.createGroup([bob.inboxId, carol.inboxId], { groupName: 'Garden' });
  await group.sendText('hello from alice');
  await bob.conversations.syncAll();
  const bobs = await bob.conversations.getConversationById(group.id);
  await bobs.sendText('hello from bob');
  await group.sync();
  await group.updateName('Orchard');
  await group.removeMembers([carol.inboxId]);
  await bobs.sync();
  await bobs.sendText('second from bob');
  await group.sync();
  const dm = await alice.conversations.createDm(bob.inboxId);
  await dm.sendText('psst');
  await bob.conversations.syncAll();
  await group.sendText('waits', true);
  const { epoch } = await group.debugInfo();
  const known = { inboxId: alice.inboxId, installationId: alice.installationId, address: wallet.address };
  console.log(JSON.stringify({ ...known, groupId: group.id, dmId: dm.id, epoch: String(epoch) }));
  await new Promise((resolve) => process.stdin.once('data', resolve));
  await bobs.sendText('third from bob');
  await bobs.updateDescription('trees');
  await bobs.sendText('fourth from bob');
  console.log('done');
  process.exit(0);
}

async function record() {
  const { openDatabase } = await import(pathToFileURL(join(ROOT, 'packages/sqlite/dist/node/index.js')).href);
  const { openGrpcNetwork } = await import(
    pathToFileURL(join(ROOT, 'packages/node-sdk/dist/transport/grpc-network.js')).href
  );
  const proto = await import(pathToFileURL(join(ROOT, 'packages/proto/dist/index.js')).href);
  const folder = mkdtempSync(join(tmpdir(), 'conclave-record-'));
  const node = await startNodeProcess(join(folder, 'node'));
  const database = join(folder, 'alice.db3');
  const child = spawn(PEER_NODE, [fileURLToPath(import.meta.url), 'play', node.url, database], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const line = () => new Promise((resolve) => child.stdout.once('data', (data) => resolve(String(data).trim())));
  const expected = JSON.parse(await line());
  const db = openDatabase({ path: database });
  const schema = db
    .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
    .all()
    .map(({ sql }) => sql);
  const tables = {};
  for (const { name } of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()) {
    if (name.startsWith('sqlite_')) continue;
    const rows = db.prepare(`SELECT * FROM "${name}"`, { bigints: true }).all();
    tables[name] = rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([column, value]) => {
          if (value instanceof Uint8Array) return [column, { hex: hex(value) }];
          return [column, typeof value === 'bigint' ? { int: String(value) } : value];
        }),
      ),
    );
  }
  db.close();
  const done = line();
  child.stdin.write('\n');
  await done;
  const network = openGrpcNetwork({ url: node.url, libxmtpVersion: '1.10.0' });
  const request = proto.create(proto.QueryGroupMessagesRequestSchema, { groupId: Buffer.from(expected.groupId, 'hex') });
  const { messages } = await network.queryGroupMessages(request);
  const inOrder = messages.map(({ version }) => version.value).sort((a, b) => (a.id < b.id ? -1 : 1));
  const later = inOrder.slice(-3).map(({ data }) => hex(data));
  network.close();
  await node.stop();
  rmSync(folder, { recursive: true, force: true });
  writeFileSync(join(HERE, 'alice.json'), `${JSON.stringify({ expected, schema, tables, later }, null, 1)}\n`);
}
