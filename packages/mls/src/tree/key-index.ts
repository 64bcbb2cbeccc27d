/**
 * Which nodes hold which keys, so that uniqueness (RFC 9420 section 7.3) and the search for a member cost what is asked
 * and not the group. The index is a hash table whose buckets are rows: a tree opened over stored rows reads the buckets
 * of the keys it is asked for, and writes those of the keys that changed.
 *
 * An entry says where to look, the node itself is compared. The hash is no cryptographic one: members who choose their
 * keys so that the hashes agree make the group compare more nodes, as many as there are such members.
 */
import { MlsError } from '../errors.js';
import { nodeKey, type RowChange, type RowReader } from '../rows.js';
import { KeyBucket } from './key-bucket.js';
import { TREE_ROW_KIND } from './tree-rows.js';

/** What a key is for; the numbers are part of the storage format. */
export const KEY_KIND = { encryption: 0, signature: 1 } as const;

/** KEY_KIND values. */
export type KeyKind = (typeof KEY_KIND)[keyof typeof KEY_KIND];

/** Leaves per bucket after a rebuild: up to 24 entries, about 200 bytes. */
const LEAVES_PER_BUCKET = 8;
/** Beyond twice, or below a quarter of that, the table is rebuilt, so that a tree at the edge of a width does not do it at every commit. */
const MAX_LEAVES_PER_BUCKET = 16;
const MIN_LEAVES_PER_BUCKET = 2;

/** Number of buckets for a tree that is built at once; a power of two. */
function bucketCountFor(leafCount: number): number {
  return Math.max(1, leafCount / LEAVES_PER_BUCKET);
}

/** A table from key to the nodes that hold it. */
export class KeyIndex {
  readonly #reader: RowReader | undefined;
  #buckets: (KeyBucket | undefined)[];
  /** Buckets that have rows: those beyond the table are to be deleted. */
  #storedCount: number;
  readonly #changed = new Set<number>();

  private constructor(bucketCount: number, reader: RowReader | undefined) {
    this.#reader = reader;
    this.#buckets = Array(bucketCount).fill(undefined);
    this.#storedCount = bucketCount;
  }

  /** An empty table for a tree of this width. */
  static create(leafCount: number): KeyIndex {
    const index = new KeyIndex(bucketCountFor(leafCount), undefined);
    index.#clear(index.bucketCount);
    return index;
  }

  /** A table over its rows, of which none is read yet. */
  static open(reader: RowReader, bucketCount: number): KeyIndex {
    return new KeyIndex(bucketCount, reader);
  }

  /** The same table, to be changed apart from this one; of one that is all in memory. Cost: all of it. */
  copy(): KeyIndex {
    const copy = new KeyIndex(this.bucketCount, undefined);
    copy.#buckets = this.#buckets.map((bucket) => bucket?.copy());
    copy.#storedCount = this.#storedCount;
    for (const number of this.#changed) copy.#changed.add(number);
    return copy;
  }

  /** A power of two. */
  get bucketCount(): number {
    return this.#buckets.length;
  }

  /**
   * The nodes that hold a key, in no order. One whose key merely has the same hash may be among them, so the caller
   * compares. Cost: one bucket. @throws MlsError `mls/corrupt-rows`
   */
  find(kind: KeyKind, key: Uint8Array): number[] {
    const hash = hashKey(key);
    return nodesOf(kind, this.#bucket(this.#bucketOf(hash)).valuesOf(hash));
  }

  /**
   * Notes that a node holds a key. Cost: one bucket.
   * @returns what `find` gave before
   * @throws MlsError `mls/corrupt-rows`
   */
  add(kind: KeyKind, key: Uint8Array, node: number): number[] {
    const hash = hashKey(key);
    const number = this.#bucketOf(hash);
    const bucket = this.#bucket(number);
    const before = nodesOf(kind, bucket.valuesOf(hash));
    bucket.add(hash, 2 * node + kind);
    this.#changed.add(number);
    return before;
  }

  /** As `add`, without a look at who holds it already: for a tree that is indexed as a whole. Cost: constant, whatever the keys are. */
  append(kind: KeyKind, key: Uint8Array, node: number): void {
    const hash = hashKey(key);
    const number = this.#bucketOf(hash);
    this.#bucket(number).add(hash, 2 * node + kind);
    this.#changed.add(number);
  }

  /** Forgets that a node holds a key. Cost: one bucket. @throws MlsError `mls/corrupt-rows` */
  remove(kind: KeyKind, key: Uint8Array, node: number): void {
    const hash = hashKey(key);
    const number = this.#bucketOf(hash);
    if (this.#bucket(number).remove(hash, 2 * node + kind)) this.#changed.add(number);
  }

  /** Fits the table to a tree of another width. Cost: nothing mostly; all buckets when the width changed a lot. */
  resize(leafCount: number): void {
    const perBucket = leafCount / this.bucketCount;
    const fits = perBucket <= MAX_LEAVES_PER_BUCKET && (perBucket >= MIN_LEAVES_PER_BUCKET || this.bucketCount === 1);
    if (fits) return;
    const before = this.#buckets.map((_, number) => this.#bucket(number));
    this.#clear(bucketCountFor(leafCount));
    for (const bucket of before) {
      for (const [hash, value] of bucket) this.#bucket(this.#bucketOf(hash)).add(hash, value);
    }
  }

  /** The buckets that changed since the last call; null for those that are no more. */
  takeRows(): RowChange[] {
    const rows = [...this.#changed].map((number): RowChange => {
      const value = this.#buckets[number]?.encode() ?? null;
      return { kind: TREE_ROW_KIND.treeKeys, key: nodeKey(number), value };
    });
    this.#changed.clear();
    this.#storedCount = this.bucketCount;
    return rows;
  }

  /** Begins anew with empty buckets. */
  #clear(bucketCount: number): void {
    this.#buckets = Array.from({ length: bucketCount }, () => new KeyBucket());
    this.#storedCount = Math.max(this.#storedCount, bucketCount);
    for (let number = 0; number < this.#storedCount; number++) this.#changed.add(number);
  }

  #bucketOf(hash: number): number {
    return hash & (this.bucketCount - 1);
  }

  #bucket(number: number): KeyBucket {
    const known = this.#buckets[number];
    if (known !== undefined) return known;
    const row = this.#reader?.get(TREE_ROW_KIND.treeKeys, nodeKey(number));
    if (row === undefined) throw new MlsError('mls/corrupt-rows', { row: 'tree keys', bucket: number });
    const bucket = KeyBucket.decode(row);
    this.#buckets[number] = bucket;
    return bucket;
  }
}

function nodesOf(kind: KeyKind, values: readonly number[]): number[] {
  return values.filter((value) => (value & 1) === kind).map((value) => value >>> 1);
}

/** 32 bits that every byte of the key goes into: FNV-1a, and a last mixing because buckets use the low bits alone. */
function hashKey(key: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ (key[i] as number), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
