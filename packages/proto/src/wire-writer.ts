/**
 * Messages written field by field, without descriptors: for what is encoded for each of many (members, logs, rows), where the library's
 * reflection takes ten times as long and leaves kilobytes behind. Fields are written in the order of the calls; the callers use ascending
 * field numbers and leave default values out, which gives the library's bytes, and the deployed client's up to map order.
 */
import { utf8 } from '@conclave/crypto';
import { ProtoError } from './errors.js';

const VARINT = 0;
const LENGTH_DELIMITED = 2;
/** The largest varint of one byte, and the last character of ASCII. */
const MAX_ONE_BYTE = 0x7f;
/** The largest value of an enumeration; negative ones, which no message of ours has, would take ten bytes. */
const MAX_ENUMERATION = 0x7fff_ffff;

/** A uint64 is written in two halves that numbers hold exactly; the lower one takes whole bytes of a varint. */
const LOW_HALF_BITS = 49;
const LOW_HALF = (1n << BigInt(LOW_HALF_BITS)) - 1n;

/** Grows one buffer; `take` gives the bytes written. */
export class WireWriter {
  #buffer: Uint8Array;
  #length = 0;

  constructor(initialCapacity = 256) {
    this.#buffer = new Uint8Array(initialCapacity);
  }

  /** A varint field, written even when it is zero: for members of a oneof. @throws ProtoError `proto/unencodable` below 0 */
  enumeration(field: number, value: number): this {
    if ((value & MAX_ENUMERATION) !== value) throw new ProtoError('proto/unencodable', { field, value });
    this.#varint(field * 8 + VARINT);
    this.#varint(value);
    return this;
  }

  /** A uint64 field; zero is left out. @throws ProtoError `proto/unencodable` */
  uint64(field: number, value: bigint): this {
    return value === 0n ? this : this.presentUint64(field, value);
  }

  /** A bytes field, written even when it is empty: for elements of a list and members of a oneof. */
  element(field: number, value: Uint8Array): this {
    this.#varint(field * 8 + LENGTH_DELIMITED);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** A bytes field; empty is left out. */
  bytes(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.element(field, value);
  }

  /** A uint64 field, written even when it is zero: where its presence says something. @throws ProtoError `proto/unencodable` */
  presentUint64(field: number, value: bigint): this {
    if (BigInt.asUintN(64, value) !== value) throw new ProtoError('proto/unencodable', { field, value });
    this.#varint(field * 8 + VARINT);
    // Times are the most of them: two numbers each, where shifting would make a bigint for every byte.
    let low = Number(value & LOW_HALF);
    const high = Number(value >> BigInt(LOW_HALF_BITS));
    if (high > 0) {
      for (let bits = 0; bits < LOW_HALF_BITS; bits += 7, low = Math.floor(low / 128)) this.#byte((low & 0x7f) | 0x80);
    }
    this.#varint(high > 0 ? high : low);
    return this;
  }

  /** A string field; empty is left out. */
  string(field: number, value: string): this {
    return value === '' ? this : this.text(field, value);
  }

  /** A string field, written even when it is empty: for members of a oneof and what may be absent. */
  text(field: number, value: string): this {
    return this.#ascii(field, value) ? this : this.element(field, utf8(value));
  }

  /** A nested message, written even when it is empty. Costs one copy of its content. */
  message(field: number, write: (writer: WireWriter) => void): this {
    this.#varint(field * 8 + LENGTH_DELIMITED);
    const start = this.#length;
    write(this);
    const size = this.#length - start;
    let prefix = 1;
    for (let rest = size; rest > 0x7f; rest = Math.floor(rest / 128)) prefix++;
    this.#reserve(prefix);
    this.#buffer.copyWithin(start + prefix, start, this.#length);
    this.#length = start;
    this.#varint(size);
    this.#length = start + prefix + size;
    return this;
  }

  /** A copy of what was written; the writer is empty afterwards and keeps nothing of it. */
  take(): Uint8Array {
    const message = this.#buffer.slice(0, this.#length);
    this.clear();
    return message;
  }

  /** Drops what was written: it may be a text or a key. */
  clear(): void {
    this.#buffer.fill(0, 0, this.#length);
    this.#length = 0;
  }

  /** Bytes of its buffer. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** Ids and addresses, which are short and ASCII, without an array of their own; false, and nothing written, for other text. */
  #ascii(field: number, value: string): boolean {
    if (value.length > MAX_ONE_BYTE) return false;
    const start = this.#length;
    this.#varint(field * 8 + LENGTH_DELIMITED);
    this.#byte(value.length);
    this.#reserve(value.length);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > MAX_ONE_BYTE) {
        this.#length = start;
        return false;
      }
      this.#buffer[this.#length++] = code;
    }
    return true;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#byte((rest & 0x7f) | 0x80);
    this.#byte(rest);
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

/** A buffer that is used again and again up to this size, so that a message of a hundred bytes takes a hundred. */
const KEPT_CAPACITY = 1 << 16;
let kept: WireWriter | undefined;

/** Encodes one message. */
export function encodeMessage(write: (writer: WireWriter) => void): Uint8Array {
  // A message may be encoded in the middle of another.
  const writer = kept ?? new WireWriter(1024);
  kept = undefined;
  try {
    write(writer);
    return writer.take();
  } finally {
    writer.clear();
    if (writer.capacity <= KEPT_CAPACITY) kept = writer;
  }
}
