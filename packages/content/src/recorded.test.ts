/** Byte for byte against the deployed client: vectors/content. */
import { readFileSync } from 'node:fs';
import { fromHex, toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { describe, expect, it } from 'vitest';
import { type Actions, actionsCodec } from './actions.js';
import { type Attachment, attachmentCodec } from './attachment.js';
import { decryptAttachment, type EncryptedAttachment } from './attachment-encryption.js';
import type { ContentCodec } from './codec.js';
import { codeOf } from './content.testkit.js';
import type { ContentTypeId } from './content-type-id.js';
import { type EncodedContent, encodeContent } from './encoded-content.js';
import { ContentError } from './errors.js';
import { groupUpdatedCodec } from './group-updated.js';
import { intentCodec } from './intent.js';
import { leaveRequestCodec } from './leave-request.js';
import { markdownCodec } from './markdown.js';
import { multiRemoteAttachmentCodec } from './multi-remote-attachment.js';
import { reactionCodec } from './reaction.js';
import { readReceiptCodec } from './read-receipt.js';
import { ContentRegistry } from './registry.js';
import { remoteAttachmentCodec } from './remote-attachment.js';
import { replyCodec } from './reply.js';
import { textCodec } from './text.js';
import { transactionReferenceCodec } from './transaction-reference.js';
import { walletSendCallsCodec } from './wallet-send-calls.js';

const CODECS = {
  Actions: actionsCodec,
  Attachment: attachmentCodec,
  GroupUpdated: groupUpdatedCodec,
  Intent: intentCodec,
  LeaveRequest: leaveRequestCodec,
  Markdown: markdownCodec,
  MultiRemoteAttachment: multiRemoteAttachmentCodec,
  Reaction: reactionCodec,
  ReadReceipt: readReceiptCodec,
  RemoteAttachment: remoteAttachmentCodec,
  Reply: replyCodec,
  Text: textCodec,
  TransactionReference: transactionReferenceCodec,
  WalletSendCalls: walletSendCallsCodec,
} as unknown as Readonly<Record<string, ContentCodec>>;

interface Recorded {
  readonly contentTypes: Readonly<Record<string, ContentTypeId>>;
  readonly encoded: readonly { encoder: string; value: unknown; encoded: EncodedContent }[];
  readonly refused: readonly { encoder: string; value: unknown; message: string }[];
  readonly read: readonly { encoded: EncodedContent; value?: unknown }[];
  readonly attachment: { attachment: Attachment; encrypted: EncryptedAttachment };
}

const file = new URL('../../../vectors/content/contents.json', import.meta.url);
const recorded: Recorded = JSON.parse(readFileSync(file, 'utf8'), (_, value: unknown) => {
  if (typeof value !== 'object' || value === null) return value;
  if ('hex' in value) return fromHex(String(value.hex));
  if ('ns' in value) return BigInt(String(value.ns));
  return 'negativeZero' in value ? -0 : value;
});

const codecNamed = (encoder: string): ContentCodec => CODECS[encoder.replace('encode', '')] as ContentCodec;
const plain = ({ type, parameters, fallback, content }: EncodedContent) => ({
  type,
  parameters,
  fallback,
  content: toHex(content),
});

describe('the deployed client', () => {
  it.each(Object.entries(recorded.contentTypes))('%s names the same type', (name, type) => {
    expect(codecNamed(name.replace('contentType', '')).contentType).toEqual(type);
  });

  it.each(recorded.encoded)('$encoder gives the same: $value', ({ encoder, value, encoded }) => {
    expect(plain(codecNamed(encoder).encode(value))).toEqual(plain(encoded));
  });

  it.each(recorded.refused)('$encoder refuses the same: $message', ({ encoder, value, message }) => {
    let error: unknown;
    try {
      codecNamed(encoder).encode(value);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ContentError);
    expect((error as ContentError).code).toBe('content/invalid-value');
    expect(message).toContain((error as ContentError).details.reason);
  });

  const registry = new ContentRegistry();
  it.each(recorded.read)('reads the same: $encoded.type.typeId $encoded.parameters', ({ encoded, value }) => {
    expect(readOrNothing(registry, encoded)).toEqual(value);
  });

  it('encrypts attachments so that they open here, and of the same length', () => {
    const { attachment, encrypted } = recorded.attachment;
    expect(decryptAttachment(nodeCrypto, encrypted.payload, encrypted)).toEqual(attachment);
    expect(encrypted.contentLength).toBe(encodeContent(attachmentCodec.encode(attachment)).length + 16);
  });
});

/** What an application is shown: nothing where the type is unknown, or the content is not what its type says. */
function readOrNothing(registry: ContentRegistry, encoded: EncodedContent): unknown {
  let value: unknown;
  const code = codeOf(() => {
    const decoded = registry.decode(encoded);
    value = decoded.kind === 'unknown' ? undefined : decoded.value;
  });
  expect([undefined, 'content/malformed']).toContain(code);
  return value;
}

describe('where we are stricter or more precise than the deployed client', () => {
  it.each(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])('a time beyond 64 bits is malformed: %s', (time) => {
    const json = `{"id":"i","description":"d","actions":[],"expiresAt":"${time}"}`;
    expect(codeOf(() => actionsCodec.decode(jsonContent(json)))).toBe('content/malformed');
  });

  it('a time beyond 64 bits is refused, not wrapped', () => {
    const actions: Actions = { id: '', description: '', actions: [{ id: '', label: '' }], expiresAtNs: 2n ** 63n };
    expect(codeOf(() => actionsCodec.encode(actions))).toBe('content/invalid-value');
  });

  it.each([1.5, -1, 2 ** 32, Number.NaN])('a number of decimals that is none is refused: %d', (decimals) => {
    const metadata = { transactionType: '', currency: '', amount: 1, decimals, fromAddress: '', toAddress: '' };
    const transaction = { networkId: '', reference: '', metadata };
    expect(codeOf(() => transactionReferenceCodec.encode(transaction))).toBe('content/invalid-value');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('an amount that nobody could read is refused: %d', (amount) => {
    const metadata = { transactionType: '', currency: '', amount, decimals: 1, fromAddress: '', toAddress: '' };
    const transaction = { networkId: '', reference: '', metadata };
    expect(codeOf(() => transactionReferenceCodec.encode(transaction))).toBe('content/invalid-value');
  });

  it('a network id that has been rounded is malformed', () => {
    const json = '{"networkId":12345678901234567890,"reference":"r"}';
    expect(codeOf(() => transactionReferenceCodec.decode(jsonContent(json)))).toBe('content/malformed');
  });
});

function jsonContent(json: string): EncodedContent {
  return { parameters: {}, content: new TextEncoder().encode(json) };
}
