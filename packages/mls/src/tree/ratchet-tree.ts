/**
 * The ratchet tree of a group (RFC 9420 sections 4 and 7): a full binary tree of leaves and shared keys. It changes
 * only by merging a `TreeDiff`. Opened over stored rows, it reads the nodes it is asked for.
 */
import { equalBytes, type SignaturePublicKey, TlsReader } from '@conclave/crypto';
import { BoundedCache } from '../bounded-cache.js';
import { byteString } from '../byte-string.js';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { asMlsError, decodeExactly, MlsError } from '../errors.js';
import type { RowChange, RowReader } from '../rows.js';
import { KEY_KIND, KeyIndex, type KeyKind } from './key-index.js';
import { type LeafNode, readLeafNode } from './leaf-node.js';
import { MemberCounts } from './member-counts.js';
import type { NodeBitmap } from './node-bitmap.js';
import { NodeStore } from './node-store.js';
import { type ParentNode, readParentNode } from './parent-node.js';
import { encodeTreeExtension, readTreeExtension } from './ratchet-tree-extension.js';
import { TreeDiff } from './tree-diff.js';
import { leafNodeHash, parentNodeHash } from './tree-hash.js';
import { isLeaf, left, nodeCount, nodeIndex, right, root } from './tree-math.js';
import { decodeTreeHeader, encodeTreeHeader, TREE_HEADER_KEY, TREE_ROW_KIND } from './tree-rows.js';
import type { KeyHolders, TreeBase } from './tree-view.js';

/** Decoded leaves kept at a time. */
const LEAF_CACHE = 1024;
/** Decoded parents kept at a time; with many unmerged leaves they are large. */
const PARENT_CACHE = 64;
/** Imported signature keys of members kept at a time. */
const KEY_CACHE = 512;

/** The rule that a second node with the same key breaks. */
const DUPLICATE_RULE = {
  [KEY_KIND.encryption]: 'unique-encryption-key',
  [KEY_KIND.signature]: 'unique-signature-key',
} as const;

/** A node whose key another node has as well, with the rule it breaks. */
export interface DuplicateKey {
  readonly rule: 'unique-encryption-key' | 'unique-signature-key';
  readonly node: number;
}

/** What merging a change replaced. */
export interface MergedChange {
  /** For each leaf that changed, what stood there before; undefined where it was blank. */
  readonly replacedLeaves: Map<number, LeafNode | undefined>;
}

/** The tree of one group in one epoch. */
export class RatchetTree implements TreeBase {
  readonly suite: CipherSuite;
  readonly counts: MemberCounts;
  readonly #store: NodeStore;
  readonly #keyIndex: KeyIndex;
  readonly #leaves = new BoundedCache<number, LeafNode>(LEAF_CACHE);
  readonly #parents = new BoundedCache<number, ParentNode>(PARENT_CACHE);
  readonly #keys = new BoundedCache<number, SignaturePublicKey>(KEY_CACHE);
  /** All leaves of a tree that is being joined. */
  #decoded: readonly LeafNode[] | undefined;
  #duplicate: DuplicateKey | undefined;
  #version = 0;
  #headerChanged: boolean;

  private constructor(suite: CipherSuite, store: NodeStore, counts: MemberCounts, keyIndex?: KeyIndex) {
    this.suite = suite;
    this.counts = counts;
    this.#store = store;
    this.#keyIndex = keyIndex ?? KeyIndex.create(store.leafCount);
    this.#headerChanged = keyIndex === undefined;
  }

  /** The tree of a group with one member. */
  static singleLeaf(suite: CipherSuite, leaf: LeafNode): RatchetTree {
    const counts = new MemberCounts();
    counts.add(leaf);
    const store = new NodeStore(1);
    store.set(0, leaf.raw);
    store.setHash(0, leafNodeHash(suite, 0, leaf.raw));
    const tree = new RatchetTree(suite, store, counts);
    tree.#indexKeys();
    return tree;
  }

