/** What the algorithms on trees read: a tree, or a tree as a staged change leaves it. */
import type { SignaturePublicKey } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import type { LeafNode } from './leaf-node.js';
import type { MemberCounts } from './member-counts.js';
import type { NodeBitmap } from './node-bitmap.js';
import type { ParentNode } from './parent-node.js';

/** A ratchet tree to look at (RFC 9420 section 4.1). Indices beyond the tree are blank. */
export interface TreeView {
  readonly suite: CipherSuite;
  /** Width: a power of two, blank leaves included. */
  readonly leafCount: number;
  /** Counts of members and of what they support. Not to be changed. */
  readonly counts: MemberCounts;
  /** Which nodes are not blank. Not to be changed. */
  readonly occupied: NodeBitmap;
  /** The leaf, or undefined where it is blank. */
  leaf(leafIndex: number): LeafNode | undefined;
  /** The parent, or undefined where it is blank. */
  parentNode(node: number): ParentNode | undefined;
  /** The encoding of a node, or undefined where it is blank. */
  encoded(node: number): Uint8Array | undefined;
  /** The HPKE public key of a node, or undefined where it is blank. */
  encryptionKey(node: number): Uint8Array | undefined;
  /** The tree hash of the subtree below a node (section 7.8), 32 bytes; to be used at once, not kept. */
  nodeHash(node: number): Uint8Array;
  /** The leaf that has this signature key. */
  leafIndexOf(signatureKey: Uint8Array): number | undefined;
  /** The node that has this encryption key; the leaf, where only leaves are looked at. */
  nodeOfEncryptionKey(encryptionKey: Uint8Array, among?: KeyHolders): number | undefined;
}

/** Which nodes a key is looked for in. */
export type KeyHolders = 'all' | 'leaves';

/** A tree under staged changes. */
export interface TreeBase extends TreeView {
  /** Goes up with every merge, so that a change staged over an earlier state is recognised. */
  readonly version: number;
  /** A member's signature key, imported and kept. Undefined where the leaf is blank. */
  signatureKeyHandle(leafIndex: number): SignaturePublicKey | undefined;
}
