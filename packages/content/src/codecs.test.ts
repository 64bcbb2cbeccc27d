/** Each content type: exact bytes where the real client's are known, round trips, fallbacks, pushes, refusals. */
import { fromHex, toHex, utf8 } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionsCodec } from './actions.js';
import { attachmentCodec } from './attachment.js';
import type { ContentCodec } from './codec.js';
import { codeOf, RECORDED, RECORDED_REACTIONS } from './content.testkit.js';
import { contentTypeToString } from './content-type-id.js';
import { deleteMessageCodec } from './delete-message.js';
import { editMessageCodec } from './edit-message.js';
import { decodeContent, encodeContent } from './encoded-content.js';
import { type GroupUpdated, groupUpdatedCodec } from './group-updated.js';
import { intentCodec } from './intent.js';
import { leaveRequestCodec } from './leave-request.js';
import { markdownCodec } from './markdown.js';
import { multiRemoteAttachmentCodec } from './multi-remote-attachment.js';
import { reactionCodec } from './reaction.js';
import { reactionV1Codec } from './reaction-v1.js';
import { readReceiptCodec } from './read-receipt.js';
import { remoteAttachmentCodec } from './remote-attachment.js';
import { replyCodec } from './reply.js';
import { textCodec } from './text.js';
import { transactionReferenceCodec } from './transaction-reference.js';
import { walletSendCallsCodec } from './wallet-send-calls.js';

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const inboxes = fc.array(fc.record({ inboxId: text }), { maxLength: 3 });
const reaction = fc.record({
  reference: text,
  referenceInboxId: text,
  action: fc.constantFrom(0, 1, 2),
  content: text,
  schema: fc.constantFrom(0, 1, 2, 3),
});
const groupUpdated: fc.Arbitrary<GroupUpdated> = fc.record({
  initiatedByInboxId: text,
  addedInboxes: inboxes,
  removedInboxes: inboxes,
  leftInboxes: inboxes,
  metadataFieldChanges: fc.array(
    fc.record({ fieldName: text, oldValue: text, newValue: text }, { requiredKeys: ['fieldName'] }),
    { maxLength: 3 },
  ),
  addedAdminInboxes: inboxes,
  removedAdminInboxes: inboxes,
  addedSuperAdminInboxes: inboxes,
  removedSuperAdminInboxes: inboxes,
});
const reply = fc.record(
  { reference: text, referenceInboxId: text, content: text.map((value) => textCodec.encode(value)) },
  { requiredKeys: ['reference', 'content'] },
);

interface Row {
  readonly name: string;
  readonly codec: ContentCodec;
  readonly values: fc.Arbitrary<unknown>;
  readonly push: boolean;
}

function row<T>(name: string, codec: ContentCodec<T>, values: fc.Arbitrary<T>, push: 'push' | 'quiet'): Row {
  return { name, codec: codec as ContentCodec, values, push: push === 'push' };
}

const leaveRequest = fc.record({ authenticatedNote: fc.uint8Array({ maxLength: 9 }) }, { requiredKeys: [] });

const bytes = fc.uint8Array({ maxLength: 40 });
const attachment = fc.record(
  { filename: text, mimeType: text, content: bytes },
  { requiredKeys: ['mimeType', 'content'] },
);
const u32 = fc.nat({ max: 0xffff_ffff });
const remoteAttachment = fc.record(
  {
    url: text,
    contentDigest: text,
    secret: bytes,
    salt: bytes,
    nonce: bytes,
    scheme: text,
    contentLength: u32,
    filename: text,
  },
  { requiredKeys: ['url', 'contentDigest', 'secret', 'salt', 'nonce', 'scheme'] },
);
const transaction = fc.record(
  {
    namespace: text,
    networkId: text,
    reference: text,
    metadata: fc.record({
      transactionType: text,
      currency: text,
      amount: fc.double({ noNaN: true, noDefaultInfinity: true }),
      decimals: u32,
      fromAddress: text,
      toAddress: text,
    }),
  },
  { requiredKeys: ['networkId', 'reference'] },
);
const texts = fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true });
const described = fc.record({ rest: texts, description: text, transactionType: text }).map(({ rest, ...required }) => ({
  ...rest,
  ...required,
}));
const call = fc.record({ to: text, data: text, value: text, gas: text, metadata: described }, { requiredKeys: [] });
const walletSendCalls = fc.record(
  { version: text, chainId: text, from: text, calls: fc.array(call, { maxLength: 3 }), capabilities: texts },
  { requiredKeys: ['version', 'chainId', 'from', 'calls'] },
);
/** Milliseconds as nanoseconds, as far as 64 bits of them reach. */
const time = fc.bigInt({ min: -(2n ** 43n), max: 2n ** 43n - 1n }).map((ms) => ms * 1_000_000n);
const action = fc.record(
  {
    id: text,
    label: text,
    imageUrl: text,
    style: fc.constantFrom(0 as const, 1 as const, 2 as const),
    expiresAtNs: time,
  },
  { requiredKeys: ['id', 'label'] },
);
const actions = fc.record(
  {
    id: text,
    description: text,
    actions: fc.uniqueArray(action, { minLength: 1, maxLength: 10, selector: ({ id }) => id }),
    expiresAtNs: time,
  },
  { requiredKeys: ['id', 'description', 'actions'] },
);
const json = fc.jsonValue({ maxDepth: 3 }).filter((value) => !JSON.stringify(value).includes('-0'));
const intent = fc.record(
  { id: text, actionId: text, metadata: fc.dictionary(text, json, { maxKeys: 3, noNullPrototype: true }) },
  { requiredKeys: ['id', 'actionId'] },
);