  /**
   * A tree from the content of a ratchet_tree extension. The bytes are kept, and must not be changed afterwards.
   * Nothing but their form is verified: see `verifyJoinedTree`. Cost: the whole tree.
   * @throws MlsError `mls/malformed`
   */
  static fromExtension(suite: CipherSuite, bytes: Uint8Array): RatchetTree {
    const counts = new MemberCounts();
    const decoded: LeafNode[] = [];
    const { leafCount, places } = readTreeExtension(bytes, (leaf, leafIndex) => {
      counts.add(leaf);
      decoded[leafIndex] = leaf;
    });
    const store = new NodeStore(leafCount);
    store.adopt(bytes, places);
    for (let node = 0; node < nodeCount(leafCount); node += 2) {
      store.setHash(node, leafNodeHash(suite, node >>> 1, store.encoded(node)));
    }
    // Level by level: nodes of a level are two subtrees apart.
    for (let half = 1; half < leafCount; half *= 2) {
      for (let node = 2 * half - 1; node < nodeCount(leafCount); node += 4 * half) {
        const below = [left(nodeIndex(node)), right(nodeIndex(node))] as const;
        const hash = parentNodeHash(suite, store.encoded(node), store.hash(below[0]), store.hash(below[1]));
        store.setHash(node, hash);
      }
    }
    const tree = new RatchetTree(suite, store, counts);
    tree.#decoded = decoded;
    tree.#indexKeys();
    return tree;
  }

  /**
   * A tree over its stored rows; reads the header row only. Cost: one byte per eight nodes.
   * @throws MlsError `mls/corrupt-rows`
   */
  static open(suite: CipherSuite, reader: RowReader): RatchetTree {
    const row = reader.get(TREE_ROW_KIND.treeHeader, TREE_HEADER_KEY);
    if (row === undefined) throw new MlsError('mls/corrupt-rows', { row: 'tree header' });
    const { leafCount, bucketCount, occupied, counts } = decodeTreeHeader(row);
    const keyIndex = KeyIndex.open(reader, bucketCount);
    return new RatchetTree(suite, new NodeStore(leafCount, { reader, occupied }), counts, keyIndex);
  }

