/**
 * Reader of the TLS presentation language as RFC 9420 section 2.1 uses it. Slices are views of the input, never
 * copies; whoever keeps one keeps the input alive. Memory is bounded by the input: no length is trusted before the
 * bytes are there.
 */
import { CryptoError } from '../errors.js';

/** Reads a buffer from front to back; every method throws CryptoError `codec/…` on bytes that do not fit. */
export class TlsReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
  }

  /** Position from the start of the underlying buffer. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  u8(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  u16(): number {
    const at = this.#take(2);
    return ((this.#bytes[at] as number) << 8) | (this.#bytes[at + 1] as number);
  }

  u32(): number {
    const at = this.#take(4);
    const high = ((this.#bytes[at] as number) << 8) | (this.#bytes[at + 1] as number);
    return high * 0x1_0000 + (((this.#bytes[at + 2] as number) << 8) | (this.#bytes[at + 3] as number));
  }

  u64(): bigint {
    const high = this.u32();
    return (BigInt(high) << 32n) | BigInt(this.u32());
  }

  /** `length` bytes as a view. */
  raw(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A variable-size length; refuses forms that are not the shortest (RFC 9420 section 2.1.2). */
  vectorLength(): number {
    const first = this.u8();
    switch (first >> 6) {
      case 0:
        return first;
      case 1: {
        const length = ((first & 0x3f) << 8) | this.u8();
        if (length < 0x40) throw new CryptoError('codec/non-minimal-length', { length });
        return length;
      }
      case 2: {
        const length = ((first & 0x3f) << 24) | (this.u8() << 16) | this.u16();
        if (length < 0x4000) throw new CryptoError('codec/non-minimal-length', { length });
        return length;
      }
      default:
        throw new CryptoError('codec/invalid-value', { field: 'vector length prefix', value: first });
    }
  }

  /** `opaque x<V>` as a view. */
  opaque(): Uint8Array {
    return this.raw(this.vectorLength());
  }

  /** Passes over `opaque x<V>`. */
  skipOpaque(): void {
    this.#take(this.vectorLength());
  }

  /** Passes over these bytes if they are what comes next; says whether they were. */
  skipEqual(bytes: Uint8Array): boolean {
    if (bytes.length > this.remaining) return false;
    for (let i = 0; i < bytes.length; i++) if (this.#bytes[this.#offset + i] !== bytes[i]) return false;
    this.#offset += bytes.length;
    return true;
  }

  /** `T x<V>`: reads items until the vector's end; an item that crosses it is `codec/truncated`. */
  vector<T>(read: (reader: TlsReader) => T): T[] {
    const length = this.vectorLength();
    const start = this.#take(length);
    const items: T[] = [];
    if (length === 0) return items;
    const inner = new TlsReader(this.#bytes, start, start + length);
    while (inner.remaining > 0) items.push(read(inner));
    return items;
  }

  /** `optional<T>`. */
  optional<T>(read: (reader: TlsReader) => T): T | undefined {
    const present = this.u8();
    if (present === 0) return undefined;
    if (present !== 1) throw new CryptoError('codec/invalid-value', { field: 'optional', value: present });
    return read(this);
  }

  /** The bytes of the underlying buffer between two offsets, as a view: what a signature or hash covered. */
  slice(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  /** Asserts that everything was read. @throws CryptoError `codec/trailing-bytes` */
  end(): void {
    if (this.remaining !== 0) throw new CryptoError('codec/trailing-bytes', { count: this.remaining });
  }

  #take(length: number): number {
    const start = this.#offset;
    if (length > this.#end - start) {
      throw new CryptoError('codec/truncated', { needed: length, left: this.#end - start });
    }
    this.#offset = start + length;
    return start;
  }
}

/** Decodes one structure that must fill the input exactly. */
export function decodeTls<T>(bytes: Uint8Array, read: (reader: TlsReader) => T): T {
  const reader = new TlsReader(bytes);
  const value = read(reader);
  reader.end();
  return value;
}
