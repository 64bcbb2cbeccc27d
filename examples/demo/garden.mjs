// A conversation anyone can watch: `npm run demo`. Every line is printed after the call that it tells about has returned, with what the
// call returned; a step whose outcome is not the expected one ends the demo with exit code 1.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, createEOASigner, SortDirection } from '@conclave/node-sdk';
import { freePort, startNode, stopNode } from './node.mjs';

const home = mkdtempSync(join(tmpdir(), 'conclave-demo-'));
const started = Date.now();
let failed = 0;

const say = (line = '') => console.log(line);
const title = (text) => say(`\n${text}\n${'─'.repeat(text.length)}`);
const short = (id) => `${id.slice(0, 10)}…`;
/** Prints what happened; a false outcome is shown as such and counted. */
function outcome(ok, line) {
  if (!ok) failed += 1;
  say(`${ok ? '  ✓' : '  ✗'} ${line}`);
}

const ports = { grpc: await freePort(), web: await freePort() };
const url = `http://127.0.0.1:${ports.grpc}`;
const clients = [];
/** A person: a wallet made just now, and an installation with an encrypted database. */
async function join_(name, signer = createEOASigner(), device = '1') {
  const key = crypto.getRandomValues(new Uint8Array(32));
  const dbPath = join(home, `${name}-${device}.db3`);
  const from = performance.now();
  const client = await Client.create(signer, { env: 'local', apiUrl: url, dbPath, dbEncryptionKey: key });
  clients.push(client);
  return { name, signer, client, dbPath, ms: performance.now() - from };
}
/** Texts of a conversation as one of its members reads them. */
async function textsOf(person, conversationId) {
  await person.client.conversations.sync();
  const conversation = await person.client.conversations.getConversationById(conversationId);
  if (conversation === undefined) return undefined;
  await conversation.sync();
  const messages = await conversation.messages({ direction: SortDirection.Ascending });
  return messages.map((message) => message.content).filter((content) => typeof content === 'string');
}

