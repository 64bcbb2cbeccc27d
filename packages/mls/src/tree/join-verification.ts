/** What a joiner verifies of the tree it was given (RFC 9420 section 12.4.3.1). */
import { equalBytes } from '@conclave/crypto';
import { type CipherSuite, PUBLIC_KEY_LENGTH } from '../crypto/cipher-suite.js';
import { type SignedStructure, verifyManyOnce } from '../crypto/verified-signatures.js';
import { check, refuse, type ValidationPolicy } from '../validation/policy.js';
import { LEAF_NODE_SOURCE, signedLeafNode } from './leaf-node.js';
import { type GroupDemands, validateLeafNode } from './leaf-validation.js';
import { validateMembers } from './member-validation.js';
import { isParentHashValid } from './parent-hash.js';
import { hasUnmergedLeaf, type ParentNode } from './parent-node.js';
import type { RatchetTree } from './ratchet-tree.js';
import { isLeaf, leafIndex, leafRange, left, type NodeIndex, nodeIndex, right } from './tree-math.js';

/** Handing signatures to threads and back takes as long as checking a few of them: in smaller groups they are checked here. */
const MIN_LEAVES_ON_THREADS = 4;

const ALL_SOURCES = Object.values(LEAF_NODE_SOURCE);

/**
 * Verifies a received tree: its hash, parent hashes, unmerged leaves, uniqueness of keys, and every leaf. The cheap
 * checks come first. Cost: one signature verification per member not seen before, and two to four hashes per node.
 * @throws MlsError `mls/validation`
 */
export function verifyJoinedTree(params: {
  readonly suite: CipherSuite;
  readonly tree: RatchetTree;
  readonly groupId: Uint8Array;
  /** The hash that the GroupContext states. */
  readonly treeHash: Uint8Array;
  /** What the GroupContext asks of leaves. */
  readonly demands?: GroupDemands;
  readonly policy: ValidationPolicy;
  /** Unix time, seconds; without it no lifetime is looked at. */
  readonly nowSeconds?: bigint | undefined;
  /** Leaves whose signatures are known to verify (`verifyLeafSignatures`). */
  readonly verifiedLeaves?: ReadonlySet<number> | undefined;
}): void {
  const { suite, tree, groupId, treeHash, demands, policy, nowSeconds, verifiedLeaves } = params;
  check(policy, 'tree-hash', equalBytes(tree.treeHash(), treeHash));
  verifyParents(tree, policy);
  const duplicate = tree.duplicateKey();
  if (duplicate !== undefined) refuse(policy, duplicate.rule, { node: duplicate.node });
  validateMembers(tree.counts, demands, policy);
  for (const { leafIndex, leafNode } of tree.leaves()) {
    validateLeafNode(leafNode, {
      ...{ suite, policy, demands, nowSeconds, sources: ALL_SOURCES },
      binding: { groupId, leafIndex },
      lifetimeRule: 'joined-leaf-lifetime',
      isSignatureVerified: verifiedLeaves?.has(leafIndex) ?? false,
    });
  }
}

/**
 * Checks the signatures of all leaves at once, on threads where the platform has them and the group is large enough for it to pay.
 * @returns the leaves whose signature verifies; the others are left to `verifyJoinedTree`
 */
export async function verifyLeafSignatures(
  suite: CipherSuite,
  tree: RatchetTree,
  groupId: Uint8Array,
): Promise<ReadonlySet<number>> {
  const leaves: number[] = [];
  const signed: SignedStructure[] = [];
  if (tree.counts.members < MIN_LEAVES_ON_THREADS) return new Set(leaves);
  for (const { leafIndex, leafNode } of tree.leaves()) {
    const structure = signedLeafNode(leafNode, { groupId, leafIndex });
    if (structure === undefined) continue;
    leaves.push(leafIndex);
    signed.push(structure);
  }
  const verdicts = await verifyManyOnce(suite, signed);
  return new Set(leaves.filter((_, i) => verdicts[i]));
}

/**
 * Verifies the parents of a tree: keys, unmerged leaves and parent hashes.
 * @throws MlsError `mls/validation` with `parent-key-length`, `unmerged-leaves-sorted`, `unmerged-leaf`, `parent-hash`
 */
export function verifyParents(tree: RatchetTree, policy: ValidationPolicy): void {
  const parents: NodeIndex[] = [];
  for (const node of tree.occupied) if ((node & 1) === 1) parents.push(nodeIndex(node));
  for (const node of parents) {
    const parent = tree.parentNode(node) as ParentNode;
    check(policy, 'parent-key-length', parent.encryptionKey.length === PUBLIC_KEY_LENGTH, { node });
    const sorted = parent.unmergedLeaves.every((leaf, i, all) => i === 0 || (all[i - 1] as number) < leaf);
    check(policy, 'unmerged-leaves-sorted', sorted, { node });
    for (const leaf of parent.unmergedLeaves)
      check(policy, 'unmerged-leaf', isUnmergedBelow(tree, node, leaf), { node });
  }
  // After all lists are known to be sorted, which the hashes rely on.
  for (const node of parents) check(policy, 'parent-hash', () => isParentHashValid(tree, node), { node });
}

/**
 * Whether an unmerged leaf of a parent exists below it and is listed by the next non-blank node on the way down. That
 * node's own entries are checked in turn, so that all nodes in between are covered without walking to the leaf.
 */
function isUnmergedBelow(tree: RatchetTree, node: NodeIndex, leaf: number): boolean {
  const { first, end } = leafRange(node);
  if (leaf < first || leaf >= end || !tree.occupied.has(2 * leaf)) return false;
  for (let at = childTowards(node, leaf); !isLeaf(at); at = childTowards(at, leaf)) {
    const parent = tree.parentNode(at);
    if (parent !== undefined) return hasUnmergedLeaf(parent.unmergedLeaves, leaf);
  }
  return true;
}

function childTowards(node: NodeIndex, leaf: number): NodeIndex {
  return 2 * leafIndex(leaf) < node ? left(node) : right(node);
}
