/**
 * Writer of the TLS presentation language as RFC 9420 section 2.1 uses it: big-endian integers and
 * vectors with a variable-size length of 1, 2 or 4 bytes.
 */
import { CryptoError } from '../errors.js';

/** Largest length that the variable-size integer can carry (RFC 9420 section 2.1.2). */
export const MAX_VECTOR_LENGTH = 0x3fff_ffff;

/** Arrays that engines keep on their heap, bytes. */
const SHORT = 64;

/**
 * Grows one buffer; `finish` gives exactly the bytes written. A buffer that it lets go of is wiped: what is written may
 * be secret. A number that its field does not hold is refused before anything of it is written: CryptoError `codec/invalid-value`.
 */
export class TlsWriter {
  // Written byte by byte: a DataView would cost more than the short structures that most writers are made for.
  #buffer: Uint8Array;
  #length = 0;

  constructor(initialCapacity = 256) {
    this.#buffer = new Uint8Array(initialCapacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    if ((value & 0xff) !== value) refuse(8, value);
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  u16(value: number): this {
    if ((value & 0xffff) !== value) refuse(16, value);
    this.#reserve(2);
    this.#buffer[this.#length++] = value >>> 8;
    this.#buffer[this.#length++] = value;
    return this;
  }

  u32(value: number): this {
    if (value >>> 0 !== value) refuse(32, value);
    this.#reserve(4);
    this.#buffer[this.#length++] = value >>> 24;
    this.#buffer[this.#length++] = value >>> 16;
    this.#buffer[this.#length++] = value >>> 8;
    this.#buffer[this.#length++] = value;
    return this;
  }

  u64(value: bigint): this {
    if (BigInt.asUintN(64, value) !== value) refuse(64, value);
    return this.u32(Number(value >> 32n)).u32(Number(BigInt.asUintN(32, value)));
  }

  /** The bytes as they are, without a length. */
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Variable-size length alone, in its shortest form. @throws CryptoError `codec/length-limit`, `codec/invalid-value` */
  vectorLength(length: number): this {
    if (length > MAX_VECTOR_LENGTH) throw new CryptoError('codec/length-limit', { length });
    if (length >>> 0 !== length) refuse(30, length);
    if (length < 0x40) return this.u8(length);
    if (length < 0x4000) return this.u16(0x4000 | length);
    return this.u32((0x8000_0000 | length) >>> 0);
  }

  /** `opaque x<V>`. */
  opaque(bytes: Uint8Array): this {
    return this.vectorLength(bytes.length).raw(bytes);
  }

  /** `T x<V>`: whatever `write` appends, preceded by its length in bytes. Costs one copy of the content. */
  vector(write: (writer: TlsWriter) => void): this {
    const start = this.#length;
    write(this);
    const size = this.#length - start;
    const prefix = size < 0x40 ? 1 : size < 0x4000 ? 2 : 4;
    this.#reserve(prefix);
    this.#buffer.copyWithin(start + prefix, start, this.#length);
    this.#length = start;
    this.vectorLength(size);
    this.#length = start + prefix + size;
    return this;
  }

  /** `optional<T>`: presence byte, then the value. */
  optional<T>(value: T | undefined, write: (writer: TlsWriter, value: T) => void): this {
    if (value === undefined) return this.u8(0);
    this.u8(1);
    write(this, value);
    return this;
  }

  /** What was written, mostly as a view; the writer must not be used afterwards. */
  finish(): Uint8Array {
    if (this.#length === this.#buffer.length) return this.#buffer;
    if (this.#buffer.length > SHORT) return this.#buffer.subarray(0, this.#length);
    // Engines keep short arrays inside the object until a view of one is made; copying it is cheaper.
    const copy = this.#buffer.slice(0, this.#length);
    this.#buffer.fill(0);
    return copy;
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer.fill(0);
    this.#buffer = grown;
  }
}

/** Apart from the methods, which are small enough for engines to build in where they are called. */
function refuse(bits: number, value: number | bigint): never {
  throw new CryptoError('codec/invalid-value', { bits, value });
}

/** Encodes one structure with its own write function. */
export function encodeTls<T>(value: T, write: (writer: TlsWriter, value: T) => void): Uint8Array {
  const writer = new TlsWriter();
  write(writer, value);
  return writer.finish();
}
