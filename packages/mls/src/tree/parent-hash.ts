/** Parent hashes (RFC 9420 section 7.9): how the keys of parents are bound to the leaf whose commit set them. */
import { EMPTY_BYTES, encodeTls, equalBytes } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { LEAF_NODE_SOURCE } from './leaf-node.js';
import { encodeParentNode, hasUnmergedLeaf, type ParentNode, unmergedPosition } from './parent-node.js';
import { type FilteredPathNode, resolution } from './resolution.js';
import { leafNodeHash, parentNodeHash } from './tree-hash.js';
import { isLeaf, leafRange, left, type NodeIndex, nodeToLeaf, right } from './tree-math.js';
import type { TreeView } from './tree-view.js';

/** The hash of a ParentHashInput, 32 bytes. */
export function parentHash(
  suite: CipherSuite,
  encryptionKey: Uint8Array,
  parentHashAbove: Uint8Array,
  originalSiblingTreeHash: Uint8Array,
): Uint8Array {
  const input = encodeTls(undefined, (writer) =>
    writer.opaque(encryptionKey).opaque(parentHashAbove).opaque(originalSiblingTreeHash),
  );
  return suite.provider.hash('sha256', input);
}

/**
 * The tree hash that `sibling` had before the unmerged leaves of its parent were added: they are blanked and taken out
 * of every list of unmerged leaves below. Cost: constant when none of them is below `sibling`, otherwise their number
 * times the depth.
 */
export function originalSiblingTreeHash(
  tree: TreeView,
  sibling: NodeIndex,
  unmergedLeaves: readonly number[],
): Uint8Array {
  const { first, end } = leafRange(sibling);
  const from = unmergedPosition(unmergedLeaves, first);
  const to = unmergedPosition(unmergedLeaves, end);
  return hashWithout(tree, sibling, unmergedLeaves, from, to);
}

/** Tree hash of `node` without the leaves `removed[from..to]`, which all lie below it. */
function hashWithout(
  tree: TreeView,
  node: NodeIndex,
  removed: readonly number[],
  from: number,
  to: number,
): Uint8Array {
  if (from === to) return tree.nodeHash(node);
  if (isLeaf(node)) return leafNodeHash(tree.suite, nodeToLeaf(node), undefined);
  const split = unmergedPosition(removed, leafRange(right(node)).first);
  const parent = tree.parentNode(node);
  const encoded = parent && encodeParentNode(withoutLeaves(parent, removed));
  const leftHash = hashWithout(tree, left(node), removed, from, split);
  const rightHash = hashWithout(tree, right(node), removed, split, to);
  return parentNodeHash(tree.suite, encoded, leftHash, rightHash);
}

function withoutLeaves(parent: ParentNode, removed: readonly number[]): ParentNode {
  return { ...parent, unmergedLeaves: parent.unmergedLeaves.filter((leaf) => !hasUnmergedLeaf(removed, leaf)) };
}

/**
 * The `parent_hash` fields of the nodes of a path that was just set, none of which has unmerged leaves: computed from
 * the top down, so that each binds all above it.
 *
 * @returns the field of the leaf first, then that of each node of `path`; the last is empty
 */
export function pathParentHashes(
  tree: TreeView,
  path: readonly FilteredPathNode[],
  encryptionKeys: readonly Uint8Array[],
): Uint8Array[] {
  const fields: Uint8Array[] = [EMPTY_BYTES];
  let above = EMPTY_BYTES;
  for (let i = path.length - 1; i >= 0; i--) {
    const { copathChild } = path[i] as FilteredPathNode;
    above = parentHash(tree.suite, encryptionKeys[i] as Uint8Array, above, tree.nodeHash(copathChild));
    fields.push(above);
  }
  return fields.reverse();
}

/**
 * Whether a non-blank parent is bound by the `parent_hash` of a node below it (section 7.9.2). Its unmerged leaves are
 * sorted. Cost: one or two hashes, more where unmerged leaves have to be taken out.
 */
export function isParentHashValid(tree: TreeView, node: NodeIndex): boolean {
  const parent = tree.parentNode(node);
  if (parent === undefined) return false;
  return bindsFrom(tree, parent, left(node), right(node)) || bindsFrom(tree, parent, right(node), left(node));
}

/** Whether some node D in the resolution of `child` holds the hash of `parent` with copath child `sibling`. */
function bindsFrom(tree: TreeView, parent: ParentNode, child: NodeIndex, sibling: NodeIndex): boolean {
  const { first, end } = leafRange(child);
  const { unmergedLeaves } = parent;
  const unmergedBelow = unmergedPosition(unmergedLeaves, end) - unmergedPosition(unmergedLeaves, first);
  // The resolution must be D and the unmerged leaves below, nothing else.
  const nodes = resolution(tree, child, undefined, unmergedBelow + 1);
  if (nodes === undefined || nodes.length !== unmergedBelow + 1) return false;
  const others = nodes.filter((at) => !isLeaf(at) || !hasUnmergedLeaf(unmergedLeaves, nodeToLeaf(at)));
  const [descendant] = others;
  if (others.length !== 1 || descendant === undefined) return false;
  const stated = statedParentHash(tree, descendant);
  if (stated === undefined) return false;
  const original = originalSiblingTreeHash(tree, sibling, unmergedLeaves);
  return equalBytes(stated, parentHash(tree.suite, parent.encryptionKey, parent.parentHash, original));
}

function statedParentHash(tree: TreeView, node: NodeIndex): Uint8Array | undefined {
  if (!isLeaf(node)) return tree.parentNode(node)?.parentHash;
  const leaf = tree.leaf(nodeToLeaf(node));
  return leaf?.source === LEAF_NODE_SOURCE.commit ? leaf.parentHash : undefined;
}
