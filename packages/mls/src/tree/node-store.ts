/**
 * The nodes of a tree as a structure of arrays: which are blank (bitmap), their encodings (`node-bytes.ts`), their
 * tree hashes (one flat array). Opened over stored rows, a node is read when it is first asked for. Changed nodes are
 * remembered until their rows are taken.
 */
import { TlsReader } from '@conclave/crypto';
import { MlsError } from '../errors.js';
import { nodeKey, type RowChange, type RowReader } from '../rows.js';
import { NodeBitmap } from './node-bitmap.js';
import { NodeBytes } from './node-bytes.js';
import { nodeCount } from './tree-math.js';
import { encodeTreeNodeRow, TREE_ROW_KIND } from './tree-rows.js';

const HASH_LENGTH = 32;

/** Flat storage of nodes, written through `set`, `setHash` and `resize` only. */
export class NodeStore {
  readonly #reader: RowReader | undefined;
  #leafCount: number;
  #occupied: NodeBitmap;
  #bytes = new NodeBytes();
  #hashes: Uint8Array;
  /** Nodes whose encoding and hash are in memory; absent when all are. */
  #loaded: NodeBitmap | undefined;
  readonly #changed = new Set<number>();

  /** @param stored - the rows to read from and the bitmap of their header, for a tree that is kept there */
  constructor(leafCount: number, stored?: { readonly reader: RowReader; readonly occupied: NodeBitmap }) {
    this.#leafCount = leafCount;
    this.#reader = stored?.reader;
    this.#occupied = stored?.occupied ?? new NodeBitmap();
    this.#loaded = stored === undefined ? undefined : new NodeBitmap();
    this.#hashes = new Uint8Array(HASH_LENGTH * nodeCount(leafCount));
  }

  /** The same nodes, to be changed apart from these; those of a store that is all in memory. Cost: a hash's length a node. */
  copy(): NodeStore {
    const copy = new NodeStore(this.#leafCount);
    copy.#occupied = this.#occupied.clone();
    copy.#bytes = this.#bytes.copy();
    copy.#hashes = this.#hashes.slice();
    for (const node of this.#changed) copy.#changed.add(node);
    return copy;
  }

  /** Width of the tree: a power of two. */
  get leafCount(): number {
    return this.#leafCount;
  }

  /** Which nodes are not blank. Not to be changed. */
  get occupied(): NodeBitmap {
    return this.#occupied;
  }

  /** The encoding of a node, or undefined for a blank one. @throws MlsError `mls/corrupt-rows` */
  encoded(node: number): Uint8Array | undefined {
    if (!this.#occupied.has(node)) return undefined;
    this.#load(node);
    return this.#bytes.get(node);
  }

  /** The tree hash of a node, 32 bytes, as a view that later changes overwrite. @throws MlsError `mls/corrupt-rows` */
  hash(node: number): Uint8Array {
    this.#load(node);
    return this.#hashes.subarray(HASH_LENGTH * node, HASH_LENGTH * (node + 1));
  }

  /** Replaces a node; undefined makes it blank. Its hash is to be set as well. */
  set(node: number, encoded: Uint8Array | undefined): void {
    this.#loaded?.add(node);
    this.#changed.add(node);
    if (encoded === undefined) {
      this.#occupied.delete(node);
      this.#bytes.delete(node);
    } else {
      this.#occupied.add(node);
      this.#bytes.set(node, encoded);
    }
  }

  /** Fills a fresh store from one buffer that holds all encodings; the store keeps the buffer. */
  adopt(buffer: Uint8Array, places: Iterable<{ node: number; offset: number; length: number }>): void {
    const chunk = this.#bytes.adopt(buffer);
    for (const { node, offset, length } of places) {
      this.#occupied.add(node);
      this.#bytes.placeAdopted(node, chunk, offset, length);
    }
  }

  /** Sets the tree hash of a node. */
  setHash(node: number, hash: Uint8Array): void {
    // The row holds both, so a node whose hash alone changes has to be in memory before it is written again.
    this.#load(node);
    this.#hashes.set(hash, HASH_LENGTH * node);
    this.#changed.add(node);
  }

  /** Changes the width. New nodes are blank and their hashes are to be set; nodes beyond the new width are dropped. */
  resize(leafCount: number): void {
    if (leafCount === this.#leafCount) return;
    const before = nodeCount(this.#leafCount);
    const after = nodeCount(leafCount);
    for (let node = after; node < before; node++) this.set(node, undefined);
    const hashes = new Uint8Array(HASH_LENGTH * after);
    hashes.set(this.#hashes.subarray(0, HASH_LENGTH * Math.min(before, after)));
    this.#hashes = hashes;
    for (let node = before; node < after; node++) this.#loaded?.add(node);
    this.#leafCount = leafCount;
  }

  /** Reads every node that is not in memory. Cost: the whole tree, once. @throws MlsError `mls/corrupt-rows` */
  loadAll(): void {
    if (this.#loaded === undefined || this.#reader === undefined) return;
    const count = nodeCount(this.#leafCount);
    const rows: [node: number, row: Uint8Array][] = [];
    let length = 0;
    for (const { key, value } of this.#reader.scan(TREE_ROW_KIND.treeNode)) {
      if (key.length !== 4) throw new MlsError('mls/corrupt-rows', { row: 'tree node', keyLength: key.length });
      const node = new TlsReader(key).u32();
      // Rows beyond the width belong to a tree that was wider and shrank since its rows were last written.
      if (node >= count || this.#loaded.has(node)) continue;
      rows.push([node, value]);
      length += Math.max(0, value.length - HASH_LENGTH);
    }
    this.#bytes.reserve(length, count);
    for (const [node, row] of rows) this.#accept(node, row);
    for (let node = 0; node < count; node++) this.#load(node);
    this.#loaded = undefined;
  }

  /** Rows of the nodes that changed since the last call; null for those no longer in the tree. */
  takeRows(): RowChange[] {
    const count = nodeCount(this.#leafCount);
    const rows = [...this.#changed].map((node): RowChange => {
      const value = node < count ? encodeTreeNodeRow(this.hash(node), this.encoded(node)) : null;
      return { kind: TREE_ROW_KIND.treeNode, key: nodeKey(node), value };
    });
    this.#changed.clear();
    return rows;
  }

  #load(node: number): void {
    if (this.#loaded === undefined || this.#loaded.has(node)) return;
    const row = this.#reader?.get(TREE_ROW_KIND.treeNode, nodeKey(node));
    if (row === undefined) throw new MlsError('mls/corrupt-rows', { row: 'tree node', node });
    this.#accept(node, row);
  }

  #accept(node: number, row: Uint8Array): void {
    if (row.length < HASH_LENGTH || row.length > HASH_LENGTH !== this.#occupied.has(node)) {
      throw new MlsError('mls/corrupt-rows', { row: 'tree node', node });
    }
    this.#hashes.set(row.subarray(0, HASH_LENGTH), HASH_LENGTH * node);
    if (row.length > HASH_LENGTH) this.#bytes.set(node, row.subarray(HASH_LENGTH));
    this.#loaded?.add(node);
  }
}
