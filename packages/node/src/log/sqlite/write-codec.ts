/**
 * Writes as they cross the thread. Messages, which are nearly all of them, travel as one array of bytes and one of numbers, whatever their
 * count, and their places as two arrays of numbers: as objects of their own they cost more to serialise than to store. What else is written
 * goes as it is.
 */
import { EMPTY_BYTES } from '@conclave/crypto';
import type { MessageEntry, Position } from '../log.js';
import type { WriteOp, WriteResult } from './write-op.js';

type OtherOp = Exclude<WriteOp, { op: 'messages' }>;

/** Operations in their order. */
export interface PackedWrites {
  /** Messages of each operation; `OTHER` for one that stands in `others`. */
  readonly counts: Uint32Array;
  /** For each message six numbers: its form, the bytes of its four parts, and the welcome's algorithm. */
  readonly heads: Uint32Array;
  /** The parts: topic, data, HMAC or HPKE key, welcome metadata; message by message. */
  readonly bytes: Uint8Array;
  readonly others: readonly OtherOp[];
}

/** What came of them, in the same order. */
export interface PackedResults {
  /** The id of each message; 0 for one that was stored before. */
  readonly ids: BigInt64Array;
  readonly createdNs: BigInt64Array;
  readonly others: readonly WriteResult[];
}

/** A message that is to be stored. */
export interface WrittenMessage {
  readonly entry: MessageEntry;
  /** Topic and data behind one another: what a message is known by. */
  readonly content: Uint8Array;
}

const OTHER = 0xffff_ffff;
const HEAD_NUMBERS = 6;

/** Bits of a message's form. */
const FORM = { welcome: 1, pointer: 2, commit: 4, push: 8 } as const;

/** Cost: one copy of the messages. */
export function packWrites(ops: readonly WriteOp[]): PackedWrites {
  let messages = 0;
  let size = 0;
  for (const op of ops) {
    if (op.op !== 'messages') continue;
    messages += op.entries.length;
    for (const entry of op.entries) {
      const [third, fourth] = furtherParts(entry);
      size += entry.topic.length + entry.data.length + third.length + fourth.length;
    }
  }
  const counts = new Uint32Array(ops.length);
  const heads = new Uint32Array(messages * HEAD_NUMBERS);
  const bytes = new Uint8Array(size);
  const others: OtherOp[] = [];
  let head = 0;
  let at = 0;
  const put = (part: Uint8Array): void => {
    heads[head++] = part.length;
    bytes.set(part, at);
    at += part.length;
  };
  for (const [index, op] of ops.entries()) {
    if (op.op !== 'messages') {
      counts[index] = OTHER;
      others.push(op);
      continue;
    }
    counts[index] = op.entries.length;
    for (const entry of op.entries) {
      const [third, fourth] = furtherParts(entry);
      heads[head++] = formOf(entry);
      put(entry.topic);
      put(entry.data);
      put(third);
      put(fourth);
      heads[head++] = entry.kind === 'group' ? 0 : entry.wrapperAlgorithm;
    }
  }
  return { counts, heads, bytes, others };
}

/**
 * Applies the operations one by one: messages through `store`, which gives each its place, the others through `apply`. Messages are views of
 * the packed bytes.
 */
export function applyWrites(
  { counts, heads, bytes, others }: PackedWrites,
  store: (message: WrittenMessage) => Position | undefined,
  apply: (op: OtherOp) => WriteResult,
): PackedResults {
  const messages = heads.length / HEAD_NUMBERS;
  const ids = new BigInt64Array(messages);
  const createdNs = new BigInt64Array(messages);
  const results: WriteResult[] = [];
  let at = 0;
  let next = 0;
  for (const count of counts) {
    if (count === OTHER) {
      results.push(apply(others[results.length] as OtherOp));
      continue;
    }
    for (const last = next + count; next < last; next++) {
      const head = next * HEAD_NUMBERS;
      const dataAt = at + (heads[head + 1] as number);
      const thirdAt = dataAt + (heads[head + 2] as number);
      const fourthAt = thirdAt + (heads[head + 3] as number);
      const end = fourthAt + (heads[head + 4] as number);
      const parts = [
        bytes.subarray(at, dataAt),
        bytes.subarray(dataAt, thirdAt),
        bytes.subarray(thirdAt, fourthAt),
        bytes.subarray(fourthAt, end),
      ] as const;
      const entry = entryOf(heads[head] as number, parts, heads[head + 5] as number);
      const place = store({ entry, content: bytes.subarray(at, thirdAt) });
      at = end;
      if (place === undefined) continue;
      ids[next] = place.id;
      createdNs[next] = place.createdNs;
    }
  }
  return { ids, createdNs, others: results };
}

/** The result of each operation. */
export function unpackResults({ counts }: PackedWrites, { ids, createdNs, others }: PackedResults): WriteResult[] {
  let next = 0;
  let other = 0;
  return Array.from(counts, (count): WriteResult => {
    if (count === OTHER) return others[other++];
    const positions: (Position | undefined)[] = [];
    for (const end = next + count; next < end; next++) {
      const id = ids[next] as bigint;
      positions.push(id === 0n ? undefined : { id, createdNs: createdNs[next] as bigint });
    }
    return positions;
  });
}

function furtherParts(entry: MessageEntry): readonly [Uint8Array, Uint8Array] {
  return entry.kind === 'group' ? [entry.senderHmac, EMPTY_BYTES] : [entry.hpkePublicKey, entry.welcomeMetadata];
}

function formOf(entry: MessageEntry): number {
  if (entry.kind === 'welcome') return FORM.welcome | (entry.form === 'pointer' ? FORM.pointer : 0);
  return (entry.isCommit ? FORM.commit : 0) | (entry.shouldPush ? FORM.push : 0);
}

function entryOf(
  form: number,
  [topic, data, third, fourth]: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array],
  wrapperAlgorithm: number,
): MessageEntry {
  if ((form & FORM.welcome) === 0) {
    const isCommit = (form & FORM.commit) !== 0;
    return { kind: 'group', topic, data, senderHmac: third, shouldPush: (form & FORM.push) !== 0, isCommit };
  }
  const welcome = {
    kind: 'welcome',
    topic,
    data,
    hpkePublicKey: third,
    wrapperAlgorithm,
    welcomeMetadata: fourth,
  } as const;
  return { ...welcome, form: (form & FORM.pointer) !== 0 ? 'pointer' : 'v1' };
}