let node;
try {
  title('A node');
  node = await startNode(home, ports);
  outcome(
    node.ready.startsWith('ready'),
    `${node.ready.split('  data')[0]} (${node.ms.toFixed(0)} ms after its process was started)`,
  );

  title('Four people with wallets register');
  const people = {};
  for (const name of ['Ann', 'Ben', 'Cleo', 'Dan']) {
    people[name] = await join_(name);
    const { client, signer, ms } = people[name];
    outcome(
      client.isRegistered,
      `${name.padEnd(4)} wallet ${short(signer.getIdentifier().identifier)} inbox ${short(client.inboxId)} (${ms.toFixed(0)} ms)`,
    );
  }
  const { Ann, Ben, Cleo, Dan } = people;
  const reachable = await Ann.client.canMessage([Ben, Cleo, Dan].map((p) => p.signer.getIdentifier()));
  outcome([...reachable.values()].every(Boolean), `Ann looks the others up by address: ${reachable.size} found`);

  title('A group');
  const group = await Ann.client.conversations.createGroup(
    [Ben, Cleo, Dan].map((p) => p.client.inboxId),
    { groupName: 'Garden' },
  );
  outcome(
    (await group.members()).length === 4,
    `Ann makes "${group.name}" with ${(await group.members()).length} members`,
  );
  await group.sendText('Who waters the tomatoes this week?');
  const read = await textsOf(Ben, group.id);
  outcome(read?.length === 1, `Ben joins by his welcome and reads: "${read?.[0]}"`);
  const atBens = await Ben.client.conversations.getConversationById(group.id);
  await atBens.sendText('I do.');
  const back = await textsOf(Ann, group.id);
  outcome(back.at(-1) === 'I do.', `Ben answers, Ann reads: "${back.at(-1)}"`);
  await atBens.updateName('Tomato club');
  await group.sync();
  outcome(group.name === 'Tomato club', `Ben renames the group, Ann sees "${group.name}"`);

  title('A direct conversation');
  const dm = await Ann.client.conversations.createDm(Cleo.client.inboxId);
  await dm.sendText('Between us: I never liked tomatoes.');
  const secret = await textsOf(Cleo, dm.id);
  outcome(secret?.length === 1, `Cleo reads Ann's message: "${secret?.[0]}"`);
  outcome((await textsOf(Ben, dm.id)) === undefined, 'Ben has no such conversation');

  title('The node stops and starts again');
  const exit = await stopNode(node);
  outcome(exit === 0, `SIGTERM: it drained and exited with code ${exit}`);
  const offline = await group.messages();
  outcome(offline.length > 0, `meanwhile Ann reads on without a network: ${offline.length} messages in her database`);
  node = await startNode(home, ports);
  outcome(node.ready.startsWith('ready'), `ready again with the same data (${node.ms.toFixed(0)} ms)`);
  await group.sendText('Everything still here?');
  const after = await textsOf(Cleo, group.id);
  outcome(after?.at(-1) === 'Everything still here?', `Ann writes, Cleo reads: "${after?.at(-1)}"`);

  title('Dan is removed');
  const atDans = await textsOf(Dan, group.id);
  outcome(atDans?.includes('Everything still here?') === true, `so far Dan reads all ${atDans?.length} texts`);
  await group.removeMembers([Dan.client.inboxId]);
  await group.sendText('The key to the shed is under the third pot.');
  const dansView = await textsOf(Dan, group.id);
  const dansGroup = await Dan.client.conversations.getConversationById(group.id);
  outcome(
    !dansView.some((text) => text.includes('shed')),
    `after it Dan's last text is still "${dansView.at(-1)}"; active: ${dansGroup.isActive}`,
  );
  const bensView = await textsOf(Ben, group.id);
  outcome(bensView.at(-1)?.includes('shed') === true, `Ben reads: "${bensView.at(-1)}"`);
  const refused = await dansGroup.sendText('Let me in!').then(
    () => undefined,
    (error) => error,
  );
  outcome(refused !== undefined, `Dan tries to write: ${refused?.message} [${refused?.code}]`);

  title('Ben adds a second device');
  const tablet = await join_('Ben', Ben.signer, '2');
  outcome(
    tablet.client.inboxId === Ben.client.inboxId,
    `same inbox ${short(tablet.client.inboxId)}, installation ${short(tablet.client.installationId)}`,
  );
  await new Promise((resolve) => setTimeout(resolve, 5100)); // Members look for new devices at most every five seconds.
  await group.sendText('Welcome to your tablet, Ben.');
  const onTablet = await textsOf(tablet, group.id);
  outcome(
    onTablet?.at(-1) === 'Welcome to your tablet, Ben.',
    `it was added to the group and reads: "${onTablet?.at(-1)}"`,
  );

  title('What lies on the disk');
  const annsInbox = Ann.client.inboxId;
  for (const client of clients.splice(0)) await client.close();
  const file = readFileSync(Ann.dbPath);
  const found = ['tomatoes', annsInbox].filter((text) => file.includes(text));
  outcome(
    found.length === 0,
    `Ann's database (${(file.length / 1024).toFixed(0)} KiB) contains neither a text nor her inbox id`,
  );
  say(`    64 of its bytes: ${file.subarray(8192, 8256).toString('hex')}`);
  await stopNode(node);
  node = undefined;
  const ordered = readFileSync(join(home, 'node', 'node.db'));
  outcome(
    !ordered.includes('tomatoes') && !ordered.includes('Tomato club'),
    `the node's database (${(ordered.length / 1024).toFixed(0)} KiB) contains no text and no group name`,
  );

  say(
    `\n${failed === 0 ? 'All of it happened' : `${failed} step(s) went otherwise`} in ${((Date.now() - started) / 1000).toFixed(1)} s.`,
  );
} finally {
  for (const client of clients) await client.close().catch(() => {});
  if (node !== undefined) node.child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
