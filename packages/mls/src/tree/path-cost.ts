/**
 * What a commit with a path costs, and where a tree is cold. An inner node has a key only once a leaf below it has committed (RFC 9420
 * section 7.5): after many were added at once, a path is encrypted to each of them alone, and stays so until enough of them, spread over
 * the tree, have committed.
 */
import { filteredDirectPath, resolution } from './resolution.js';
import { type LeafIndex, leafRange, level, type NodeIndex } from './tree-math.js';
import type { TreeView } from './tree-view.js';

/** Leaves below which a node without a key of its own costs others little: paths into it are at most this many ciphertexts. */
export const COLD_SUBTREE_LEAVES = 32;
/** Leaves that a node may have added below it without sharing its key, before it counts as cold. */
export const COLD_UNMERGED_LEAVES = 16;

/** How a commit of a member stands to the tree. */
export interface PathCost {
  /** HPKE ciphertexts of a path, 84 bytes each. */
  readonly ciphertexts: number;
  /** The widest subtree around the leaf that a commit of it would give a key: leaves `first` to `end`, exclusive. */
  readonly coldSubtree: { readonly first: number; readonly end: number } | undefined;
}

/** Cost: linear in the ciphertexts, and in the depth of the tree. */
export function pathCost(tree: TreeView, leaf: LeafIndex): PathCost {
  const path = filteredDirectPath(tree, leaf);
  const ciphertexts = path.reduce((sum, { copathChild }) => sum + resolution(tree, copathChild).length, 0);
  const cold = path.findLast(({ node }) => 1 << level(node) >= COLD_SUBTREE_LEAVES && isCold(tree, node));
  return { ciphertexts, coldSubtree: cold && leafRange(cold.node) };
}

function isCold(tree: TreeView, node: NodeIndex): boolean {
  const parent = tree.parentNode(node);
  return parent === undefined || parent.unmergedLeaves.length > COLD_UNMERGED_LEAVES;
}
