/** bincode 1 as OpenMLS's storage in libxmtp 1.10.0 writes it: little-endian, lengths of 8 bytes, variants of 4, options of one. */
import { CryptoError, fromUtf8 } from '@conclave/crypto';

/** Reads values one after the other. Every method throws CryptoError `codec/…` for bytes that are not what is asked for. */
export class BincodeReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** What `read` makes of all of the bytes. */
  static whole<T>(bytes: Uint8Array, read: (reader: BincodeReader) => T): T {
    const reader = new BincodeReader(bytes);
    const value = read(reader);
    if (reader.#offset !== bytes.length) throw new CryptoError('codec/trailing-bytes', { at: reader.#offset });
    return value;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** So many bytes, copied. */
  fixed(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.slice(start, start + length);
  }

  /** Bytes with their length. */
  bytes(): Uint8Array {
    return this.fixed(this.#length());
  }

  text(): string {
    return fromUtf8(this.bytes());
  }

  list<T>(read: (reader: this) => T): T[] {
    const length = this.#length();
    const values: T[] = [];
    for (let i = 0; i < length; i++) values.push(read(this));
    return values;
  }

  option<T>(read: (reader: this) => T): T | undefined {
    const tag = this.u8();
    if (tag > 1) throw new CryptoError('codec/invalid-value', { field: 'option', value: tag });
    return tag === 1 ? read(this) : undefined;
  }

  /** No element is shorter than a byte: a length beyond the rest is none. */
  #length(): number {
    const length = this.u64();
    if (length > BigInt(this.#bytes.length - this.#offset))
      throw new CryptoError('codec/truncated', { needed: length });
    return Number(length);
  }

  #take(length: number): number {
    const start = this.#offset;
    if (length > this.#bytes.length - start) throw new CryptoError('codec/truncated', { needed: length });
    this.#offset = start + length;
    return start;
  }
}
