/**
 * The encodings of many nodes in a few large buffers. A view per node would cost as much memory as a small leaf; here
 * a node costs ten bytes beside its encoding, and a view is made when one is asked for.
 */

/** Buffers grow from the first to the longest with what is kept, a quarter of it at a time: so much is unused at most. */
const FIRST_CHUNK_LENGTH = 512;
const GROWTH = 1 / 4;
const CHUNK_LENGTH = 64 * 1024;
/** Bytes of replaced encodings that are tolerated before the buffers are rewritten. */
const MIN_WASTE = 256 * 1024;

/** Encodings by node index. */
export class NodeBytes {
  #chunks: Uint8Array[] = [];
  /** Bytes used of the last chunk. */
  #used = 0;
  /** Bytes of the last chunk that may be used; none of an adopted one. */
  #capacity = 0;
  #live = 0;
  #waste = 0;
  /** Few: buffers are long, or rewritten before much in them is unused. */
  #chunkOf = new Uint16Array(0);
  #offsetOf = new Uint32Array(0);
  /** Zero where there is no encoding. */
  #lengthOf = new Uint32Array(0);

  /** The same encodings, to be changed apart from these. Cost: ten bytes a node; the encodings themselves are shared, and never written again. */
  copy(): NodeBytes {
    const copy = new NodeBytes();
    copy.#chunks = this.#chunks.slice();
    copy.#live = this.#live;
    copy.#waste = this.#waste;
    copy.#chunkOf = this.#chunkOf.slice();
    copy.#offsetOf = this.#offsetOf.slice();
    copy.#lengthOf = this.#lengthOf.slice();
    return copy;
  }

  /** The encoding as a view, or undefined. */
  get(node: number): Uint8Array | undefined {
    const length = this.#lengthOf[node] ?? 0;
    if (length === 0) return undefined;
    const offset = this.#offsetOf[node] as number;
    return (this.#chunks[this.#chunkOf[node] as number] as Uint8Array).subarray(offset, offset + length);
  }

  /** Keeps a copy of `bytes`, which is not empty. Constant cost, amortised. */
  set(node: number, bytes: Uint8Array): void {
    this.delete(node);
    if (bytes.length > this.#capacity - this.#used) this.#addChunk(bytes.length);
    const chunk = this.#chunks.length - 1;
    (this.#chunks[chunk] as Uint8Array).set(bytes, this.#used);
    this.#place(node, chunk, this.#used, bytes.length);
    this.#used += bytes.length;
    if (this.#waste > MIN_WASTE && this.#waste > this.#live) this.#compact();
  }

  /** Makes room for encodings of this many bytes in all, and no more. */
  reserve(length: number, nodeCount: number): void {
    if (length > this.#capacity - this.#used) this.#openChunk(length);
    if (nodeCount > this.#lengthOf.length) this.#grow(nodeCount, nodeCount);
  }

  /** Takes over a buffer without copying; `placeAdopted` then names the nodes in it. */
  adopt(buffer: Uint8Array): number {
    this.#capacity = 0;
    this.#used = 0;
    return this.#chunks.push(buffer) - 1;
  }

  /** Names a part of an adopted buffer as the encoding of a node that had none. */
  placeAdopted(node: number, chunk: number, offset: number, length: number): void {
    this.#place(node, chunk, offset, length);
  }

  delete(node: number): void {
    const length = this.#lengthOf[node] ?? 0;
    if (length === 0) return;
    this.#lengthOf[node] = 0;
    this.#live -= length;
    this.#waste += length;
  }

  #addChunk(needed: number): void {
    const growth = Math.max(FIRST_CHUNK_LENGTH, Math.floor(GROWTH * this.#live));
    this.#openChunk(Math.max(needed, Math.min(CHUNK_LENGTH, growth)));
  }

  #openChunk(length: number): void {
    this.#chunks.push(new Uint8Array(length));
    this.#capacity = length;
    this.#used = 0;
  }

  #place(node: number, chunk: number, offset: number, length: number): void {
    if (node >= this.#lengthOf.length) this.#grow(node + 1, Math.max(2 * this.#lengthOf.length, 16));
    this.#chunkOf[node] = chunk;
    this.#offsetOf[node] = offset;
    this.#lengthOf[node] = length;
    this.#live += length;
  }

  #grow(count: number, wanted: number): void {
    const length = Math.max(count, wanted);
    this.#chunkOf = copyInto(new Uint16Array(length), this.#chunkOf);
    this.#offsetOf = copyInto(new Uint32Array(length), this.#offsetOf);
    this.#lengthOf = copyInto(new Uint32Array(length), this.#lengthOf);
  }

  #compact(): void {
    const packed = new Uint8Array(this.#live);
    let offset = 0;
    for (let node = 0; node < this.#lengthOf.length; node++) {
      const bytes = this.get(node);
      if (bytes === undefined) continue;
      packed.set(bytes, offset);
      this.#chunkOf[node] = 0;
      this.#offsetOf[node] = offset;
      offset += bytes.length;
    }
    this.#chunks = [packed];
    this.#capacity = 0;
    this.#used = 0;
    this.#waste = 0;
  }
}

function copyInto<Numbers extends Uint16Array | Uint32Array>(target: Numbers, source: Numbers): Numbers {
  target.set(source);
  return target;
}
