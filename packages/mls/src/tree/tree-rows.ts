/**
 * How a tree is kept as rows: a header and one row per node, so that a commit writes the nodes it changed and a
 * message reads the one leaf of its sender. Hashes and the index of keys are stored and never computed again on loading.
 *
 * | kind | key | value |
 * | ---- | --- | ----- |
 * | treeHeader | empty | u8 format, u32 leaf count, u32 buckets of the key index, opaque<V> bitmap of non-blank nodes, counts<V> (`member-counts.ts`) |
 * | treeNode | u32 node index | 32 bytes of tree hash, then the encoded LeafNode or ParentNode; nothing for a blank node |
 * | treeKeys | u32 bucket | entries of the key index (`key-index.ts`) |
 */
import { EMPTY_BYTES, type TlsReader, TlsWriter } from '@conclave/crypto';
import { decodeExactly, MlsError } from '../errors.js';
import { MemberCounts } from './member-counts.js';
import { NodeBitmap } from './node-bitmap.js';
import { nodeCount } from './tree-math.js';
import { readTreeWidth } from './tree-width.js';

/** Row kinds of the tree, from the range 16 to 31 of `rows.ts`. */
export const TREE_ROW_KIND = { treeHeader: 16, treeNode: 17, treeKeys: 18 } as const;

/** Key of the one header row. */
export const TREE_HEADER_KEY: Uint8Array = EMPTY_BYTES;

const FORMAT = 2;

/** What is known of a tree without reading its nodes. */
export interface TreeHeader {
  readonly leafCount: number;
  /** Of the key index; a power of two. */
  readonly bucketCount: number;
  readonly occupied: NodeBitmap;
  readonly counts: MemberCounts;
}

/** Encodes the header row. Cost: one byte per eight nodes. */
export function encodeTreeHeader({ leafCount, bucketCount, occupied, counts }: TreeHeader): Uint8Array {
  const writer = new TlsWriter(256)
    .u8(FORMAT)
    .u32(leafCount)
    .u32(bucketCount)
    .opaque(occupied.encode(nodeCount(leafCount)));
  counts.write(writer);
  return writer.finish();
}

/** Decodes the header row. @throws MlsError `mls/corrupt-rows` */
export function decodeTreeHeader(bytes: Uint8Array): TreeHeader {
  return decodeExactly('tree header row', bytes, readTreeHeader, 'mls/corrupt-rows');
}

function readTreeHeader(reader: TlsReader): TreeHeader {
  const format = reader.u8();
  const leafCount = readTreeWidth(reader, 'tree header');
  const bucketCount = reader.u32();
  const bitmap = reader.opaque();
  const fits = bitmap.length === (nodeCount(leafCount) + 7) >>> 3 && isBucketCount(bucketCount, leafCount);
  if (format !== FORMAT || !fits) {
    throw new MlsError('mls/corrupt-rows', { row: 'tree header', format, leafCount });
  }
  const occupied = NodeBitmap.decode(bitmap);
  const counts = MemberCounts.read(reader);
  const isBeyond = occupied.hasAny(nodeCount(leafCount), 8 * bitmap.length - 1);
  if (isBeyond || counts.members !== occupied.countLeaves()) {
    throw new MlsError('mls/corrupt-rows', { row: 'tree header', members: counts.members });
  }
  return { leafCount, bucketCount, occupied, counts };
}

/** A power of two, and no more than there are leaves. */
function isBucketCount(count: number, leafCount: number): boolean {
  return count >= 1 && count <= leafCount && (count & (count - 1)) === 0;
}

/** A node row. */
export function encodeTreeNodeRow(hash: Uint8Array, encoded: Uint8Array | undefined): Uint8Array {
  const row = new Uint8Array(hash.length + (encoded?.length ?? 0));
  row.set(hash);
  if (encoded !== undefined) row.set(encoded, hash.length);
  return row;
}