  /**
   * The same tree, to be changed apart from this one; of one from an extension that was changed by nobody. What is not changed is shared.
   * Cost: some fifty bytes a node, and no hashing.
   */
  copy(): RatchetTree {
    const counts = this.counts.with(new MemberCounts());
    const copy = new RatchetTree(this.suite, this.#store.copy(), counts, this.#keyIndex.copy());
    copy.#decoded = this.#decoded;
    copy.#duplicate = this.#duplicate;
    copy.#headerChanged = this.#headerChanged;
    return copy;
  }

  /** Width: a power of two, blank leaves included. */
  get leafCount(): number {
    return this.#store.leafCount;
  }

  get memberCount(): number {
    return this.counts.members;
  }

  get occupied(): NodeBitmap {
    return this.#store.occupied;
  }

  get version(): number {
    return this.#version;
  }

  leaf(leafIndex: number): LeafNode | undefined {
    // The index may come from the wire: beyond the width it must not reach the store, which has 32-bit positions.
    if (leafIndex >= this.leafCount) return undefined;
    const cached = this.#leaves.get(leafIndex);
    if (cached !== undefined) return cached;
    const leaf = this.#decodeLeaf(leafIndex);
    if (leaf !== undefined) this.#leaves.set(leafIndex, leaf);
    return leaf;
  }

  /** The members in order. Cost: the whole tree is read and decoded, without being kept decoded. */
  *leaves(): IterableIterator<{ readonly leafIndex: number; readonly leafNode: LeafNode }> {
    this.#store.loadAll();
    for (const node of this.occupied) {
      if ((node & 1) !== 0) continue;
      const leafNode = this.#decoded?.[node >>> 1] ?? this.#leaves.get(node >>> 1) ?? this.#decodeLeaf(node >>> 1);
      if (leafNode !== undefined) yield { leafIndex: node >>> 1, leafNode };
    }
  }

  leafIndexOf(signatureKey: Uint8Array): number | undefined {
    const node = this.#nodeOf(KEY_KIND.signature, signatureKey);
    return node === undefined ? undefined : node >>> 1;
  }

  nodeOfEncryptionKey(encryptionKey: Uint8Array, among: KeyHolders = 'all'): number | undefined {
    return this.#nodeOf(KEY_KIND.encryption, encryptionKey, among);
  }

  /** Lets go of the decoded leaves of a tree from an extension, which verifying it looks at more than once. */
  forgetDecodedLeaves(): void {
    this.#decoded = undefined;
  }

  /** For a tree from an extension: the first node whose key another node has as well. */
  duplicateKey(): DuplicateKey | undefined {
    return this.#duplicate;
  }

  /** A member's signature key, imported; kept for the members seen last. Undefined where the leaf is blank. */
  signatureKeyHandle(leafIndex: number): SignaturePublicKey | undefined {
    const cached = this.#keys.get(leafIndex);
    if (cached !== undefined) return cached;
    const leaf = this.leaf(leafIndex);
    if (leaf === undefined) return undefined;
    const handle = this.suite.provider.signaturePublicKey(leaf.signatureKey);
    this.#keys.set(leafIndex, handle);
    return handle;
  }

  parentNode(node: number): ParentNode | undefined {
    const cached = this.#parents.get(node);
    if (cached !== undefined) return cached;
    const encoded = this.encoded(node);
    if (encoded === undefined) return undefined;
    const parent = decodeExactly('ParentNode', encoded, readParentNode, 'mls/corrupt-rows');
    this.#parents.set(node, parent);
    return parent;
  }

  encoded(node: number): Uint8Array | undefined {
    return this.#store.encoded(node);
  }

  encryptionKey(node: number): Uint8Array | undefined {
    return ((node & 1) === 0 ? this.leaf(node >>> 1) : this.parentNode(node))?.encryptionKey;
  }

  nodeHash(node: number): Uint8Array {
    return this.#store.hash(node);
  }

  /** The tree hash of the group context, 32 bytes. */
  treeHash(): Uint8Array {
    return this.nodeHash(root(this.leafCount)).slice();
  }

  /** The content of the ratchet_tree extension. Cost: the whole tree. */
  encodeExtension(): Uint8Array {
    this.#store.loadAll();
    return encodeTreeExtension(this);
  }

  /** An empty change over this tree. */
  diff(): TreeDiff {
    return new TreeDiff(this);
  }

  /**
   * Makes a staged change the tree; other changes staged over the same state become stale. Cost: the change.
   * @throws MlsError `mls/stale-diff` when the change was made for another state or another tree
   */
  merge(diff: TreeDiff): MergedChange {
    if (diff.base !== this) throw new MlsError('mls/stale-diff');
    this.forgetDecodedLeaves();
    const { nodes, hashes, leafCount } = diff.changes();
    const replacedLeaves = new Map<number, LeafNode | undefined>();
    this.#keyIndex.resize(leafCount);
    for (const [node] of nodes) {
      this.#indexChange(KEY_KIND.encryption, node, this.encryptionKey(node), diff.encryptionKey(node));
      this.#parents.delete(node);
      if ((node & 1) === 0) this.#replaceLeaf(node >>> 1, diff, replacedLeaves);
    }
    this.#store.resize(leafCount);
    for (const [node, encoded] of nodes) if (node < nodeCount(leafCount)) this.#store.set(node, encoded);
    for (const [node, hash] of hashes) this.#store.setHash(node, hash);
    this.#headerChanged = true;
    this.#version++;
    return { replacedLeaves };
  }

  /** Rows that changed since the last call. */
  takeRows(): RowChange[] {
    const rows = [...this.#store.takeRows(), ...this.#keyIndex.takeRows()];
    if (this.#headerChanged || rows.length > 0) {
      const { leafCount, occupied, counts } = this;
      const value = encodeTreeHeader({ leafCount, bucketCount: this.#keyIndex.bucketCount, occupied, counts });
      rows.push({ kind: TREE_ROW_KIND.treeHeader, key: TREE_HEADER_KEY, value });
    }
    this.#headerChanged = false;
    return rows;
  }

  #decodeLeaf(leafIndex: number): LeafNode | undefined {
    const encoded = this.encoded(2 * leafIndex);
    return encoded && decodeExactly('LeafNode', encoded, readLeafNode, 'mls/corrupt-rows');
  }

  /** Exchanges a leaf in counts, index and caches, and notes what it was. */
  #replaceLeaf(leafIndex: number, diff: TreeDiff, replacedLeaves: Map<number, LeafNode | undefined>): void {
    const before = this.leaf(leafIndex);
    const after = diff.leaf(leafIndex);
    this.#leaves.delete(leafIndex);
    const keepsKey = before !== undefined && after !== undefined && equalBytes(before.signatureKey, after.signatureKey);
    if (!keepsKey) this.#keys.delete(leafIndex);
    this.#indexChange(KEY_KIND.signature, 2 * leafIndex, before?.signatureKey, after?.signatureKey);
    if (before !== undefined) this.counts.remove(before);
    if (after !== undefined) this.counts.add(after);
    // A leaf that came and went within the change replaced nothing.
    if (before !== undefined || after !== undefined) replacedLeaves.set(leafIndex, before);
  }

  /** Most nodes that a commit touches keep their key: those above a new leaf. */
  #indexChange(kind: KeyKind, node: number, before: Uint8Array | undefined, after: Uint8Array | undefined): void {
    if (before !== undefined && after !== undefined && equalBytes(before, after)) return;
    if (before !== undefined) this.#keyIndex.remove(kind, before, node);
    if (after !== undefined) this.#keyIndex.add(kind, after, node);
  }

  #nodeOf(kind: KeyKind, key: Uint8Array, among: KeyHolders = 'all'): number | undefined {
    const nodes = this.#keyIndex.find(kind, key);
    return this.#firstHolder(kind, key, among === 'all' ? nodes : nodes.filter((node) => isLeaf(nodeIndex(node))));
  }

