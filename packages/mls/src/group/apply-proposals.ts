/**
 * Putting the proposals of a commit into effect on a staged tree (RFC 9420 section 12.3), with the checks that need
 * the tree. Cost: the changes, never the size of the group.
 */
import { encodeTls } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { requiredCapabilitiesOf, validateExtensions, writeExtensions } from '../extension.js';
import { verifyKeyPackage } from '../key-package.js';
import type { ContextExtensions } from '../schedule/context-extensions-row.js';
import type { GroupContext } from '../schedule/group-context.js';
import { LEAF_NODE_SOURCE, type LeafNode } from '../tree/leaf-node.js';
import { type GroupDemands, validateLeafNode } from '../tree/leaf-validation.js';
import { validateMembers } from '../tree/member-validation.js';
import type { TreeDiff } from '../tree/tree-diff.js';
import { type ValidationPolicy, violation } from '../validation/policy.js';
import type { SortedProposals } from './proposal-rules.js';

/** A leaf at its place. */
export interface PlacedLeaf {
  readonly leafIndex: number;
  readonly leafNode: LeafNode;
}

/** What the proposals of a commit changed. */
export interface AppliedProposals {
  /** In the order of the Add proposals. */
  readonly added: readonly PlacedLeaf[];
  /** As they were before. */
  readonly removed: readonly PlacedLeaf[];
  /** Of the next epoch. */
  readonly extensions: ContextExtensions;
  readonly extensionsChanged: boolean;
  /** What the group asks of its members in the next epoch. */
  readonly demands: GroupDemands;
}

/**
 * Applies the proposals in the order of section 12.3.
 *
 * @throws MlsError `mls/validation` with a rule on leaves, key packages, extensions or the tree
 */
export function applyProposals(
  suite: CipherSuite,
  policy: ValidationPolicy,
  diff: TreeDiff,
  context: GroupContext,
  proposals: SortedProposals,
): AppliedProposals {
  const { adds, updates, removes, contextExtensions } = proposals;
  const extensions = nextExtensions(context, contextExtensions);
  const demands = {
    extensions: extensions.extensions,
    requiredCapabilities: requiredCapabilitiesOf(extensions.extensions),
  };
  if (contextExtensions !== undefined) validateExtensions(extensions.extensions, 'group-context', policy);

  for (const { leafIndex, leafNode } of updates) {
    memberLeaf(diff, leafIndex);
    const binding = { groupId: context.groupId, leafIndex };
    validateLeafNode(leafNode, { suite, policy, sources: [LEAF_NODE_SOURCE.update], binding, demands });
    diff.updateLeaf(leafIndex, leafNode);
  }
  const removed = removes.map(({ leafIndex }) => {
    const leafNode = memberLeaf(diff, leafIndex);
    diff.removeLeaf(leafIndex);
    return { leafIndex, leafNode };
  });
  const added = adds.map(({ keyPackage }) => {
    verifyKeyPackage(suite, keyPackage, policy, undefined, demands);
    const { leafNode } = keyPackage;
    return { leafIndex: diff.addLeaf(leafNode), leafNode };
  });
  diff.checkUniqueKeys(policy);
  // New leaves were checked one by one; the others only when the demands changed.
  validateMembers(diff.counts, contextExtensions === undefined ? undefined : demands, policy);
  return { added, removed, extensions, extensionsChanged: contextExtensions !== undefined, demands };
}

function nextExtensions(context: GroupContext, proposal: SortedProposals['contextExtensions']): ContextExtensions {
  if (proposal === undefined) return { extensions: context.extensions, rawExtensions: context.rawExtensions };
  const { extensions, rawExtensions } = proposal;
  return { extensions, rawExtensions: rawExtensions ?? encodeTls(extensions, writeExtensions) };
}

/** The leaf of a member that a proposal names. */
function memberLeaf(diff: TreeDiff, leafIndex: number): LeafNode {
  const leaf = diff.leaf(leafIndex);
  if (leaf === undefined) throw violation('leaf-not-blank', { leafIndex });
  return leaf;
}
