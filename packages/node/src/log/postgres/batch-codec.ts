/**
 * A committed batch as bytes, for the way from process to process: QueryGroupMessagesResponse or
 * QueryWelcomeMessagesResponse with the messages that clients read, which hold everything that an entry does.
 */
import {
  fromBinary,
  type GroupMessage,
  QueryGroupMessagesResponseSchema,
  QueryWelcomeMessagesResponseSchema,
  type WelcomeMessage,
} from '@conclave/proto';
import { encodeMessage, varintSize, writeVarint } from '../encode-message.js';
import type { Committed, TopicKind } from '../log.js';

/** Field 1, length-delimited. */
const MESSAGES_TAG = 0x0a;

/** A run of a batch. `bytes` is undefined for a single message that is larger than a part may be. */
export interface BatchPart {
  readonly lastId: bigint;
  readonly bytes: Uint8Array | undefined;
}

/** The batch in as few parts as stay within `maxBytes` each, in order. */
export function encodeBatch(batch: readonly Committed[], maxBytes: number): BatchPart[] {
  const parts: BatchPart[] = [];
  let messages: Uint8Array[] = [];
  let size = 0;
  let lastId = 0n;
  const finish = () => {
    if (messages.length > 0) parts.push({ lastId, bytes: join(messages, size) });
    messages = [];
    size = 0;
  };
  for (const { id, createdNs, entry } of batch) {
    const message = encodeMessage(entry, { id, createdNs });
    const framed = 1 + varintSize(message.length) + message.length;
    if (size + framed > maxBytes) finish();
    lastId = id;
    if (framed > maxBytes) {
      parts.push({ lastId, bytes: undefined });
      continue;
    }
    messages.push(message);
    size += framed;
  }
  finish();
  return parts;
}

function join(messages: readonly Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  for (const message of messages) {
    out[at++] = MESSAGES_TAG;
    at = writeVarint(out, at, message.length);
    out.set(message, at);
    at += message.length;
  }
  return out;
}

/** The inverse of one part. Undefined for bytes that are none, or whose ids do not rise one by one. */
export function decodeBatch(kind: TopicKind, bytes: Uint8Array): Committed[] | undefined {
  let batch: (Committed | undefined)[];
  try {
    batch =
      kind === 'group'
        ? fromBinary(QueryGroupMessagesResponseSchema, bytes).messages.map(groupMessage)
        : fromBinary(QueryWelcomeMessagesResponseSchema, bytes).messages.map(welcomeMessage);
  } catch {
    return undefined;
  }
  const whole = batch.every((one, index) => one !== undefined && one.id === (batch[0]?.id ?? 0n) + BigInt(index));
  return whole && batch.length > 0 ? (batch as Committed[]) : undefined;
}

function groupMessage({ version }: GroupMessage): Committed | undefined {
  if (version.case !== 'v1') return undefined;
  const { id, createdNs, groupId: topic, data, senderHmac, shouldPush, isCommit } = version.value;
  return { id, createdNs, entry: { kind: 'group', topic, data, senderHmac, shouldPush, isCommit } };
}

function welcomeMessage({ version }: WelcomeMessage): Committed | undefined {
  if (version.case === undefined) return undefined;
  const { id, createdNs, installationKey: topic, hpkePublicKey, wrapperAlgorithm } = version.value;
  const v1 = version.case === 'v1' ? version.value : undefined;
  return {
    id,
    createdNs,
    entry: {
      kind: 'welcome',
      topic,
      form: version.case === 'v1' ? 'v1' : 'pointer',
      data: version.case === 'v1' ? version.value.data : version.value.welcomePointer,
      hpkePublicKey,
      wrapperAlgorithm,
      welcomeMetadata: v1?.welcomeMetadata ?? new Uint8Array(0),
    },
  };
}
