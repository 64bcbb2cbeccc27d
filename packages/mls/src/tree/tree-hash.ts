/** Tree hashes (RFC 9420 section 7.8): `TreeHashInput` of one node, given its encoding and its children's hashes. */
import { EMPTY_BYTES } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';

const NODE_TYPE_LEAF = 1;
const NODE_TYPE_PARENT = 2;
const HASH_LENGTH = 32;

// The parts of the input that are not there already, filled anew for each hash: a joiner makes two hashes per member.
const leafHead = Uint8Array.of(NODE_TYPE_LEAF, 0, 0, 0, 0, 0);
const BLANK_PARENT_HEAD = Uint8Array.of(NODE_TYPE_PARENT, 0);
const PARENT_HEAD = Uint8Array.of(NODE_TYPE_PARENT, 1);
/** `opaque left_hash<V>; opaque right_hash<V>`. */
const children = new Uint8Array(2 + 2 * HASH_LENGTH);
children[0] = HASH_LENGTH;
children[1 + HASH_LENGTH] = HASH_LENGTH;

/**
 * The tree hash of a leaf, 32 bytes.
 *
 * @param encoded - the LeafNode; undefined for a blank leaf
 */
export function leafNodeHash(suite: CipherSuite, leafIndex: number, encoded: Uint8Array | undefined): Uint8Array {
  for (let i = 0; i < 4; i++) leafHead[1 + i] = leafIndex >>> (24 - 8 * i);
  leafHead[5] = encoded === undefined ? 0 : 1;
  return suite.provider.hash('sha256', leafHead, encoded ?? EMPTY_BYTES);
}

/**
 * The tree hash of a parent, 32 bytes.
 *
 * @param encoded - the ParentNode; undefined for a blank parent
 * @param leftHash - 32 bytes, as `rightHash`
 */
export function parentNodeHash(
  suite: CipherSuite,
  encoded: Uint8Array | undefined,
  leftHash: Uint8Array,
  rightHash: Uint8Array,
): Uint8Array {
  children.set(leftHash, 1);
  children.set(rightHash, 2 + HASH_LENGTH);
  const { provider } = suite;
  if (encoded === undefined) return provider.hash('sha256', BLANK_PARENT_HEAD, children);
  return provider.hash('sha256', PARENT_HEAD, encoded, children);
}
