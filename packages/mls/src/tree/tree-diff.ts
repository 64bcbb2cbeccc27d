/**
 * A change to a tree, staged over it (RFC 9420 sections 7.4 and 7.7): add, update and remove leaves, set a path. The
 * tree below stays as it is until the change is merged. Cost of each operation: the nodes it changes, plus the hashes
 * above them when the tree hash is asked for.
 */

import { equalBytes } from '@conclave/crypto';
import { byteString } from '../byte-string.js';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { decodeExactly, MlsError } from '../errors.js';
import { refuse, type ValidationPolicy, violation } from '../validation/policy.js';
import { type LeafNode, readLeafNode } from './leaf-node.js';
import { MemberCounts } from './member-counts.js';
import type { NodeBitmap } from './node-bitmap.js';
import { encodeParentNode, type ParentNode, readParentNode, unmergedPosition } from './parent-node.js';
import { StagedHashes } from './staged-hashes.js';
import { type TouchedKeysOfAll, touchedKeys } from './touched-keys.js';
import { decodeTreeChanges, encodeTreeChanges, type TreeChanges } from './tree-changes.js';
import {
  directPath,
  fullLeafCount,
  isLeaf,
  type LeafIndex,
  leafIndex,
  leafToNode,
  MAX_LEAF_COUNT,
  type NodeIndex,
  nodeCount,
  nodeIndex,
  root,
} from './tree-math.js';
import type { KeyHolders, TreeBase, TreeView } from './tree-view.js';

/** A parent that this change set; its encoding is made when it is asked for. */
interface StagedParent extends ParentNode {
  readonly unmergedLeaves: number[];
  encoded: Uint8Array | undefined;
}

/** A node of a new path. */
export interface PathNode {
  readonly node: NodeIndex;
  readonly encryptionKey: Uint8Array;
  readonly parentHash: Uint8Array;
}

/** A staged change. `RatchetTree.merge` makes it the tree. */
export class TreeDiff implements TreeView {
  readonly suite: CipherSuite;
  /** The tree that is changed. */
  readonly base: TreeBase;
  readonly #baseVersion: number;
  #leafCount: number;
  /** Nodes of the base beyond the smallest width so far are gone, even if the tree has grown again. */
  #keptLeafCount: number;
  readonly #occupied: NodeBitmap;
  readonly #countsChange = new MemberCounts();
  #counts: MemberCounts | undefined;
  readonly #leaves = new Map<number, LeafNode>();
  readonly #parents = new Map<number, StagedParent>();
  readonly #touched = new Set<number>();
  readonly #hashes: StagedHashes;
  /** All leaves before this one are occupied. */
  #firstBlank = 0;
  #touchedKeys: TouchedKeysOfAll | undefined;

  /** An empty change. Cost: a copy of one bit per node. */
  constructor(base: TreeBase) {
    this.suite = base.suite;
    this.base = base;
    this.#baseVersion = base.version;
    this.#leafCount = base.leafCount;
    this.#keptLeafCount = base.leafCount;
    this.#occupied = base.occupied.clone();
    this.#hashes = new StagedHashes(base, this);
  }

  get leafCount(): number {
    return this.#leafCount;
  }

  get occupied(): NodeBitmap {
    return this.#occupied;
  }

  /** Members after the change. */
  get memberCount(): number {
    return this.base.counts.members + this.#countsChange.members;
  }

  /** Counts after the change. Cost: the number of distinct types in the group's capabilities. */
  get counts(): MemberCounts {
    this.#counts ??= this.base.counts.with(this.#countsChange);
    return this.#counts;
  }

  leaf(index: number): LeafNode | undefined {
    // The index may come from the wire: beyond the width it must not reach the bitmap, which has 32-bit positions.
    return index < this.#leafCount ? this.#leafAt(index) : undefined;
  }