const TABLE: readonly Row[] = [
  row('xmtp.org/text:1.0', textCodec, text, 'push'),
  row('xmtp.org/markdown:1.0', markdownCodec, text, 'push'),
  row('xmtp.org/reaction:2.0', reactionCodec, reaction, 'quiet'),
  row('xmtp.org/reaction:1.0', reactionV1Codec, reaction, 'quiet'),
  row('xmtp.org/reply:1.0', replyCodec, reply, 'push'),
  row('xmtp.org/readReceipt:1.0', readReceiptCodec, fc.constant({}), 'quiet'),
  row('xmtp.org/attachment:1.0', attachmentCodec, attachment, 'push'),
  row('xmtp.org/remoteStaticAttachment:1.0', remoteAttachmentCodec, remoteAttachment, 'push'),
  row(
    'xmtp.org/multiRemoteStaticAttachment:1.0',
    multiRemoteAttachmentCodec,
    fc.record({ attachments: fc.array(remoteAttachment, { maxLength: 3 }) }),
    'push',
  ),
  row('xmtp.org/transactionReference:1.0', transactionReferenceCodec, transaction, 'push'),
  row('xmtp.org/walletSendCalls:1.0', walletSendCallsCodec, walletSendCalls, 'push'),
  row('coinbase.com/actions:1.0', actionsCodec, actions, 'push'),
  row('coinbase.com/intent:1.0', intentCodec, intent, 'push'),
  row('xmtp.org/group_updated:1.0', groupUpdatedCodec, groupUpdated, 'quiet'),
  row('xmtp.org/leave_request:1.0', leaveRequestCodec, leaveRequest, 'quiet'),
  row('xmtp.org/deleteMessage:1.0', deleteMessageCodec, fc.record({ messageId: text }), 'quiet'),
  row(
    'xmtp.org/editMessage:1.0',
    editMessageCodec,
    fc.record({ messageId: text, editedContent: text.map((value) => textCodec.encode(value)) }),
    'quiet',
  ),
];

describe.each(TABLE)('$name', ({ name, codec, values, push }) => {
  it('has this name', () => {
    expect(contentTypeToString(codec.contentType)).toBe(name);
  });

  it('round-trips, and says what to show and whether to push', () => {
    fc.assert(
      fc.property(values, (value) => {
        const encoded = codec.encode(value);
        expect(encoded.type).toEqual(codec.contentType);
        expect(encoded.fallback).toBe(codec.fallback(value));
        expect(codec.shouldPush(value)).toBe(push);
        expect(codec.decode(decodeContent(encodeContent(encoded)))).toEqual(value);
      }),
      { numRuns: 40 },
    );
  });

  it('reads or refuses any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (content) => {
        const code = codeOf(() => codec.decode({ type: codec.contentType, parameters: {}, content }));
        expect([undefined, 'content/malformed']).toContain(code);
      }),
    );
  });
});

describe('text', () => {
  it('has the bytes of the real client', () => {
    expect(toHex(encodeContent(textCodec.encode('hi there')))).toBe(RECORDED.text);
    expect(textCodec.decode(decodeContent(fromHex(RECORDED.text)))).toBe('hi there');
  });

  it('is UTF-8 when nothing is said, and nothing else', () => {
    const content = utf8('caf\u00e9');
    expect(textCodec.decode({ parameters: {}, content })).toBe('caf\u00e9');
    expect(codeOf(() => textCodec.decode({ parameters: { encoding: 'latin1' }, content }))).toBe('content/malformed');
    expect(codeOf(() => markdownCodec.decode({ parameters: { encoding: 'utf-8' }, content }))).toBe(
      'content/malformed',
    );
    expect(codeOf(() => textCodec.decode({ parameters: {}, content: Uint8Array.of(0xff) }))).toBe('content/malformed');
  });
});

