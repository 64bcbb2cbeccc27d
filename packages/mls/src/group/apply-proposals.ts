/**
 * Putting the proposals of a commit into effect on a staged tree (RFC 9420 section 12.3), with the checks that need
 * the tree. Cost: the changes, never the size of the group.
 */
import { encodeTls, equalBytes } from '@conclave/crypto';
import { isDefaultExtension } from '../code-points.js';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { requiredCapabilitiesOf, writeExtensions } from '../extension.js';
import { verifyKeyPackage } from '../key-package.js';
import type { ContextExtensions } from '../schedule/context-extensions-row.js';
import type { GroupContext } from '../schedule/group-context.js';
import { LEAF_NODE_SOURCE, type LeafNode } from '../tree/leaf-node.js';
import { type GroupDemands, validateLeafNode } from '../tree/leaf-validation.js';
import type { MemberCounts } from '../tree/member-counts.js';
import { validateMembers } from '../tree/member-validation.js';
import type { TreeDiff } from '../tree/tree-diff.js';
import { validateExtensions, validateReplacement } from '../validation/content-validation.js';
import { check, type ValidationPolicy, violation } from '../validation/policy.js';
import { leavesRemovedByRegistered, type SortedProposals, type SortedUpdate } from './proposal-rules.js';

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
  /** What is asked of the leaves that the commit brings. */
  readonly demands: GroupDemands;
}

/**
 * Applies the proposals in the order of section 12.3; removals by registered types go before the Remove proposals, their
 * changes of the context after all others.
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
  const { adds, updates, removes, registered } = proposals;
  const extensions = nextExtensions(context, proposals, policy);
  const extensionsChanged = extensions.rawExtensions !== context.rawExtensions;
  if (policy.asDeployed) checkRequired(proposals, diff.counts, policy);
  const demands = policy.asDeployed ? requirementsOf(context) : demandsOf(extensions);

  for (const update of updates) applyUpdate(suite, policy, diff, context, demands, update);
  const removedLeaves = [...leavesRemovedByRegistered(proposals), ...removes.map(({ leafIndex }) => leafIndex)];
  const removed = removedLeaves.map((leafIndex) => {
    const leafNode = memberLeaf(diff, leafIndex);
    diff.removeLeaf(leafIndex);
    return { leafIndex, leafNode };
  });
  // Those who go on are there now, and nobody else.
  for (const { definition } of registered) {
    const { type } = definition;
    check(policy, 'proposal-type-supported', () => diff.counts.allSupportProposal(type), { proposalType: type });
  }
  const added = adds.map(({ keyPackage }) => {
    verifyKeyPackage(suite, keyPackage, policy, undefined, demands);
    const { leafNode } = keyPackage;
    return { leafIndex: diff.addLeaf(leafNode), leafNode };
  });
  diff.checkUniqueKeys(policy);
  // New leaves were checked one by one; the others only when the demands changed.
  validateMembers(diff.counts, extensionsChanged && !policy.asDeployed ? demands : undefined, policy);
  return { added, removed, extensions, extensionsChanged, demands };
}

function demandsOf({ extensions }: ContextExtensions): GroupDemands {
  return { extensions, requiredCapabilities: requiredCapabilitiesOf(extensions) };
}

/** What the deployed engine asks of the leaves that a commit brings: what the context before it requires. */
function requirementsOf({ extensions }: GroupContext): GroupDemands {
  return { extensions: [], requiredCapabilities: requiredCapabilitiesOf(extensions) };
}

/** What the deployed engine asks of new extensions: they are listed, and the members before the commit support what is listed. */
function checkRequired({ contextExtensions }: SortedProposals, members: MemberCounts, policy: ValidationPolicy): void {
  if (contextExtensions === undefined) return;
  const required = requiredCapabilitiesOf(contextExtensions.extensions)?.extensions ?? [];
  for (const type of required) {
    check(policy, 'required-capabilities-supported', members.allSupportExtension(type), { extension: type });
  }
  for (const { type } of contextExtensions.extensions) {
    const isListed = isDefaultExtension(type) || required.includes(type);
    check(policy, 'context-extension-required', isListed, { type });
  }
}

function applyUpdate(
  suite: CipherSuite,
  policy: ValidationPolicy,
  diff: TreeDiff,
  { groupId }: GroupContext,
  demands: GroupDemands,
  { leafIndex, leafNode }: SortedUpdate,
): void {
  const before = memberLeaf(diff, leafIndex);
  const binding = { groupId, leafIndex };
  validateLeafNode(leafNode, { suite, policy, sources: [LEAF_NODE_SOURCE.update], binding, demands });
  const isNew = !equalBytes(before.encryptionKey, leafNode.encryptionKey);
  check(policy, 'update-new-leaf-key', isNew, { leafIndex });
  diff.updateLeaf(leafIndex, leafNode);
}

/** The extensions of the next context; the ones of this context, the same objects, when nothing changes them. */
function nextExtensions(
  { extensions: before, rawExtensions: rawBefore }: GroupContext,
  { contextExtensions, registered, place }: SortedProposals,
  policy: ValidationPolicy,
): ContextExtensions {
  const proposed = contextExtensions?.extensions ?? before;
  if (contextExtensions !== undefined) validateReplacement(before, proposed, policy);
  let extensions = proposed;
  for (const { definition, proposals } of registered) {
    extensions = definition.changeContext?.(proposals, extensions, place) ?? extensions;
  }
  if (extensions === before) return { extensions: before, rawExtensions: rawBefore };
  validateExtensions(extensions, 'group-context', policy);
  const received = extensions === proposed ? contextExtensions?.rawExtensions : undefined;
  return { extensions, rawExtensions: received ?? encodeTls(extensions, writeExtensions) };
}

/** The leaf of a member that a proposal names. */
function memberLeaf(diff: TreeDiff, leafIndex: number): LeafNode {
  const leaf = diff.leaf(leafIndex);
  if (leaf === undefined) throw violation('leaf-not-blank', { leafIndex });
  return leaf;
}
