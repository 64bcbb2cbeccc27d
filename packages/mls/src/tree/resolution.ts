/** Resolutions and filtered direct paths (RFC 9420 sections 4.1.1 and 4.1.2). */
import {
  directPath,
  isLeaf,
  type LeafIndex,
  leafIndex,
  leafToNode,
  left,
  level,
  type NodeIndex,
  right,
} from './tree-math.js';
import type { TreeView } from './tree-view.js';

/**
 * The resolution of a node: the non-blank nodes that together cover the members below it, in order.
 * Cost: the number of blank parents passed plus the length of the result.
 *
 * @param exclude - leaves to leave out: those added by the commit that is being made or processed
 * @param limit - give up beyond this many nodes
 * @returns undefined when there are more than `limit`
 */
export function resolution(tree: TreeView, node: NodeIndex, exclude?: ReadonlySet<number>): NodeIndex[];
export function resolution(
  tree: TreeView,
  node: NodeIndex,
  exclude: ReadonlySet<number> | undefined,
  limit: number,
): NodeIndex[] | undefined;
export function resolution(
  tree: TreeView,
  node: NodeIndex,
  exclude: ReadonlySet<number> = NO_LEAVES,
  limit = Number.POSITIVE_INFINITY,
): NodeIndex[] | undefined {
  const found: NodeIndex[] = [];
  const pending: NodeIndex[] = [node];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (!tree.occupied.has(at)) {
      if (isLeaf(at) || isSubtreeBlank(tree, at)) continue;
      pending.push(right(at), left(at));
      continue;
    }
    if (!isLeaf(at) || !exclude.has(at >>> 1)) found.push(at);
    if (!isLeaf(at)) {
      for (const leaf of tree.parentNode(at)?.unmergedLeaves ?? []) {
        if (!exclude.has(leaf)) found.push(leafToNode(leafIndex(leaf)));
      }
    }
    if (found.length > limit) return undefined;
  }
  return found;
}

const NO_LEAVES: ReadonlySet<number> = new Set();

/** Whether nothing below the node, nor the node itself, is set: its resolution is empty. */
export function isSubtreeBlank(tree: TreeView, node: NodeIndex): boolean {
  const reach = (1 << level(node)) - 1;
  return !tree.occupied.hasAny(node - reach, node + reach);
}

/** A node of a filtered direct path with its child on the copath. */
export interface FilteredPathNode {
  readonly node: NodeIndex;
  readonly copathChild: NodeIndex;
}

/** The ancestors of a leaf, from the bottom, without those whose child on the copath has an empty resolution. */
export function filteredDirectPath(tree: TreeView, leaf: LeafIndex): FilteredPathNode[] {
  const path: FilteredPathNode[] = [];
  let below = leafToNode(leaf);
  for (const node of directPath(below, tree.leafCount)) {
    const copathChild = below < node ? right(node) : left(node);
    if (!isSubtreeBlank(tree, copathChild)) path.push({ node, copathChild });
    below = node;
  }
  return path;
}