  /** The first of these nodes that holds the key, not one that merely has the same hash. */
  #firstHolder(kind: KeyKind, key: Uint8Array, nodes: readonly number[]): number | undefined {
    let first: number | undefined;
    for (const node of nodes) {
      const encoded = this.encoded(node);
      const holds = encoded !== undefined && equalBytes(keyOf(encoded, kind), key);
      if (holds && (first === undefined || node < first)) first = node;
    }
    return first;
  }

  /**
   * Fills the index of a tree that is all in memory. Cost: the whole tree, whatever the keys are: who made it may have chosen them, equal or
   * with equal hashes, to have each compared with all before it.
   */
  #indexKeys(): void {
    const seen = { [KEY_KIND.encryption]: new Set<string>(), [KEY_KIND.signature]: new Set<string>() };
    const note = (kind: KeyKind, key: Uint8Array, node: number) => {
      this.#keyIndex.append(kind, key, node);
      const name = byteString(key);
      const isNew = seen[kind].size !== seen[kind].add(name).size;
      if (!isNew) this.#duplicate ??= { rule: DUPLICATE_RULE[kind], node };
    };
    for (const node of this.occupied) {
      const isLeaf = (node & 1) === 0;
      const leaf = isLeaf ? (this.#decoded?.[node >>> 1] ?? this.leaf(node >>> 1)) : undefined;
      const encryptionKey = leaf?.encryptionKey ?? this.encryptionKey(node);
      if (encryptionKey !== undefined) note(KEY_KIND.encryption, encryptionKey, node);
      if (leaf !== undefined) note(KEY_KIND.signature, leaf.signatureKey, node);
    }
  }
}

/** A key of an encoded node: both kinds of node begin with the encryption key, leaves go on with the signature key. */
function keyOf(encoded: Uint8Array, kind: KeyKind): Uint8Array {
  return asMlsError(
    'tree node',
    () => {
      const reader = new TlsReader(encoded);
      const encryptionKey = reader.opaque();
      return kind === KEY_KIND.encryption ? encryptionKey : reader.opaque();
    },
    'mls/corrupt-rows',
  );
}
