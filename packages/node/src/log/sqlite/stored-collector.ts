/** Gathers encoded messages for the way across the thread: their bytes behind one another in a few arrays. */
import { unfilledBytes } from '../../unfilled-bytes.js';
import type { Position } from '../log.js';
import type { PackedStored } from './stored-codec.js';

/** Messages in the order in which they are added. */
export class StoredCollector {
  readonly #positions: Position[] = [];
  readonly #lengths: number[] = [];
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;

  /** Messages so far. */
  get count(): number {
    return this.#positions.length;
  }

  /** Bytes of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The place of the last one. */
  get last(): Position | undefined {
    return this.#positions.at(-1);
  }

  /** A message of `length` bytes; they stand in the chunk that is given next. */
  add(position: Position, length: number): void {
    this.#positions.push(position);
    this.#lengths.push(length);
    this.#bytes += length;
  }

  /** The bytes of the messages since the last chunk, in a buffer of their own. */
  addChunk(bytes: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(bytes);
  }

  /** Cost: one copy of the bytes, unless there is one chunk. */
  pack(): PackedStored {
    return {
      ids: BigInt64Array.from(this.#positions, ({ id }) => id),
      createdNs: BigInt64Array.from(this.#positions, ({ createdNs }) => createdNs),
      lengths: Uint32Array.from(this.#lengths),
      bytes: this.#joined(),
    };
  }

  #joined(): Uint8Array<ArrayBuffer> {
    const [first] = this.#chunks;
    if (first !== undefined && this.#chunks.length === 1) return first;
    const out = unfilledBytes(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }
}
