/** Contents of every type between two clients, and what belongs to a message: replies, reactions, deletions, receipts. */
import { gzipSync } from 'node:zlib';
import {
  type Actions,
  Client,
  ContentType,
  type ContentTypeId,
  createEOASigner,
  type DecodedMessage,
  DeliveryStatus,
  type Dm,
  decryptAttachment,
  type EncodedContent,
  type EnrichedReply,
  encodeReaction,
  encodeText,
  encryptAttachment,
  isActions,
  isAttachment,
  isIntent,
  isMarkdown,
  isMultiRemoteAttachment,
  isReaction,
  isReadReceipt,
  isRemoteAttachment,
  isReply,
  isText,
  isTextReply,
  isTransactionReference,
  isWalletSendCalls,
  type Reaction,
  SortDirection,
} from '@conclave/node-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalNode, type Person, take } from './local-node.testkit.js';

let node: LocalNode;
let alice: Person;
let bob: Person;
let dm: Dm;
let bobsDm: Dm;

const POLL: ContentTypeId = { authorityId: 'example.org', typeId: 'poll', versionMajor: 1, versionMinor: 0 };
const pollCodec = {
  contentType: POLL,
  encode: (votes: number): EncodedContent => ({ type: POLL, parameters: {}, content: Uint8Array.of(votes) }),
  decode: ({ content }: EncodedContent): number => {
    if (content.length === 0) throw new TypeError('no votes');
    return content[0] as number;
  },
  fallback: () => 'a poll',
  shouldPush: () => false,
};

beforeAll(async () => {
  node = await LocalNode.start();
  [alice, bob] = [await node.person(), await node.person({ codecs: [pollCodec] })];
  dm = await alice.client.conversations.createDm(bob.client.inboxId);
  await bob.client.conversations.sync();
  bobsDm = bob.client.conversations.getDmByInboxId(alice.client.inboxId) as Dm;
});

afterAll(() => node.stop());

/** The message as the other side reads it. */
async function received(id: string): Promise<DecodedMessage> {
  await bobsDm.sync();
  const message = bob.client.conversations.getMessageById(id);
  if (message === undefined) throw new TypeError('the message did not arrive');
  return message;
}

const file = { filename: 'a.txt', mimeType: 'text/plain', content: Uint8Array.of(1, 2, 3) };
const { payload, ...keys } = encryptAttachment(file);
const remote = { ...keys, url: 'https://example.org/a', scheme: 'https://' };
const transaction = {
  namespace: 'eip155',
  networkId: '1',
  reference: '0xdead',
  metadata: { transactionType: 't', currency: 'c', amount: 1, decimals: 6, fromAddress: '0xa', toAddress: '0xb' },
};
const calls = { version: '1.0', chainId: '0x1', from: '0xa', calls: [{ to: '0xb', gas: '0x1' }] };
const actions: Actions = {
  id: 'i',
  description: 'Which?',
  actions: [{ id: '1', label: 'One', style: 2, expiresAtNs: 1_700_000_000_123_000_000n }],
};
const reaction: Reaction = { reference: '', referenceInboxId: '', action: 1, content: ':x:', schema: 2 };

interface Row {
  readonly name: string;
  readonly send: () => Promise<string>;
  readonly is: (message: DecodedMessage) => boolean;
  readonly content: unknown;
}
const ROWS: readonly Row[] = [
  { name: 'text', send: () => dm.sendText('hello'), is: isText, content: 'hello' },
  { name: 'markdown', send: () => dm.sendMarkdown('# x'), is: isMarkdown, content: '# x' },
  { name: 'reaction', send: () => dm.sendReaction(reaction), is: isReaction, content: reaction },
  { name: 'read receipt', send: () => dm.sendReadReceipt(), is: isReadReceipt, content: {} },
  { name: 'attachment', send: () => dm.sendAttachment(file), is: isAttachment, content: file },
  { name: 'remote attachment', send: () => dm.sendRemoteAttachment(remote), is: isRemoteAttachment, content: remote },
  {
    name: 'several remote attachments',
    send: () => dm.sendMultiRemoteAttachment({ attachments: [remote, remote] }),
    is: isMultiRemoteAttachment,
    content: { attachments: [remote, remote] },
  },
  {
    name: 'transaction reference',
    send: () => dm.sendTransactionReference(transaction),
    is: isTransactionReference,
    content: transaction,
  },
  { name: 'wallet calls', send: () => dm.sendWalletSendCalls(calls), is: isWalletSendCalls, content: calls },
  { name: 'actions', send: () => dm.sendActions(actions), is: isActions, content: actions },
  {
    name: 'intent',
    send: () => dm.sendIntent({ id: 'i', actionId: '1', metadata: { n: 1 } }),
    is: isIntent,
    content: { id: 'i', actionId: '1', metadata: { n: 1 } },
  },
];

