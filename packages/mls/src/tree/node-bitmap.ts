/** Which nodes of a tree are not blank: one bit a node, so that questions about ranges cost a word per 32 nodes. */

/** Bits of leaves: the even nodes. */
const LEAF_BITS = 0x5555_5555;

/** A growable set of node indices. */
export class NodeBitmap {
  #words: Uint32Array;

  constructor(words: Uint32Array = new Uint32Array(1)) {
    this.#words = words;
  }

  /** Whether the node is in the set. */
  has(node: number): boolean {
    return (((this.#words[node >>> 5] ?? 0) >>> (node & 31)) & 1) === 1;
  }

  add(node: number): void {
    const word = node >>> 5;
    if (word >= this.#words.length) this.#grow(word + 1);
    this.#words[word] = (this.#words[word] as number) | (1 << (node & 31));
  }

  delete(node: number): void {
    const word = node >>> 5;
    if (word < this.#words.length) this.#words[word] = (this.#words[word] as number) & ~(1 << (node & 31));
  }

  /** Whether any node from `first` to `last`, both included, is in the set. Cost: one step per 32 nodes. */
  hasAny(first: number, last: number): boolean {
    const end = Math.min(last >>> 5, this.#words.length - 1);
    for (let word = first >>> 5; word <= end; word++) {
      let bits = this.#words[word] as number;
      if (word === first >>> 5) bits &= -1 << (first & 31);
      if (word === last >>> 5) bits &= -1 >>> (31 - (last & 31));
      if (bits !== 0) return true;
    }
    return false;
  }

  /** The first leaf at or after `from` that is not in the set. */
  firstBlankLeaf(from: number): number {
    for (let word = from >>> 4; ; word++) {
      let blank = ~(this.#words[word] ?? 0) & LEAF_BITS;
      if (word === from >>> 4) blank &= -1 << (2 * (from & 15));
      if (blank !== 0) return 16 * word + (31 - Math.clz32(blank & -blank)) / 2;
    }
  }

  /** The last leaf in the set, or -1. */
  lastLeaf(): number {
    for (let word = this.#words.length - 1; word >= 0; word--) {
      const leaves = (this.#words[word] as number) & LEAF_BITS;
      if (leaves !== 0) return 16 * word + (31 - Math.clz32(leaves)) / 2;
    }
    return -1;
  }

  /** Number of leaves in the set. Cost: a step per leaf. */
  countLeaves(): number {
    let count = 0;
    for (const word of this.#words) for (let bits = word & LEAF_BITS; bits !== 0; bits &= bits - 1) count++;
    return count;
  }

  /** Nodes of the set, in increasing order. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let word = 0; word < this.#words.length; word++) {
      for (let bits = this.#words[word] as number; bits !== 0; bits &= bits - 1) {
        yield 32 * word + (31 - Math.clz32(bits & -bits));
      }
    }
  }

  clone(): NodeBitmap {
    return new NodeBitmap(this.#words.slice());
  }

  /** The bits of the first `nodeCount` nodes, eight to a byte, the first in the lowest bit. */
  encode(nodeCount: number): Uint8Array {
    const bytes = new Uint8Array((nodeCount + 7) >>> 3);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (this.#words[i >>> 2] ?? 0) >>> (8 * (i & 3));
    return bytes;
  }

  /** Reads what `encode` gave. */
  static decode(bytes: Uint8Array): NodeBitmap {
    const words = new Uint32Array(Math.max(1, (bytes.length + 3) >>> 2));
    for (let i = 0; i < bytes.length; i++) {
      words[i >>> 2] = (words[i >>> 2] as number) | ((bytes[i] as number) << (8 * (i & 3)));
    }
    return new NodeBitmap(words);
  }

  #grow(length: number): void {
    const grown = new Uint32Array(Math.max(length, 2 * this.#words.length));
    grown.set(this.#words);
    this.#words = grown;
  }
}
