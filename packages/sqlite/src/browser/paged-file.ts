/** A file in memory, in blocks, that knows which of them have changed since they were last stored elsewhere. */

/** Bytes of a block: the page of SQLite's files. */
export const BLOCK_LENGTH = 4096;

/** What is to be stored: blocks by number, and how long the file is. */
export interface FileChanges {
  readonly size: number;
  readonly blocks: ReadonlyMap<number, Uint8Array>;
}

/** Grows as it is written; what was never written reads as zeros. */
export class PagedFile {
  readonly #blocks: Map<number, Uint8Array>;
  #changed = new Set<number>();
  #size: number;
  #isResized = false;

  constructor(size = 0, blocks: ReadonlyMap<number, Uint8Array> = new Map()) {
    this.#size = size;
    this.#blocks = new Map(blocks);
  }

  get size(): number {
    return this.#size;
  }

  /** Fills `target` from there. @returns bytes that the file has of them; the rest is zeros */
  read(target: Uint8Array, offset: number): number {
    const available = Math.max(0, Math.min(target.length, this.#size - offset));
    target.fill(0);
    for (let done = 0; done < available; ) {
      const { index, within, length } = spanAt(offset + done, available - done);
      const block = this.#blocks.get(index);
      if (block !== undefined) target.set(block.subarray(within, within + length), done);
      done += length;
    }
    return available;
  }

  write(source: Uint8Array, offset: number): void {
    for (let done = 0; done < source.length; ) {
      const { index, within, length } = spanAt(offset + done, source.length - done);
      let block = this.#blocks.get(index);
      if (block === undefined || !this.#changed.has(index)) {
        // A copy of its own: what is being stored must not change under the one who stores it.
        block = block === undefined ? new Uint8Array(BLOCK_LENGTH) : block.slice();
        this.#blocks.set(index, block);
        this.#changed.add(index);
      }
      block.set(source.subarray(done, done + length), within);
      done += length;
    }
    this.#resize(Math.max(this.#size, offset + source.length));
  }

  truncate(size: number): void {
    for (const index of this.#blocks.keys()) {
      if (index * BLOCK_LENGTH < size) continue;
      this.#blocks.delete(index);
      this.#changed.delete(index);
    }
    const within = size % BLOCK_LENGTH;
    if (within > 0 && size < this.#size) this.write(new Uint8Array(BLOCK_LENGTH - within), size);
    this.#resize(size);
  }

  /** In memory there is nothing to do. */
  sync(): void {}

  /**
   * Hands over what has changed since the last time; nothing when nothing has. When `store` throws, it counts as changed still.
   * Cost: by what has changed.
   */
  handOver(store: (changes: FileChanges) => void): void {
    if (this.#changed.size === 0 && !this.#isResized) return;
    const blocks = new Map([...this.#changed].map((index) => [index, this.#blocks.get(index) as Uint8Array]));
    store({ size: this.#size, blocks });
    this.#changed = new Set();
    this.#isResized = false;
  }

  #resize(size: number): void {
    if (size !== this.#size) this.#isResized = true;
    this.#size = size;
  }
}

function spanAt(offset: number, left: number): { index: number; within: number; length: number } {
  const within = offset % BLOCK_LENGTH;
  return { index: Math.floor(offset / BLOCK_LENGTH), within, length: Math.min(left, BLOCK_LENGTH - within) };
}
