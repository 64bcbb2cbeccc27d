/** Tree hashes (RFC 9420 section 7.8): `TreeHashInput` of one node, given its encoding and its children's hashes. */
import { EMPTY_BYTES, TlsWriter } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';

const NODE_TYPE_LEAF = 1;
const NODE_TYPE_PARENT = 2;

/**
 * The tree hash of a leaf, 32 bytes.
 *
 * @param encoded - the LeafNode; undefined for a blank leaf
 */
export function leafNodeHash(suite: CipherSuite, leafIndex: number, encoded: Uint8Array | undefined): Uint8Array {
  const head = new TlsWriter(6)
    .u8(NODE_TYPE_LEAF)
    .u32(leafIndex)
    .u8(encoded === undefined ? 0 : 1);
  return suite.provider.hash('sha256', head.finish(), encoded ?? EMPTY_BYTES);
}

/**
 * The tree hash of a parent, 32 bytes.
 *
 * @param encoded - the ParentNode; undefined for a blank parent
 */
export function parentNodeHash(
  suite: CipherSuite,
  encoded: Uint8Array | undefined,
  leftHash: Uint8Array,
  rightHash: Uint8Array,
): Uint8Array {
  const writer = new TlsWriter(72 + (encoded?.length ?? 0)).u8(NODE_TYPE_PARENT).u8(encoded === undefined ? 0 : 1);
  if (encoded !== undefined) writer.raw(encoded);
  return suite.provider.hash('sha256', writer.opaque(leftHash).opaque(rightHash).finish());
}