  parentNode(node: number): ParentNode | undefined {
    if (!this.#occupied.has(node)) return undefined;
    return this.#parents.get(node) ?? this.base.parentNode(node);
  }

  encoded(node: number): Uint8Array | undefined {
    if (!this.#occupied.has(node)) return undefined;
    if (isLeaf(nodeIndex(node))) return this.#leaves.get(node >>> 1)?.raw ?? this.base.encoded(node);
    const staged = this.#parents.get(node);
    if (staged === undefined) return this.base.encoded(node);
    staged.encoded ??= encodeParentNode(staged);
    return staged.encoded;
  }

  encryptionKey(node: number): Uint8Array | undefined {
    return (isLeaf(nodeIndex(node)) ? this.leaf(node >>> 1) : this.parentNode(node))?.encryptionKey;
  }

  nodeHash(node: number): Uint8Array {
    return this.#hashes.get(nodeIndex(node));
  }

  /** Tree hash after the change, 32 bytes. Cost: the changed nodes and those above them. */
  treeHash(): Uint8Array {
    return this.nodeHash(root(this.#leafCount)).slice();
  }

  leafIndexOf(signatureKey: Uint8Array): number | undefined {
    const staged = this.#keysOfTouched().signature.get(byteString(signatureKey));
    if (staged !== undefined) return staged >>> 1;
    const index = this.base.leafIndexOf(signatureKey);
    return index === undefined || this.#touched.has(2 * index) ? undefined : index;
  }

  nodeOfEncryptionKey(encryptionKey: Uint8Array, among: KeyHolders = 'all'): number | undefined {
    const touched = this.#keysOfTouched();
    const staged = (among === 'all' ? touched : touched.leaves).encryption.get(byteString(encryptionKey));
    if (staged !== undefined) return staged;
    const node = this.base.nodeOfEncryptionKey(encryptionKey, among);
    return node === undefined || this.#touched.has(node) ? undefined : node;
  }

  /** Where the next leaf would be added: the leftmost blank leaf, which may be the first beyond the tree. */
  nextLeafIndex(): LeafIndex {
    this.#firstBlank = this.#occupied.firstBlankLeaf(this.#firstBlank);
    return leafIndex(this.#firstBlank);
  }

  /**
   * Adds a leaf at the leftmost blank place, widening the tree if there is none, and notes it as unmerged above
   * (section 12.1.1). Amortised cost: the depth, and the length of the unmerged lists.
   * @throws MlsError `mls/validation` with rule `tree-width`
   */
  addLeaf(leaf: LeafNode): LeafIndex {
    const index = this.nextLeafIndex();
    this.widenFor(index);
    this.#setLeaf(index, leaf);
    for (const node of directPath(leafToNode(index), this.#leafCount)) {
      if (!this.#occupied.has(node)) continue;
      const staged = this.#stageParent(node);
      staged.unmergedLeaves.splice(unmergedPosition(staged.unmergedLeaves, index), 0, index);
      staged.encoded = undefined;
    }
    return index;
  }

  /**
   * Replaces a leaf and blanks the nodes above it (section 12.1.2).
   * @throws MlsError `mls/validation` with rule `leaf-not-blank`
   */
  updateLeaf(index: number, leaf: LeafNode): void {
    this.#requireLeaf(index);
    this.#setLeaf(index, leaf);
    this.#blankAbove(index);
  }

  /**
   * Removes a leaf, blanks the nodes above it and shrinks the tree while its right half is empty (section 12.1.3).
   * @throws MlsError `mls/validation` with rule `leaf-not-blank`
   */
  removeLeaf(index: number): void {
    this.#requireLeaf(index);
    this.#setLeaf(index, undefined);
    this.#blankAbove(index);
    this.#firstBlank = Math.min(this.#firstBlank, index);
    const needed = fullLeafCount(this.#occupied.lastLeaf() + 1);
    if (needed < this.#leafCount) this.#truncate(needed);
  }

  /**
   * Sets a new path (section 7.5): the committer's leaf, the given nodes above it, all others above it blank. The leaf
   * may be a new one, of an external commit.
   */
  setPath(index: number, leaf: LeafNode, path: readonly PathNode[]): void {
    this.widenFor(index);
    this.#setLeaf(index, leaf);
    this.#blankAbove(index);
    for (const { node, encryptionKey, parentHash } of path) {
      this.#parents.set(node, { encryptionKey, parentHash, unmergedLeaves: [], encoded: undefined });
      this.#occupied.add(node);
      this.#touch(node);
    }
  }

  /** Widens the tree until it has that leaf. @throws MlsError `mls/validation` with rule `tree-width` */
  widenFor(index: number): void {
    const needed = fullLeafCount(index + 1);
    if (needed > MAX_LEAF_COUNT) throw violation('tree-width', { leafIndex: index });
    this.#leafCount = Math.max(this.#leafCount, needed);
  }

  /** Whether the content of a node changed. */
  isTouched(node: number): boolean {
    return this.#touched.has(node);
  }

  /**
   * Checks that no key of a changed node is in the tree twice (section 7.3). The deployed engine looks at leaves alone, and at the path by
   * itself. Cost: the changed nodes.
   * @throws MlsError `mls/validation` with rule `unique-signature-key` or `unique-encryption-key`
   */
  checkUniqueKeys(policy: ValidationPolicy): void {
    const among = policy.asDeployed ? 'leaves' : 'all';
    const touched = this.#keysOfTouched();
    const { duplicate } = policy.asDeployed ? touched.leaves : touched;
    if (duplicate !== undefined) refuse(policy, duplicate.rule, { node: duplicate.node });
    for (const node of this.#touched) {
      if (among === 'leaves' && !isLeaf(nodeIndex(node))) continue;
      const encryptionKey = this.encryptionKey(node);
      if (encryptionKey === undefined) continue;
      const holder = this.base.nodeOfEncryptionKey(encryptionKey, among);
      if (holder !== undefined && !this.#touched.has(holder)) refuse(policy, 'unique-encryption-key', { node, holder });
      const leaf = isLeaf(nodeIndex(node)) ? this.leaf(node >>> 1) : undefined;
      const owner = leaf && this.base.leafIndexOf(leaf.signatureKey);
      if (owner !== undefined && !this.#touched.has(2 * owner)) refuse(policy, 'unique-signature-key', { node, owner });
    }
  }

  /**
   * The change as data, tree hashes included.
   * @throws MlsError `mls/stale-diff` when the base was changed since
   */
  changes(): TreeChanges {
    if (this.base.version !== this.#baseVersion) throw new MlsError('mls/stale-diff');
    this.treeHash();
    return {
      baseTreeHash: this.base.nodeHash(root(this.base.leafCount)).slice(),
      ...{ leafCount: this.#leafCount, keptLeafCount: this.#keptLeafCount },
      nodes: [...this.#touched].sort((a, b) => a - b).map((node) => [node, this.encoded(node)] as const),
      hashes: this.#hashes.entries(),
    };
  }

  /** The change for storage; `TreeDiff.decode` gives it back over the same tree. @throws MlsError `mls/stale-diff` */
  encode(): Uint8Array {
    return encodeTreeChanges(this.changes());
  }

  /**
   * A stored change over the tree it was made for.
   * @throws MlsError `mls/stale-diff` over another tree, `mls/corrupt-rows`
   */
  static decode(base: TreeBase, bytes: Uint8Array): TreeDiff {
    const changes = decodeTreeChanges(bytes);
    if (!equalBytes(changes.baseTreeHash, base.nodeHash(root(base.leafCount)))) throw new MlsError('mls/stale-diff');
    const diff = new TreeDiff(base);
    diff.#leafCount = changes.leafCount;
    if (changes.keptLeafCount < base.leafCount) diff.#truncateTo(changes.keptLeafCount);
    for (const [node, encoded] of changes.nodes) diff.#restore(nodeIndex(node), encoded);
    for (const [node, hash] of changes.hashes) diff.#hashes.restore(node, hash);
    return diff;
  }

  #restore(node: NodeIndex, encoded: Uint8Array | undefined): void {
    if (encoded !== undefined && node >= nodeCount(this.#leafCount)) {
      throw new MlsError('mls/corrupt-rows', { structure: 'staged tree changes', node });
    }
    if (isLeaf(node)) {
      const leaf = encoded && decodeExactly('LeafNode', encoded, readLeafNode, 'mls/corrupt-rows');
      this.#setLeaf(node >>> 1, leaf);
      return;
    }
    this.#parents.delete(node);
    if (encoded === undefined) {
      this.#occupied.delete(node);
    } else {
      const parent = decodeExactly('ParentNode', encoded, readParentNode, 'mls/corrupt-rows');
      this.#parents.set(node, { ...parent, unmergedLeaves: [...parent.unmergedLeaves], encoded });
      this.#occupied.add(node);
    }
    this.#touch(node);
  }

  #requireLeaf(index: number): void {
    if (this.leaf(index) === undefined) throw violation('leaf-not-blank', { leafIndex: index });
  }

  #touch(node: number): void {
    this.#touched.add(node);
    this.#touchedKeys = undefined;
    if (node < nodeCount(this.#leafCount)) this.#hashes.invalidate(nodeIndex(node));
  }

  #leafAt(index: number): LeafNode | undefined {
    if (!this.#occupied.has(2 * index)) return undefined;
    return this.#leaves.get(index) ?? this.base.leaf(index);
  }

  #setLeaf(index: number, leaf: LeafNode | undefined): void {
    const before = this.#leafAt(index);
    this.#counts = undefined;
    if (before !== undefined) this.#countsChange.remove(before);
    if (leaf === undefined) {
      this.#leaves.delete(index);
      this.#occupied.delete(2 * index);
    } else {
      this.#countsChange.add(leaf);
      this.#leaves.set(index, leaf);
      this.#occupied.add(2 * index);
    }
    this.#touch(2 * index);
  }

  #stageParent(node: NodeIndex): StagedParent {
    let staged = this.#parents.get(node);
    if (staged === undefined) {
      const parent = this.base.parentNode(node) as ParentNode;
      staged = { ...parent, unmergedLeaves: [...parent.unmergedLeaves], encoded: undefined };
      this.#parents.set(node, staged);
    }
    this.#touch(node);
    return staged;
  }

  #blankAbove(index: number): void {
    for (const node of directPath(leafToNode(leafIndex(index)), this.#leafCount)) {
      if (this.#occupied.has(node)) this.#blankParent(node);
    }
  }

  #blankParent(node: number): void {
    this.#parents.delete(node);
    this.#occupied.delete(node);
    this.#touch(node);
  }

  #truncate(leafCount: number): void {
    // In a valid tree nothing is left there, but a tree that was not validated may have parents without leaves.
    for (let node = nodeCount(leafCount); node < nodeCount(this.#leafCount); node++) {
      if (this.#occupied.has(node)) this.#blankParent(node);
    }
    this.#leafCount = leafCount;
    this.#truncateTo(leafCount);
  }

  /** Lets go of what was known of nodes beyond a width that the tree once shrank to. */
  #truncateTo(leafCount: number): void {
    this.#keptLeafCount = Math.min(this.#keptLeafCount, leafCount);
    this.#hashes.truncate(leafCount);
  }

  #keysOfTouched(): TouchedKeysOfAll {
    this.#touchedKeys ??= touchedKeys(this, this.#touched);
    return this.#touchedKeys;
  }
}
