/** Typing notices between clients over a real node: told while they hold, and nowhere among the messages. */
import { ConsentState, type Dm, type Group, TYPING_EXPIRES_MS } from '@conclave/node-sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LocalNode, type Person, take } from './local-node.testkit.js';

let node: LocalNode;
let alice: Person;
let bob: Person;
let dm: Dm;
let bobsDm: Dm;

beforeAll(async () => {
  node = await LocalNode.start();
  [alice, bob] = [await node.person(), await node.person()];
  dm = await alice.client.conversations.createDm(bob.client.inboxId);
  await bob.client.conversations.sync();
  bobsDm = bob.client.conversations.getDmByInboxId(alice.client.inboxId) as Dm;
  bobsDm.updateConsentState(ConsentState.Allowed);
  dm.updateConsentState(ConsentState.Allowed);
});

afterAll(() => node.stop());

it('is told to the others with the streams that are open, and is no message on either side', async () => {
  const [notices, messages] = await Promise.all([
    bob.client.conversations.streamTyping(),
    bob.client.conversations.streamAllMessages(),
  ]);
  const [own, ownMessages] = await Promise.all([
    alice.client.conversations.streamTyping(),
    alice.client.conversations.streamAllMessages(),
  ]);
  expect(await dm.sendTyping()).toBe(true);
  expect(await dm.sendTyping(false)).toBe(true);
  await dm.sendText('written');
  const from = { conversationId: bobsDm.id, inboxId: alice.client.inboxId };
  expect(await take(notices, 2)).toEqual([
    { ...from, isTyping: true },
    { ...from, isTyping: false },
  ]);
  // The first of each stream is the text: what came before it is nowhere.
  for (const stream of [messages, ownMessages]) {
    expect((await take(stream, 1)).map(({ content }) => content)).toEqual(['written']);
  }
  await own.end();
  for (const side of [dm, bobsDm]) {
    await side.sync();
    expect((await side.messages()).filter(({ contentType }) => contentType.authorityId !== 'xmtp.org')).toEqual([]);
    expect((await side.lastMessage())?.content).toBe('written');
  }
  expect(await bobsDm.countMessages()).toBe(await dm.countMessages());
});

it('counts as nothing unread, and accepts no request', async () => {
  const carol = await node.person();
  const group = await alice.client.conversations.createGroup([carol.client.inboxId]);
  await group.sendTyping();
  await carol.client.conversations.syncAll();
  const [entry] = await carol.client.conversations.listEntries();
  expect(entry?.unreadCount).toBe(0);
  const carols = (await carol.client.conversations.getConversationById(group.id)) as Group;
  expect(carols.consentState()).toBe(ConsentState.Unknown);
  // A stranger is not told that his request is being answered.
  expect(await carols.sendTyping()).toBe(false);
  expect(carols.consentState()).toBe(ConsentState.Unknown);
});

it('goes out once in its interval, and a stop only behind a beginning', async () => {
  const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
  expect(await group.sendTyping(false)).toBe(false);
  const sent = [];
  for (let i = 0; i < 5; i++) sent.push(await group.sendTyping());
  expect(sent).toEqual([true, false, false, false, false]);
  expect(TYPING_EXPIRES_MS).toBeGreaterThan(3000);
});

it('leaves the sender’s keys in step: what comes after it is read, whatever was lost on the way', async () => {
  const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
  await group.sendTyping();
  await group.updateName('renamed in between');
  const id = await group.sendText('after');
  await bob.client.conversations.syncAll();
  expect(bob.client.conversations.getMessageById(id)?.content).toBe('after');
  await group.sync();
  const info = await group.debugInfo();
  expect(info.maybeForked).toBe(false);
});
