/** Tree hashes of a staged change: only the nodes above a change are hashed again (RFC 9420 section 7.8). */
import { leafNodeHash, parentNodeHash } from './tree-hash.js';
import { isLeaf, left, type NodeIndex, nodeCount, nodeIndex, nodeToLeaf, parent, right, root } from './tree-math.js';
import type { TreeView } from './tree-view.js';

/** Hashes that differ from those of the tree below, computed when asked for. */
export class StagedHashes {
  readonly #base: TreeView;
  readonly #staged: TreeView;
  readonly #hashes = new Map<number, Uint8Array>();
  /** Nodes whose hash is out of date. All ancestors of such a node are as well, or were never hashed. */
  readonly #stale = new Set<number>();
  /** Hashes of the base below this node still hold unless staged otherwise. */
  #baseNodes: number;

  constructor(base: TreeView, staged: TreeView) {
    this.#base = base;
    this.#staged = staged;
    this.#baseNodes = nodeCount(base.leafCount);
  }

  /** Notes that the content of a node changed. Cost: the ancestors not yet noted. */
  invalidate(node: NodeIndex): void {
    const top = root(this.#staged.leafCount);
    for (let at = node; !this.#stale.has(at); at = parent(at)) {
      this.#stale.add(at);
      if (at === top) return;
    }
  }

  /** Forgets everything beyond a smaller tree. Cost: the hashes staged so far. */
  truncate(leafCount: number): void {
    const count = nodeCount(leafCount);
    this.#baseNodes = Math.min(this.#baseNodes, count);
    for (const node of this.#hashes.keys()) if (node >= count) this.#hashes.delete(node);
    for (const node of this.#stale) if (node >= count) this.#stale.delete(node);
  }

  /** The tree hash of a node. Cost: the nodes below it whose hash is out of date. */
  get(node: NodeIndex): Uint8Array {
    if (!this.#stale.has(node)) {
      const staged = this.#hashes.get(node);
      if (staged !== undefined) return staged;
      if (node < this.#baseNodes) return this.#base.nodeHash(node);
    }
    const hash = this.#compute(node);
    this.#hashes.set(node, hash);
    this.#stale.delete(node);
    return hash;
  }

  /** Takes over a hash that was computed earlier. */
  restore(node: number, hash: Uint8Array): void {
    this.#hashes.set(node, hash);
    this.#stale.delete(node);
  }

  /** The hashes that differ from the base, in order of the nodes; that of the root has been asked for before. */
  entries(): [number, Uint8Array][] {
    return [...this.#hashes].sort(([a], [b]) => a - b);
  }

  #compute(node: NodeIndex): Uint8Array {
    const { suite } = this.#staged;
    const encoded = this.#staged.encoded(node);
    if (isLeaf(node)) return leafNodeHash(suite, nodeToLeaf(node), encoded);
    return parentNodeHash(suite, encoded, this.get(left(node)), this.get(nodeIndex(right(node))));
  }
}