describe('contents', () => {
  it.each(ROWS)('$name arrives as it was sent, and is told by its guard alone', async ({ send, is, content }) => {
    const message = await received(await send());
    expect(message.content).toEqual(content);
    expect(ROWS.filter((row) => row.is(message)).map((row) => row.is)).toEqual([is]);
  });

  it('opens an attachment that was uploaded elsewhere', () => {
    expect(decryptAttachment(payload, remote)).toEqual(file);
  });

  it('takes both shapes of the last argument', async () => {
    const first = await dm.sendText('later', true);
    const second = await dm.sendText('later too', { optimistic: true, idempotencyKey: 'k' });
    expect(await dm.sendText('later too', { optimistic: true, idempotencyKey: 'k' })).toBe(second);
    const status = (id: string) => alice.client.conversations.getMessageById(id)?.deliveryStatus;
    expect([first, second].map(status)).toEqual([DeliveryStatus.Unpublished, DeliveryStatus.Unpublished]);
    await dm.publishMessages();
    expect([first, second].map(status)).toEqual([DeliveryStatus.Published, DeliveryStatus.Published]);
    expect((await received(second)).content).toBe('later too');
  });

  it('refuses content without a type', async () => {
    await expect(dm.send({ parameters: {}, content: new Uint8Array(0) })).rejects.toMatchObject({
      name: 'MissingContentTypeError',
    });
  });

  it('refuses actions that nobody could choose from', async () => {
    await expect(dm.sendActions({ ...actions, actions: [] })).rejects.toMatchObject({ code: 'content/invalid-value' });
  });

  it('inflates what mobile clients compressed', async () => {
    const text = encodeText('hello');
    const id = await dm.send({ ...text, compression: 1, content: gzipSync(text.content) });
    expect((await received(id)).content).toBe('hello');
  });
});

describe('content types of an application', () => {
  it('are read where there is a codec', async () => {
    expect((await received(await dm.send(pollCodec.encode(7)))).content).toBe(7);
  });

  it('have no content where there is none, or where it fails; the reader is told why', async () => {
    const told: string[] = [];
    const onNotice = (sentence: string): void => void told.push(sentence);
    const carol = await node.person({ onNotice });
    const dave = await node.person({ onNotice, codecs: [pollCodec] });
    const group = await alice.client.conversations.createGroup([carol.client.inboxId, dave.client.inboxId]);
    await group.send({ ...pollCodec.encode(0), content: new Uint8Array(0), fallback: 'a poll' });
    for (const { client } of [carol, dave]) {
      await client.conversations.syncAll();
      const message = await client.conversations.listGroups()[0]?.lastMessage();
      expect([message?.content, message?.fallback, message?.contentType]).toEqual([undefined, 'a poll', POLL]);
    }
    expect(told).toEqual([
      'No codec found for content type "example.org/poll:1.0"',
      'Error decoding custom content: no votes',
    ]);
  });
});

