/** Edited messages (XIP-77) between two clients over a real node. */
import {
  type DecodedMessage,
  type Dm,
  type EncodedContent,
  type EnrichedReply,
  encodeMarkdown,
  encodeText,
  isEditMessage,
  SortDirection,
} from '@conclave/node-sdk';
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
});

afterAll(() => node.stop());

/** The message as each side reads it. */
async function shown(id: string): Promise<[mine: DecodedMessage, theirs: DecodedMessage]> {
  await dm.sync();
  await bobsDm.sync();
  const found = [alice, bob].map(({ client }) => client.conversations.getMessageById(id));
  return found as [DecodedMessage, DecodedMessage];
}

it('shows what the message says now, and since when, on both sides', async () => {
  const id = await dm.sendText('helo');
  expect((await shown(id)).map(({ editedAtNs, editedAt }) => [editedAtNs, editedAt])).toEqual([
    [undefined, undefined],
    [undefined, undefined],
  ]);
  await dm.editMessage(id, encodeText('hello'));
  await dm.editMessage(id, encodeText('hello!'));
  const [mine, theirs] = await shown(id);
  for (const message of [mine, theirs]) {
    expect(message).toMatchObject({ id, content: 'hello!', contentType: { typeId: 'text' } });
    expect(message.editedAtNs).toBeGreaterThan(message.sentAtNs);
  }
  expect(theirs.editedAtNs).toBe(mine.editedAtNs);
  const [listed] = await bobsDm.messages({ limit: 1, direction: SortDirection.Descending });
  expect(listed).toMatchObject({ id, content: 'hello!' });
  expect((await bobsDm.lastMessage())?.id).toBe(id);
  const [entry] = await bob.client.conversations.listEntries();
  expect(entry?.lastMessage).toMatchObject({ id, content: 'hello!' });
});

it('is streamed: the request as a message, the message as it is now', async () => {
  const id = await dm.sendText('before');
  await shown(id);
  const [messages, edits] = await Promise.all([
    bob.client.conversations.streamAllMessages(),
    bob.client.conversations.streamMessageEdits(),
  ]);
  await dm.editMessage(id, encodeText('after'));
  const [request] = await take(messages, 1);
  expect(request && isEditMessage(request) && request.content).toMatchObject({ messageId: id });
  expect((await take(edits, 1)).map((message) => [message.id, message.content])).toEqual([[id, 'after']]);
});

it('keeps what a reply answers, with the words alone or a whole reply', async () => {
  const question = await dm.sendText('which?');
  const id = await dm.sendReply({ reference: question, content: encodeText('this') });
  await dm.editMessage(id, encodeText('that'));
  for (const message of await shown(id)) {
    const reply = message.content as EnrichedReply;
    expect(message.contentType.typeId).toBe('reply');
    expect(message.fallback).toBe('Replied with "that" to an earlier message');
    expect([reply.content, reply.referenceId, reply.inReplyTo?.content]).toEqual(['that', question, 'which?']);
  }
  await dm.editMessage(question, encodeText('which one?'));
  const [, theirs] = await shown(id);
  expect((theirs.content as EnrichedReply).inReplyTo).toMatchObject({ content: 'which one?' });
});

it('is shown at once, is no line of the list, and is counted', async () => {
  const group = await alice.client.conversations.createGroup([]);
  const id = await group.sendText('early');
  await group.editMessage(id, encodeText('earlier'));
  expect(alice.client.conversations.getMessageById(id)?.content).toBe('earlier');
  expect((await group.messages()).map(({ content }) => content)).toEqual(['earlier']);
  expect(await group.countMessages()).toBe(2);
});

it('is the author’s right, of what was written, with a content of its kind', async () => {
  const id = await dm.sendText('mine');
  await shown(id);
  const refused = (edit: Promise<unknown>, code: string) => expect(edit).rejects.toMatchObject({ code });
  await refused(bobsDm.editMessage(id, encodeText('yours')), 'client/permission-denied');
  await refused(dm.editMessage('00'.repeat(32), encodeText('x')), 'client/message-not-found');
  await refused(dm.editMessage(id, encodeMarkdown('# x')), 'client/invalid-argument');
  const reaction = await dm.sendReaction({ reference: id, referenceInboxId: '', action: 1, content: 'x', schema: 1 });
  await refused(dm.editMessage(reaction, encodeText('x')), 'client/permission-denied');
  await dm.deleteMessage(id);
  await refused(dm.editMessage(id, encodeText('x')), 'client/message-not-found');
});

it('counts only from the author, whatever a client sends; a deletion is the last word', async () => {
  const id = await dm.sendText('stays');
  await shown(id);
  const { content } = encodeText('forged');
  const type = (typeId: string) => ({ authorityId: 'xmtp.org', typeId, versionMajor: 1, versionMinor: 0 });
  const text = new TextEncoder().encode('text');
  const forge = (version: number): EncodedContent => {
    const innerType = [0x12, text.length, ...text, 0x18, version];
    const inner = Uint8Array.of(0x0a, innerType.length, ...innerType, 0x22, content.length, ...content);
    const named = new TextEncoder().encode(`\n@${id}`);
    return {
      type: type('editMessage'),
      parameters: {},
      content: Uint8Array.of(...named, 0x12, inner.length, ...inner),
    };
  };
  const forged = forge(1);
  await bobsDm.send(forged);
  expect((await shown(id)).map(({ content: says }) => says)).toEqual(['stays', 'stays']);
  await dm.send(forge(9));
  expect((await shown(id)).map(({ content: says, editedAtNs }) => [says, editedAtNs])).toEqual([
    ['stays', undefined],
    ['stays', undefined],
  ]);
  await dm.send(forged);
  expect((await shown(id)).map(({ content: says }) => says)).toEqual(['forged', 'forged']);
  await dm.deleteMessage(id);
  for (const message of await shown(id)) {
    expect(message).toMatchObject({ content: { deletedBy: 'Sender' }, editedAtNs: undefined });
  }
});

it('is found by what it says now, where it stands', async () => {
  const { conversations } = bob.client;
  const found = async (text: string, options = {}) =>
    (await conversations.searchMessages(text, options)).map(({ content }) => content);
  const id = await dm.sendText('a violet heron');
  await dm.sendText('another heron');
  await shown(id);
  expect(await found('heron')).toEqual(['another heron', 'a violet heron']);
  await dm.editMessage(id, encodeText('a crimson heron'));
  await shown(id);
  expect(await found('violet')).toEqual([]);
  expect(await found('heron')).toEqual(['another heron', 'a crimson heron']);
  const [newest] = await conversations.searchMessages('heron', { limit: 1 });
  expect(await found('heron', { limit: 1, sentBeforeNs: newest?.sentAtNs })).toEqual(['a crimson heron']);
  await dm.deleteMessage(id);
  await shown(id);
  expect(await found('crimson')).toEqual([]);
});
