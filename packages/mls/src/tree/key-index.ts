/**
 * Which nodes hold which keys, so that uniqueness (RFC 9420 section 7.3) and the search for a member cost what is asked
 * and not the group. The index is a hash table whose buckets are rows: a tree opened over stored rows reads the buckets
 * of the keys it is asked for, and writes those of the keys that changed.
 *
 *     bucket row: u8 format, then entries of { first 8 bytes of SHA-256 of the key, u32 twice the node plus the kind }
 *
 * A hash stands for the key because members choose their keys: with the key itself, somebody could give thousands of
 * members keys that begin alike.
 */
import { concatBytes } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { MlsError } from '../errors.js';
import { nodeKey, type RowChange, type RowReader } from '../group/rows.js';
import { TREE_ROW_KIND } from './tree-rows.js';

/** What a key is for; the numbers are part of the storage format. */
export const KEY_KIND = { encryption: 0, signature: 1 } as const;

/** KEY_KIND values. */
export type KeyKind = (typeof KEY_KIND)[keyof typeof KEY_KIND];

const FORMAT = 1;
const HEAD_LENGTH = 1;
const HASH_LENGTH = 8;
const ENTRY_LENGTH = HASH_LENGTH + 4;

/** Leaves per bucket after a rebuild: up to 24 entries, about 300 bytes. */
const LEAVES_PER_BUCKET = 8;
/** Beyond twice, or below a quarter of that, the table is rebuilt, so that a tree at the edge of a width does not do it at every commit. */
const MAX_LEAVES_PER_BUCKET = 16;
const MIN_LEAVES_PER_BUCKET = 2;

const EMPTY_BUCKET: Uint8Array = Uint8Array.of(FORMAT);

/** Number of buckets for a tree that is built at once; a power of two. */
function bucketCountFor(leafCount: number): number {
  return Math.max(1, leafCount / LEAVES_PER_BUCKET);
}

/** A table from key to the nodes that hold it. */
export class KeyIndex {
  readonly #suite: CipherSuite;
  readonly #reader: RowReader | undefined;
  /** Buckets in memory, as their rows are. */
  #buckets: (Uint8Array | undefined)[];
  /** Rows that a larger table left behind are to be deleted up to here. */
  #storedCount: number;
  readonly #changed = new Set<number>();

  private constructor(suite: CipherSuite, reader: RowReader | undefined, buckets: (Uint8Array | undefined)[]) {
    this.#suite = suite;
    this.#reader = reader;
    this.#buckets = buckets;
    this.#storedCount = buckets.length;
  }

  /** An empty table for a tree of this width. */
  static create(suite: CipherSuite, leafCount: number): KeyIndex {
    const index = new KeyIndex(suite, undefined, Array(bucketCountFor(leafCount)).fill(EMPTY_BUCKET));
    for (let bucket = 0; bucket < index.bucketCount; bucket++) index.#changed.add(bucket);
    return index;
  }

  /** A table over its rows, of which none is read yet. */
  static open(suite: CipherSuite, reader: RowReader, bucketCount: number): KeyIndex {
    return new KeyIndex(suite, reader, Array(bucketCount).fill(undefined));
  }

  /** A power of two. */
  get bucketCount(): number {
    return this.#buckets.length;
  }

