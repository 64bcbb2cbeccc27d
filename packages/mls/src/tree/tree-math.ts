/**
 * Relations between nodes of a full binary tree kept in an array (RFC 9420 Appendix C): leaf n is node 2n, parents
 * have odd indices. Indices do not change when the tree grows or shrinks at its right edge.
 */

declare const leafIndexBrand: unique symbol;
declare const nodeIndexBrand: unique symbol;

/** Position among the leaves, from the left; a u32 on the wire. */
export type LeafIndex = number & { readonly [leafIndexBrand]: true };

/** Position among all nodes, in order. */
export type NodeIndex = number & { readonly [nodeIndexBrand]: true };

/** Widest tree that is accepted: a blank node costs one byte on the wire but hundreds of bytes and a hash in memory. */
export const MAX_LEAF_COUNT = 2 ** 20;

/** Names a number as a leaf index; whether the tree has that leaf is for the tree to say. */
export function leafIndex(value: number): LeafIndex {
  return value as LeafIndex;
}

/** Names a number as a node index. */
export function nodeIndex(value: number): NodeIndex {
  return value as NodeIndex;
}

/** The node of a leaf. */
export function leafToNode(leaf: LeafIndex): NodeIndex {
  return (2 * leaf) as NodeIndex;
}

/** The leaf at a node of level 0. */
export function nodeToLeaf(node: NodeIndex): LeafIndex {
  return (node >>> 1) as LeafIndex;
}

/** Whether the node is a leaf. */
export function isLeaf(node: NodeIndex): boolean {
  return (node & 1) === 0;
}

/** Height above the leaves: 0 for leaves, the number of trailing one bits otherwise. */
export function level(node: NodeIndex): number {
  return 31 - Math.clz32(~node & (node + 1));
}

/** Number of nodes of a tree with `leafCount` leaves. */
export function nodeCount(leafCount: number): number {
  return leafCount === 0 ? 0 : 2 * leafCount - 1;
}

/** Leaves of the smallest full tree that has at least `leaves` of them, and at least one. */
export function fullLeafCount(leaves: number): number {
  return leaves <= 1 ? 1 : 2 ** (32 - Math.clz32(leaves - 1));
}

/** The root of a full tree of `leafCount` leaves, a power of two. */
export function root(leafCount: number): NodeIndex {
  return (leafCount - 1) as NodeIndex;
}

/** The left child of a parent node. */
export function left(node: NodeIndex): NodeIndex {
  return (node ^ (1 << (level(node) - 1))) as NodeIndex;
}

/** The right child of a parent node. */
export function right(node: NodeIndex): NodeIndex {
  return (node ^ (3 << (level(node) - 1))) as NodeIndex;
}

/** The parent of a node that is not the root. */
export function parent(node: NodeIndex): NodeIndex {
  const height = level(node);
  return ((node | (1 << height)) & ~(1 << (height + 1))) as NodeIndex;
}

/** The other child of the node's parent; the node is not the root. */
export function sibling(node: NodeIndex): NodeIndex {
  return (node ^ (1 << (level(node) + 1))) as NodeIndex;
}

/** Ancestors of a node, from its parent to the root of a tree of `leafCount` leaves; empty for the root. */
export function directPath(node: NodeIndex, leafCount: number): NodeIndex[] {
  const top = root(leafCount);
  const path: NodeIndex[] = [];
  for (let at = node; at !== top; ) {
    at = parent(at);
    path.push(at);
  }
  return path;
}

/** Siblings of the node and of its ancestors below the root, from the bottom; as long as the direct path. */
export function copath(node: NodeIndex, leafCount: number): NodeIndex[] {
  const top = root(leafCount);
  const path: NodeIndex[] = [];
  for (let at = node; at !== top; at = parent(at)) path.push(sibling(at));
  return path;
}

/** Leaf indices below a node (itself, for a leaf): the first and the one after the last. */
export function leafRange(node: NodeIndex): { readonly first: number; readonly end: number } {
  const width = 1 << level(node);
  const first = (node - (width - 1)) >>> 1;
  return { first, end: first + width };
}

/** Whether `leaf` lies below `node` or is it. */
export function isAncestorOf(node: NodeIndex, leaf: LeafIndex): boolean {
  const { first, end } = leafRange(node);
  return first <= leaf && leaf < end;
}

/** The lowest node that is an ancestor of both leaves; the leaf's own node when they are the same. */
export function commonAncestor(a: LeafIndex, b: LeafIndex): NodeIndex {
  const height = 32 - Math.clz32(a ^ b);
  const first = (a >>> height) << height;
  return (2 * first + (1 << height) - 1) as NodeIndex;
}
