/**
 * Writer for the payloads that `protobuf-wire.ts` reads. Fields are written in the order of the calls; the callers use
 * ascending field numbers and leave default values out, which gives the deployed client's bytes up to map order.
 */
import { utf8 } from '@conclave/crypto';

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Grows one buffer; `finish` gives a view of exactly the bytes written. */
export class WireWriter {
  #buffer: Uint8Array;
  #length = 0;

  constructor(initialCapacity = 256) {
    this.#buffer = new Uint8Array(initialCapacity);
  }

  /** A varint field, written even when it is zero: for members of a oneof. */
  enumeration(field: number, value: number): this {
    this.#varint(field * 8 + VARINT);
    this.#varint(value);
    return this;
  }

  /** A uint64 field; zero is left out. */
  uint64(field: number, value: bigint): this {
    if (value === 0n) return this;
    this.#varint(field * 8 + VARINT);
    let rest = value;
    for (; rest > 0x7fn; rest >>= 7n) this.#byte(Number(rest & 0x7fn) | 0x80);
    this.#byte(Number(rest));
    return this;
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

  /** A string field; empty is left out. */
  string(field: number, value: string): this {
    return value === '' ? this : this.element(field, utf8(value));
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

  /** A view of what was written; the writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
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

/** Encodes one message. */
export function encodeMessage(write: (writer: WireWriter) => void): Uint8Array {
  const writer = new WireWriter();
  write(writer);
  return writer.finish();
}