  /**
   * The nodes that hold a key, in no order. A node whose key merely has the same hash is among them, so the caller
   * compares. Cost: one hash and one bucket. @throws MlsError `mls/corrupt-rows`
   */
  find(kind: KeyKind, key: Uint8Array): number[] {
    const hash = this.#hash(key);
    return nodesWith(this.#bucket(this.#bucketOf(hash)), kind, hash);
  }

  /**
   * Notes that a node holds a key. Cost: one hash and one bucket.
   * @returns what `find` gave before
   * @throws MlsError `mls/corrupt-rows`
   */
  add(kind: KeyKind, key: Uint8Array, node: number): number[] {
    const entry = this.#entry(kind, key, node);
    const bucket = this.#bucketOf(entry);
    const bytes = this.#bucket(bucket);
    this.#set(bucket, concatBytes(bytes, entry));
    return nodesWith(bytes, kind, entry.subarray(0, HASH_LENGTH));
  }

  /** Forgets that a node holds a key. Cost: one hash and one bucket. @throws MlsError `mls/corrupt-rows` */
  remove(kind: KeyKind, key: Uint8Array, node: number): void {
    const entry = this.#entry(kind, key, node);
    const bucket = this.#bucketOf(entry);
    const bytes = this.#bucket(bucket);
    for (let at = HEAD_LENGTH; at < bytes.length; at += ENTRY_LENGTH) {
      if (!matches(bytes, at, entry)) continue;
      this.#set(bucket, concatBytes(bytes.subarray(0, at), bytes.subarray(at + ENTRY_LENGTH)));
      return;
    }
  }

  /** Fits the table to a tree of another width. Cost: nothing mostly; all buckets when the width changed a lot. */
  resize(leafCount: number): void {
    const perBucket = leafCount / this.bucketCount;
    const fits = perBucket <= MAX_LEAVES_PER_BUCKET && (perBucket >= MIN_LEAVES_PER_BUCKET || this.bucketCount === 1);
    if (fits) return;
    const entries = this.#buckets.map((_, bucket) => this.#bucket(bucket));
    this.#buckets = Array(bucketCountFor(leafCount)).fill(EMPTY_BUCKET);
    this.#storedCount = Math.max(this.#storedCount, this.bucketCount);
    for (let bucket = 0; bucket < this.#storedCount; bucket++) this.#changed.add(bucket);
    for (const bytes of entries) {
      for (let at = HEAD_LENGTH; at < bytes.length; at += ENTRY_LENGTH) {
        const entry = bytes.subarray(at, at + ENTRY_LENGTH);
        const bucket = this.#bucketOf(entry);
        this.#buckets[bucket] = concatBytes(this.#bucket(bucket), entry);
      }
    }
  }

  /** The buckets that changed since the last call; null for those that are no more. */
  takeRows(): RowChange[] {
    const rows = [...this.#changed].map(
      (bucket): RowChange => ({
        kind: TREE_ROW_KIND.treeKeys,
        key: nodeKey(bucket),
        value: this.#buckets[bucket] ?? null,
      }),
    );
    this.#changed.clear();
    this.#storedCount = this.bucketCount;
    return rows;
  }

  #hash(key: Uint8Array): Uint8Array {
    return this.#suite.provider.hash('sha256', key).subarray(0, HASH_LENGTH);
  }

  #entry(kind: KeyKind, key: Uint8Array, node: number): Uint8Array {
    const entry = new Uint8Array(ENTRY_LENGTH);
    entry.set(this.#hash(key));
    new DataView(entry.buffer).setUint32(HASH_LENGTH, 2 * node + kind);
    return entry;
  }

  #bucketOf(hash: Uint8Array): number {
    return readU32(hash, 0) & (this.bucketCount - 1);
  }

  #set(bucket: number, bytes: Uint8Array): void {
    this.#buckets[bucket] = bytes;
    this.#changed.add(bucket);
  }

  #bucket(bucket: number): Uint8Array {
    const known = this.#buckets[bucket];
    if (known !== undefined) return known;
    const row = this.#reader?.get(TREE_ROW_KIND.treeKeys, nodeKey(bucket));
    if (row === undefined || row[0] !== FORMAT || (row.length - HEAD_LENGTH) % ENTRY_LENGTH !== 0) {
      throw new MlsError('mls/corrupt-rows', { row: 'tree keys', bucket });
    }
    this.#buckets[bucket] = row;
    return row;
  }
}

function readU32(bytes: Uint8Array, at: number): number {
  const byte = (i: number) => bytes[at + i] as number;
  return ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> 0;
}

/** The nodes of a bucket's entries of this kind and hash. */
function nodesWith(bytes: Uint8Array, kind: KeyKind, hash: Uint8Array): number[] {
  const nodes: number[] = [];
  for (let at = HEAD_LENGTH; at < bytes.length; at += ENTRY_LENGTH) {
    if (!matches(bytes, at, hash)) continue;
    const value = readU32(bytes, at + HASH_LENGTH);
    if ((value & 1) === kind) nodes.push(value >>> 1);
  }
  return nodes;
}

/** Whether the bytes from `at` begin like `wanted`, a hash or a whole entry. */
function matches(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}
