/**
 * Contents of every type between a deployed client and ours, each way: the value that went in is the value that comes out, and
 * what belongs to a message (reactions, replies, deletions) is shown by both alike.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { newRealClient, sdk } from '../peer/real-client.mjs';
import { newOwnClient } from '../peer/remote-client.mjs';
import { scenario } from '../peer/scenario.mjs';

const file = { filename: 'a.txt', mimeType: 'text/plain', content: Uint8Array.of(1, 2, 3) };
const remote = {
  url: 'https://example.org/a b',
  contentDigest: 'ab'.repeat(32),
  secret: new Uint8Array(32).fill(1),
  salt: new Uint8Array(32).fill(2),
  nonce: new Uint8Array(12).fill(3),
  scheme: 'https://',
  contentLength: 133,
  filename: 'a.txt',
};
const metadata = {
  transactionType: 'transfer',
  currency: 'USDC',
  amount: 1,
  decimals: 6,
  fromAddress: '0xa',
  toAddress: '0xb',
};

/** Method, argument, and what the receiver's message holds where it is not the argument. */
const CONTENTS = [
  ['sendText', 'hello \u{1f44b}'],
  ['sendMarkdown', '# Title'],
  ['sendReadReceipt', undefined, {}],
  ['sendReaction', { reference: 'ab'.repeat(32), referenceInboxId: '', action: 1, content: ':x:', schema: 2 }],
  ['sendAttachment', file],
  ['sendRemoteAttachment', remote],
  ['sendMultiRemoteAttachment', { attachments: [remote, remote] }],
  ['sendTransactionReference', { namespace: 'eip155', networkId: '1', reference: '0xdead', metadata }],
  ['sendTransactionReference', { networkId: '1', reference: '0xdead', metadata: { ...metadata, amount: 1.5e22 } }],
  [
    'sendWalletSendCalls',
    {
      version: '1.0',
      chainId: '0x1',
      from: '0xa',
      calls: [{ to: '0xb', value: '0x1', metadata: { description: 'd', transactionType: 't', hint: 'h' } }, {}],
      capabilities: { paymaster: 'https://example.org' },
    },
  ],
  [
    'sendActions',
    {
      id: 'i',
      description: 'Which?',
      actions: [
        { id: '1', label: 'One', style: 2, imageUrl: 'https://example.org', expiresAtNs: 1700000000123000000n },
        { id: '2', label: 'Two' },
      ],
      expiresAtNs: 1700000000000000000n,
    },
  ],
  ['sendIntent', { id: 'i', actionId: '1', metadata: { n: 1, f: 1.5, list: [null, true, 'x'] } }],
];

const deleteMessage = (id) => ({
  type: { authorityId: 'xmtp.org', typeId: 'deleteMessage', versionMajor: 1, versionMinor: 0 },
  parameters: {},
  content: new TextEncoder().encode(`\n@${id}`),
});

/** Plain values: what a binding's classes show by getters, bytes as arrays. */
function plain(value) {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([name, inner]) => [name, plain(inner)]).sort());
}

await scenario('Contents between a deployed client and ours', async ({ step, node, folder }) => {
  const where = { url: node.url, folder };
  const real = { ...(await newRealClient(where)), name: 'the deployed client' };
  const own = { ...(await newOwnClient(where)), name: 'ours' };

  for (const [one, other] of [
    [real, own],
    [own, real],
  ]) {
    const roles = `${one.name} to ${other.name}`;
    const group = await one.client.conversations.createGroup([await other.client.inboxId]);
    await other.client.conversations.sync();
    const others = await other.client.conversations.getConversationById(await group.id);
    const read = async (id) => {
      await others.sync();
      return other.client.conversations.getMessageById(id);
    };

    for (const [method, argument, expected = argument] of CONTENTS) {
      await step(`${roles}: ${method}`, async () => {
        const id = await (argument === undefined ? group[method]() : group[method](argument));
        const message = await read(id);
        deepEqual(plain(message.content), plain(expected));
        const sent = await one.client.conversations.getMessageById(id);
        deepEqual([message.contentType, message.fallback], [sent.contentType, sent.fallback]);
      });
    }

    await step(`${roles}: reactions and a reply beside the message`, async () => {
      const asked = await group.sendText('who comes?');
      await read(asked);
      const reaction = { reference: asked, referenceInboxId: await one.client.inboxId, content: 'x', schema: 1 };
      await others.sendReaction({ ...reaction, action: 1 });
      await others.sendReaction({ ...reaction, action: 2 });
      const answer = await others.sendReply({ reference: asked, content: sdk.encodeText('me') });
      await group.sync();
      const shown = await one.client.conversations.getMessageById(asked);
      equal(shown.numReplies, 1);
      deepEqual(
        shown.reactions.map(({ content }) => content.action),
        [1, 2],
      );
      const reply = await one.client.conversations.getMessageById(answer);
      deepEqual([reply.content.referenceId, reply.content.content], [asked, 'me']);
      deepEqual([reply.content.inReplyTo.id, reply.content.inReplyTo.content], [asked, 'who comes?']);
    });

    await step(`${roles}: a message deleted by its sender`, async () => {
      const id = await group.sendText('oops');
      await read(id);
      await group.send(deleteMessage(id), { shouldPush: false });
      const message = await read(id);
      deepEqual(plain(message.content), { deletedBy: 'Sender' });
      equal(message.contentType.typeId, 'deletedMessage');
    });

    await step(`${roles}: a message deleted by the super admin`, async () => {
      const id = await others.sendText('off topic');
      await group.sync();
      await group.send(deleteMessage(id), { shouldPush: false });
      const message = await read(id);
      deepEqual(plain(message.content), { deletedBy: 'Admin', adminInboxId: await one.client.inboxId });
    });

    await step(`${roles}: a deletion by who has no right to it is not followed`, async () => {
      const id = await group.sendText('stays');
      await read(id);
      await others.send(deleteMessage(id), { shouldPush: false });
      await group.sync();
      const message = await one.client.conversations.getMessageById(id);
      ok(message);
      equal(message.content, 'stays');
    });
  }
});
