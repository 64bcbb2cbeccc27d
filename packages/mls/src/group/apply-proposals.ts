/**
 * Putting the proposals of a commit into effect on a staged tree (RFC 9420 section 12.3), with the checks that need
 * the tree. Cost: the changes, never the size of the group.
 */
import { encodeTls } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { requiredCapabilitiesOf, validateExtensions, writeExtensions } from '../extension.js';
import { type KeyPackage, verifyKeyPackage } from '../key-package.js';
import type { GroupContext } from '../schedule/group-context.js';
import { LEAF_NODE_SOURCE, type LeafNode } from '../tree/leaf-node.js';
import { type GroupDemands, validateLeafNode } from '../tree/leaf-validation.js';
import type { TreeDiff } from '../tree/tree-diff.js';
import { check, type ValidationPolicy } from '../validation/policy.js';
import type { ContextExtensions } from '../schedule/context-extensions-row.js';
import type { SortedProposals } from './proposal-rules.js';

/** A leaf at its place. */
export interface PlacedLeaf {
  readonly leafIndex: number;
  readonly leafNode: LeafNode;
}

/** A new member with the key package it came from. */
export interface AddedLeaf extends PlacedLeaf {
  readonly keyPackage: KeyPackage;
}

/** What the proposals of a commit changed. */
export interface AppliedProposals {
  readonly added: readonly AddedLeaf[];
  /** As they were before. */
  readonly removed: readonly PlacedLeaf[];
  /** Of the next epoch. */
  readonly extensions: ContextExtensions;
  readonly extensionsChanged: boolean;
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
  const demands = { extensions: extensions.extensions, requiredCapabilities: requiredCapabilitiesOf(extensions.extensions) };
  if (contextExtensions !== undefined) validateExtensions(extensions.extensions, 'group-context', policy);

  for (const { leafIndex, leafNode } of updates) {
    const binding = { groupId: context.groupId, leafIndex };
    validateLeafNode(leafNode, { suite, policy, sources: [LEAF_NODE_SOURCE.update], binding, demands });
    diff.updateLeaf(leafIndex, leafNode);
  }
  const removed = removes.map(({ leafIndex }) => {
    const leafNode = diff.leaf(leafIndex);
    diff.removeLeaf(leafIndex);
    return { leafIndex, leafNode: leafNode as LeafNode };
  });
  const added = adds.map(({ keyPackage }) => {
    verifyKeyPackage(suite, keyPackage, policy, undefined, demands);
    const { leafNode } = keyPackage;
    return { leafIndex: diff.addLeaf(leafNode), leafNode, keyPackage };
  });
  checkMembers(diff, policy, contextExtensions === undefined ? undefined : demands);
  return { added, removed, extensions, extensionsChanged: contextExtensions !== undefined };
}

function nextExtensions(
  context: GroupContext,
  proposal: SortedProposals['contextExtensions'],
): ContextExtensions {
  if (proposal === undefined) return { extensions: context.extensions, rawExtensions: context.rawExtensions };
  const { extensions, rawExtensions } = proposal;
  return { extensions, rawExtensions: rawExtensions ?? encodeTls(extensions, writeExtensions) };
}

/** What must hold for all members together: no key twice, all credentials understood, all demands met. */
function checkMembers(diff: TreeDiff, policy: ValidationPolicy, newDemands: GroupDemands | undefined): void {
  diff.checkUniqueKeys(policy);
  const { counts } = diff;
  for (const type of counts.credentialTypesInUse()) {
    check(policy, 'credential-types-supported', counts.allSupportCredential(type), { credential: type });
  }
  if (newDemands === undefined) return;
  for (const { type } of newDemands.extensions) {
    check(policy, 'leaf-group-extensions', counts.allSupportExtension(type), { type });
  }
  const required = newDemands.requiredCapabilities;
  for (const type of required?.extensions ?? []) {
    check(policy, 'leaf-required-capabilities', counts.allSupportExtension(type), { extension: type });
  }
  for (const type of required?.proposals ?? []) {
    check(policy, 'leaf-required-capabilities', counts.allSupportProposal(type), { proposal: type });
  }
  for (const type of required?.credentials ?? []) {
    check(policy, 'leaf-required-capabilities', counts.allSupportCredential(type), { credential: type });
  }
}