describe('reaction', () => {
  it.each(RECORDED_REACTIONS)('has the bytes and the fallback of the real client: $fallback', (recorded) => {
    const encoded = reactionCodec.encode(recorded.reaction);
    expect(toHex(encoded.content)).toBe(recorded.content);
    expect(encoded.fallback).toBe(recorded.fallback);
    expect(encoded.parameters).toEqual({});
  });

  it('reads numbers of newer clients as unknown', () => {
    const content = fromHex('18092809');
    expect(reactionCodec.decode({ parameters: {}, content })).toMatchObject({ action: 0, schema: 0 });
  });

  it('of version 1 is JSON with these keys', () => {
    const value = { reference: 'r', referenceInboxId: 'i', action: 1, content: 'c', schema: 3 } as const;
    expect(reactionV1Codec.encode(value).content).toEqual(
      utf8('{"action":"added","reference":"r","referenceInboxId":"i","schema":"custom","content":"c"}'),
    );
  });

  it.each([
    'null',
    '[]',
    '7',
    '{}',
    '{"action":"added","reference":"r","schema":"unicode"}',
    '{"action":"added","reference":"r","schema":"unicode","content":7}',
    '{"action":"added","reference":"r","schema":"unicode","content":"c","referenceInboxId":7}',
  ])('of version 1 is refused when it is %s', (json) => {
    expect(codeOf(() => reactionV1Codec.decode({ parameters: {}, content: utf8(json) }))).toBe('content/malformed');
  });

  it('of version 1 takes names that no one knows as unknown', () => {
    const json = '{"action":"constructor","reference":"r","referenceInboxId":null,"schema":"__proto__","content":"c"}';
    expect(reactionV1Codec.decode({ parameters: {}, content: utf8(json) })).toEqual({
      reference: 'r',
      referenceInboxId: '',
      action: 0,
      content: 'c',
      schema: 0,
    });
  });
});

describe('reply', () => {
  const inner = textCodec.encode('yes');

  it('carries its reference and the inner type as parameters', () => {
    const encoded = replyCodec.encode({ reference: 'r', referenceInboxId: 'i', content: inner });
    expect(encoded.parameters).toEqual({ contentType: 'xmtp.org/text:1.0', reference: 'r', referenceInboxId: 'i' });
    expect(encoded.fallback).toBe('Replied with "yes" to an earlier message');
  });

  it('shows no inner text that is not one', () => {
    const fallback = (content: typeof inner) => replyCodec.fallback({ reference: 'r', content });
    expect(fallback(reactionCodec.encode(RECORDED_REACTIONS[0].reaction))).toBe('Replied to an earlier message');
    expect(fallback({ ...inner, content: Uint8Array.of(0xff) })).toBe('Replied to an earlier message');
    expect(fallback({ parameters: {}, content: inner.content })).toBe('Replied to an earlier message');
  });

  it('without parameters has an empty reference', () => {
    expect(replyCodec.decode({ parameters: {}, content: encodeContent(inner) })).toEqual({
      reference: '',
      content: inner,
    });
  });

  it('nests as deep as anyone likes, and is opened one level at a time', () => {
    let content = inner;
    for (let i = 0; i < 300; i++)
      content = replyCodec.encode({ reference: 'r', content: { ...content, fallback: '' } });
    expect(replyCodec.decode(content).content.type).toEqual(replyCodec.contentType);
  });
});

describe('edit message', () => {
  const editedContent = decodeContent(fromHex(RECORDED.text));

  it('is the message id and the new content, nothing else', () => {
    const { parameters, fallback, content } = editMessageCodec.encode({ messageId: 'ab'.repeat(32), editedContent });
    expect({ parameters, fallback }).toEqual({ parameters: {}, fallback: undefined });
    const length = (RECORDED.text.length / 2).toString(16);
    expect(toHex(content)).toBe(`0a40${'6162'.repeat(32)}12${length}${RECORDED.text}`);
  });

  it('without a new content is malformed', () => {
    const content = fromHex(`0a40${'6162'.repeat(32)}`);
    expect(codeOf(() => editMessageCodec.decode({ parameters: {}, content }))).toBe('content/malformed');
  });
});

describe('group updated', () => {
  it('has the bytes of the real client, both ways', () => {
    const added = groupUpdatedCodec.decode(decodeContent(fromHex(RECORDED.memberAdded)));
    expect(added.addedInboxes).toHaveLength(1);
    expect(added.initiatedByInboxId).toHaveLength(64);
    const renamed = groupUpdatedCodec.decode(decodeContent(fromHex(RECORDED.nameChanged)));
    expect(renamed.metadataFieldChanges).toEqual([{ fieldName: 'group_name', oldValue: 'hello', newValue: 'x2' }]);
    expect(toHex(encodeContent(groupUpdatedCodec.encode(added)))).toBe(RECORDED.memberAdded);
    expect(toHex(encodeContent(groupUpdatedCodec.encode(renamed)))).toBe(RECORDED.nameChanged);
  });
});
