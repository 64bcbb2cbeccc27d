/**
 * A vector of many items of which few are wanted: its form is checked when it is read, an item is decoded when it is
 * asked for. A commit in a large group carries a ciphertext for every member, and each member opens one.
 */
import { TlsReader } from './tls-reader.js';

/** What an array and a `VectorView` have in common. */
export interface Sequence<T> extends Iterable<T> {
  readonly length: number;
  /** The item, or undefined beyond the end. */
  at(index: number): T | undefined;
}

/** The items of a vector as they are in its bytes. */
export class VectorView<T> implements Sequence<T> {
  readonly #content: Uint8Array;
  readonly #read: (reader: TlsReader) => T;
  readonly #skip: (reader: TlsReader) => void;
  readonly length: number;

  private constructor(
    content: Uint8Array,
    length: number,
    read: (reader: TlsReader) => T,
    skip: (reader: TlsReader) => void,
  ) {
    this.#content = content;
    this.length = length;
    this.#read = read;
    this.#skip = skip;
  }

  /**
   * Reads `T x<V>`.
   *
   * @param skip - passes over an item, throwing where `read` would
   * @throws CryptoError `codec/…`
   */
  static read<T>(reader: TlsReader, read: (reader: TlsReader) => T, skip: (reader: TlsReader) => void): VectorView<T> {
    const content = reader.opaque();
    const inner = new TlsReader(content);
    let length = 0;
    for (; inner.remaining > 0; length++) skip(inner);
    return new VectorView(content, length, read, skip);
  }

  /** Cost: passing over the items before it. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.length) return undefined;
    const reader = new TlsReader(this.#content);
    for (let i = 0; i < index; i++) this.#skip(reader);
    return this.#read(reader);
  }

  *[Symbol.iterator](): IterableIterator<T> {
    const reader = new TlsReader(this.#content);
    while (reader.remaining > 0) yield this.#read(reader);
  }
}