describe('what belongs to a message', () => {
  it('is beside it: reactions as they were sent, and how many replied', async () => {
    const asked = await dm.sendText('who comes?');
    const added: Reaction = { ...reaction, reference: asked, referenceInboxId: alice.client.inboxId };
    await bobsDm.sync();
    await bobsDm.sendReaction(added);
    await bobsDm.sendReaction({ ...added, action: 2 });
    const answer = await bobsDm.sendReply({ reference: asked, content: encodeText('me') });
    await dm.sync();
    const message = alice.client.conversations.getMessageById(asked);
    expect(message?.numReplies).toBe(1);
    expect(message?.reactions.map(({ content }) => content?.action)).toEqual([1, 2]);

    const reply = alice.client.conversations.getMessageById(answer) as DecodedMessage<EnrichedReply>;
    expect([isReply(reply), isTextReply(reply)]).toEqual([true, true]);
    expect(reply.content).toMatchObject({ referenceId: asked, content: 'me', contentType: { typeId: 'text' } });
    expect(reply.content?.inReplyTo).toMatchObject({ id: asked, content: 'who comes?', numReplies: 0, reactions: [] });
  });

  it('is one level deep in replies to replies, and null where nothing is known', async () => {
    const first = await dm.sendReply({ reference: 'ff'.repeat(32), content: encodeText('to nothing') });
    const second = await dm.sendReply({ reference: first, content: encodeReaction(reaction) });
    const outer = (await received(second)) as DecodedMessage<EnrichedReply>;
    expect([isReply(outer), isTextReply(outer)]).toEqual([true, false]);
    expect(outer.content).toMatchObject({ content: reaction, contentType: { typeId: 'reaction' } });
    const inner = outer.content?.inReplyTo as DecodedMessage<EnrichedReply>;
    expect(inner.content).toMatchObject({ content: 'to nothing', inReplyTo: null });
  });

  it('decodes the content of a reply with the codecs of the application', async () => {
    const reply = await received(await dm.sendReply({ reference: 'aa', content: pollCodec.encode(3) }));
    expect(reply.content).toMatchObject({ content: 3, contentType: POLL });
  });

  it('does not fill the list with reactions and receipts; the count has them', async () => {
    const { client } = await node.person();
    const group = await client.conversations.createGroup([]);
    const id = await group.sendText('one');
    await group.sendReaction({ ...reaction, reference: id });
    await group.sendReadReceipt();
    expect((await group.messages()).map(({ content }) => content)).toEqual(['one']);
    expect((await group.lastMessage())?.content).toBe('one');
    expect(await group.messages({ contentTypes: [ContentType.Reaction] })).toEqual([]);
    expect(await group.countMessages()).toBe(3);
    expect(await group.countMessages({ contentTypes: [ContentType.Reaction] })).toBe(1);
    const [[reader, readAt]] = Object.entries(await group.lastReadTimes()) as [[string, number]];
    expect(reader).toBe(client.inboxId);
    expect(readAt).toBeGreaterThan(1.7e18);
  });
});

describe('deleting', () => {
  it('shows who deleted, hides what it was, and tells it as it was', async () => {
    const id = await dm.sendText('oops');
    await received(id);
    const stream = await bob.client.conversations.streamDeletedMessages();
    const ids = await bob.client.conversations.streamMessageDeletions();
    await dm.deleteMessage(id);
    const message = await received(id);
    expect(message).toMatchObject({ content: { deletedBy: 'Sender' }, contentType: { typeId: 'deletedMessage' } });
    expect([message.fallback, message.numReplies, message.reactions]).toEqual([undefined, 0, []]);
    expect((await take(stream, 1))[0]?.content).toBe('oops');
    expect(await take(ids, 1)).toEqual([id]);
    const [newest] = await dm.messages({ limit: 1, direction: SortDirection.Descending });
    expect(newest?.content).toEqual({ deletedBy: 'Sender' });
  });

  it('is the sender’s and the super admins’ right, and of what was written alone', async () => {
    const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const own = await group.sendText('mine');
    await bob.client.conversations.syncAll();
    const bobs = (await bob.client.conversations.getConversationById(group.id)) as typeof group;
    await expect(bobs.deleteMessage(own)).rejects.toMatchObject({ code: 'client/permission-denied' });
    await expect(bobs.deleteMessage('00'.repeat(32))).rejects.toMatchObject({ code: 'client/message-not-found' });
    const foreign = await bobs.sendReply({ reference: own, content: encodeText('secret') });
    const reacted = await bobs.sendReaction({ ...reaction, reference: own });
    await group.sync();
    await expect(group.deleteMessage(reacted)).rejects.toMatchObject({ code: 'client/permission-denied' });
    await group.deleteMessage(foreign);
    await bobs.sync();
    const shown = bob.client.conversations.getMessageById(foreign);
    expect(shown?.content).toEqual({ deletedBy: 'Admin', adminInboxId: alice.client.inboxId });
    expect(JSON.stringify(shown, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
      'secret',
    );
  });

  it('counts only from who may, whatever a client sends', async () => {
    const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const id = await group.sendText('stays');
    await bob.client.conversations.syncAll();
    const bobs = (await bob.client.conversations.getConversationById(group.id)) as typeof group;
    const content = new TextEncoder().encode(`\n@${id}`);
    const type = { authorityId: 'xmtp.org', typeId: 'deleteMessage', versionMajor: 1, versionMinor: 0 };
    await bobs.send({ type, parameters: {}, content });
    await group.sync();
    expect(alice.client.conversations.getMessageById(id)?.content).toBe('stays');
  });
});

describe('a client that was closed', () => {
  it('says so', async () => {
    const client = await Client.create(createEOASigner(), node.options());
    const group = await client.conversations.createGroup([]);
    await client.close();
    await client.close();
    await expect(group.sendText('too late')).rejects.toMatchObject({ name: expect.stringMatching(/Error$/) });
  });
});
