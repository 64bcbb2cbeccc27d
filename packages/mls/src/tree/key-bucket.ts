/**
 * One bucket of the index of keys (`key-index.ts`): pairs of a hash and a value, in no order.
 *
 *     row: format:u8, then any number of { hash:u32 value:u32 }
 */
import { TlsWriter } from '@conclave/crypto';
import { MlsError } from '../errors.js';

const FORMAT = 1;
const HEAD_LENGTH = 1;
const ENTRY_LENGTH = 8;

/** Numbers that a bucket has room for at first, and the least that it grows by. */
const ROOM = 8;

/** Pairs in one flat array that grows by half when it is full: most buckets are small, and there are many. */
export class KeyBucket {
  #pairs = new Uint32Array(ROOM);
  #length = 0;

  /** @throws MlsError `mls/corrupt-rows` */
  static decode(row: Uint8Array): KeyBucket {
    if (row[0] !== FORMAT || (row.length - HEAD_LENGTH) % ENTRY_LENGTH !== 0) {
      throw new MlsError('mls/corrupt-rows', { row: 'tree keys', length: row.length });
    }
    const bucket = new KeyBucket();
    const view = new DataView(row.buffer, row.byteOffset);
    for (let at = HEAD_LENGTH; at < row.length; at += ENTRY_LENGTH)
      bucket.add(view.getUint32(at), view.getUint32(at + 4));
    return bucket;
  }

  /** The same pairs, to be changed apart from these. */
  copy(): KeyBucket {
    const copy = new KeyBucket();
    copy.#pairs = this.#pairs.slice();
    copy.#length = this.#length;
    return copy;
  }

  /** The row. */
  encode(): Uint8Array {
    const writer = new TlsWriter(HEAD_LENGTH + 4 * this.#length).u8(FORMAT);
    for (let at = 0; at < this.#length; at++) writer.u32(this.#pairs[at] as number);
    return writer.finish();
  }

  /** All pairs. */
  *[Symbol.iterator](): IterableIterator<readonly [hash: number, value: number]> {
    for (let at = 0; at < this.#length; at += 2) yield [this.#pairs[at] as number, this.#pairs[at + 1] as number];
  }

  /** The values under a hash. */
  valuesOf(hash: number): number[] {
    const values: number[] = [];
    for (let at = 0; at < this.#length; at += 2) {
      if (this.#pairs[at] === hash) values.push(this.#pairs[at + 1] as number);
    }
    return values;
  }

  /** Adds a pair. */
  add(hash: number, value: number): void {
    if (this.#length === this.#pairs.length) {
      const grown = new Uint32Array(this.#length + Math.max(ROOM, 2 * (this.#length >>> 2)));
      grown.set(this.#pairs);
      this.#pairs = grown;
    }
    this.#pairs[this.#length++] = hash;
    this.#pairs[this.#length++] = value;
  }

  /** Removes a pair; false when there is none. */
  remove(hash: number, value: number): boolean {
    for (let at = 0; at < this.#length; at += 2) {
      if (this.#pairs[at] !== hash || this.#pairs[at + 1] !== value) continue;
      this.#pairs.copyWithin(at, this.#length - 2, this.#length);
      this.#length -= 2;
      return true;
    }
    return false;
  }
}
