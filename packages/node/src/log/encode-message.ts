/**
 * Hand-tuned encoding of the two envelopes that every stored message is read back in. Each field is sized first and
 * written once, into one array; a property test holds it equal to the generated encoder.
 *
 * | GroupMessage.V1        | WelcomeMessage.V1       | WelcomeMessage.WelcomePointer |
 * | ---------------------- | ----------------------- | ----------------------------- |
 * | 1 id                   | 1 id                    | 1 id                          |
 * | 2 created_ns           | 2 created_ns            | 2 created_ns                  |
 * | 3 group_id             | 3 installation_key      | 3 installation_key            |
 * | 4 data                 | 4 data                  | 4 welcome_pointer             |
 * | 5 sender_hmac          | 5 hpke_public_key       | 5 hpke_public_key             |
 * | 6 should_push          | 6 wrapper_algorithm     | 6 wrapper_algorithm           |
 * | 7 is_commit            | 7 welcome_metadata      |                               |
 */
import { EMPTY_BYTES } from '@conclave/crypto';
import { FRAME_HEAD_BYTES, writeFrameHead } from '../frame.js';
import type { GroupMessageEntry, MessageEntry, Position } from './log.js';

/** The bytes that a client reads for a message at its place. Cost: one copy of the content. */
export function encodeMessage(entry: MessageEntry, position: Position): Uint8Array {
  return encodeEntry(0, entry, position);
}

/** How many bytes that is. */
export function encodedMessageSize(entry: MessageEntry, position: Position): number {
  const inner = innerSize(fieldsOf(entry, position));
  return 1 + varintSize(inner) + inner;
}

/** Writes the same at `at`, where there is room for it; returns the offset behind it. */
export function writeMessage(out: Uint8Array, at: number, entry: MessageEntry, position: Position): number {
  const fields = fieldsOf(entry, position);
  return write(out, at, fields, innerSize(fields));
}

/** The same behind the head of a frame: what every subscriber of the topic is sent, whatever its protocol. */
export function encodeMessageFrame(entry: MessageEntry, position: Position): Uint8Array {
  const frame = encodeEntry(FRAME_HEAD_BYTES, entry, position);
  writeFrameHead(frame, 0, frame.length - FRAME_HEAD_BYTES);
  return frame;
}

function encodeEntry(headroom: number, entry: MessageEntry, position: Position): Uint8Array {
  const fields = fieldsOf(entry, position);
  const inner = innerSize(fields);
  const out = new Uint8Array(headroom + 1 + varintSize(inner) + inner);
  write(out, headroom, fields, inner);
  return out;
}

/** Field numbers are those of the table. `bytes7` and `int7` exclude each other. */
interface Fields {
  readonly oneof: 1 | 2;
  readonly id: bigint;
  readonly createdNs: bigint;
  readonly bytes3: Uint8Array;
  readonly bytes4: Uint8Array;
  readonly bytes5: Uint8Array;
  readonly int6: number;
  readonly int7: number;
  readonly bytes7: Uint8Array;
}

function fieldsOf(entry: MessageEntry, { id, createdNs }: Position): Fields {
  if (entry.kind === 'group') {
    const { topic: bytes3, data: bytes4, senderHmac: bytes5 } = entry;
    const [int6, int7] = [entry.shouldPush ? 1 : 0, entry.isCommit ? 1 : 0];
    return { oneof: 1, id, createdNs, bytes3, bytes4, bytes5, int6, int7, bytes7: EMPTY_BYTES };
  }
  const { topic: bytes3, data: bytes4, hpkePublicKey: bytes5, wrapperAlgorithm: int6, welcomeMetadata: bytes7 } = entry;
  return { oneof: entry.form === 'v1' ? 1 : 2, id, createdNs, bytes3, bytes4, bytes5, int6, int7: 0, bytes7 };
}

/** The same without data, HMAC and push flag: what GetNewestGroupMessage answers unless content is asked for. */
export function encodeGroupMessageHead(
  entry: Pick<GroupMessageEntry, 'topic' | 'isCommit'>,
  position: Position,
): Uint8Array {
  const { topic, isCommit } = entry;
  return encodeMessage(
    { kind: 'group', topic, isCommit, data: EMPTY_BYTES, senderHmac: EMPTY_BYTES, shouldPush: false },
    position,
  );
}

/** A zero or empty field is left out, as proto3 has it. */
function innerSize({ id, createdNs, bytes3, bytes4, bytes5, int6, int7, bytes7 }: Fields): number {
  return (
    uint64Size(id) +
    uint64Size(createdNs) +
    bytesSize(bytes3) +
    bytesSize(bytes4) +
    bytesSize(bytes5) +
    uint32Size(int6) +
    uint32Size(int7) +
    bytesSize(bytes7)
  );
}

function write(out: Uint8Array, start: number, fields: Fields, inner: number): number {
  let at = start;
  out[at++] = (fields.oneof << 3) | 2;
  at = writeVarint(out, at, inner);
  at = writeUint64(out, at, 1, fields.id);
  at = writeUint64(out, at, 2, fields.createdNs);
  at = writeBytes(out, at, 3, fields.bytes3);
  at = writeBytes(out, at, 4, fields.bytes4);
  at = writeBytes(out, at, 5, fields.bytes5);
  at = writeUint32(out, at, 6, fields.int6);
  at = writeUint32(out, at, 7, fields.int7);
  return writeBytes(out, at, 7, fields.bytes7);
}

/** Length of a value below 2^32 as a varint. */
export function varintSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}

/** Writes a value below 2^32 and returns the offset behind it. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  let offset = at;
  while (rest >= 0x80) {
    out[offset++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[offset++] = rest;
  return offset;
}

const LOW_32 = 0xffff_ffffn;

/** On numbers: arithmetic on bigints allocates at every step. */
function varint64Size(value: bigint): number {
  if (value < 0x1000_0000n) return varintSize(Number(value));
  const high = Number(value >> 28n);
  if (high < 0x1000_0000) return 4 + varintSize(high);
  return high < 2 ** 35 ? 9 : 10;
}

function uint64Size(value: bigint): number {
  return value === 0n ? 0 : 1 + varint64Size(value);
}

function uint32Size(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(value);
}

function bytesSize(value: Uint8Array): number {
  return value.length === 0 ? 0 : 1 + varintSize(value.length) + value.length;
}

function writeUint64(out: Uint8Array, at: number, field: number, value: bigint): number {
  if (value === 0n) return at;
  out[at] = field << 3;
  const low = Number(value & LOW_32);
  let high = Number(value >> 32n);
  if (high === 0) return writeVarint(out, at + 1, low);
  let offset = at + 1;
  for (let shift = 0; shift < 28; shift += 7) out[offset++] = ((low >>> shift) & 0x7f) | 0x80;
  // The byte across the border: four bits of the lower half, three of the upper.
  const border = (low >>> 28) | ((high & 7) << 4);
  high >>>= 3;
  if (high === 0) {
    out[offset++] = border;
    return offset;
  }
  out[offset++] = border | 0x80;
  return writeVarint(out, offset, high);
}

function writeUint32(out: Uint8Array, at: number, field: number, value: number): number {
  if (value === 0) return at;
  out[at] = field << 3;
  return writeVarint(out, at + 1, value);
}

function writeBytes(out: Uint8Array, at: number, field: number, value: Uint8Array): number {
  if (value.length === 0) return at;
  out[at] = (field << 3) | 2;
  const offset = writeVarint(out, at + 1, value.length);
  out.set(value, offset);
  return offset + value.length;
}
