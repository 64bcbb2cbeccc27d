/** Verifying what a newcomer is told about a group (RFC 9420 section 12.4.3.1), with or without a Welcome. */

import { EXTENSION_TYPE } from '../code-points.js';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { findExtension, requiredCapabilitiesOf } from '../extension.js';
import { verifyJoinedTree } from '../tree/join-verification.js';
import { RatchetTree } from '../tree/ratchet-tree.js';
import { nameOfTree, type VerifiedTrees } from '../tree/verified-trees.js';
import { validateExtensions } from '../validation/content-validation.js';
import { type ValidationPolicy, violation } from '../validation/policy.js';
import { type GroupInfo, verifyGroupInfo } from './group-info.js';

/** What the verification needs besides the GroupInfo. */
export interface GroupInfoPlace {
  readonly suite: CipherSuite;
  readonly policy: ValidationPolicy;
  /** Content of a ratchet_tree extension, where the tree does not come with the GroupInfo. */
  readonly ratchetTree?: Uint8Array | undefined;
  /** Unix time; without it the lifetimes in the tree are not looked at. */
  readonly nowSeconds?: bigint | undefined;
  /** Trees that need not be verified again; used only where no lifetime is looked at. */
  readonly verifiedTrees?: VerifiedTrees | undefined;
}

/** A tree as it was given with a GroupInfo. */
export interface OpenedTree {
  readonly tree: RatchetTree;
  /** Verified before, with all that is verified of a tree. */
  readonly isVerified: boolean;
  /** Makes it one of those that were. */
  readonly keep: () => void;
}

/**
 * Opens the tree of a GroupInfo and verifies that its signer is in it. The rest is for `verifyOpenedTree`.
 *
 * @throws MlsError `mls/malformed`, `mls/validation`
 */
export function openTree(groupInfo: GroupInfo, place: GroupInfoPlace): OpenedTree {
  const { suite, policy, ratchetTree } = place;
  const { suite: suiteId } = groupInfo.groupContext;
  if (suiteId !== suite.id) throw violation('welcome-suite', { suite: suiteId });
  const bytes = findExtension(groupInfo.extensions, EXTENSION_TYPE.ratchetTree) ?? ratchetTree;
  if (bytes === undefined) throw violation('welcome-tree');
  const trees = place.nowSeconds === undefined ? place.verifiedTrees : undefined;
  const name = trees === undefined ? '' : nameOfTree(suite, groupInfo.groupContext, bytes);
  const verified = trees?.find(name, suite, policy);
  const tree = verified ?? RatchetTree.fromExtension(suite, bytes);
  verifySigner(tree, groupInfo);
  return {
    tree,
    isVerified: verified !== undefined,
    keep: () => trees?.keep(name, tree, policy, bytes.length),
  };
}

/**
 * Verifies the tree and the extensions. The confirmation tag is left: only members can check it.
 *
 * Cost: one hash per node, and one signature verification per member whose leaf was not seen before.
 *
 * @param verifiedLeaves - leaves whose signatures are known to verify
 * @throws MlsError `mls/validation`
 */
export function verifyOpenedTree(
  { tree, isVerified, keep }: OpenedTree,
  groupInfo: GroupInfo,
  { suite, policy, nowSeconds }: GroupInfoPlace,
  verifiedLeaves?: ReadonlySet<number>,
): void {
  const { extensions, groupId, treeHash } = groupInfo.groupContext;
  validateExtensions(extensions, 'group-context', policy);
  validateExtensions(groupInfo.extensions, 'group-info', policy);
  const demands = { extensions, requiredCapabilities: requiredCapabilitiesOf(extensions) };
  if (isVerified) return;
  verifyJoinedTree({ suite, tree, groupId, treeHash, demands, policy, nowSeconds, verifiedLeaves });
  keep();
  tree.forgetDecodedLeaves();
}

function verifySigner(tree: RatchetTree, groupInfo: GroupInfo): void {
  const { signer } = groupInfo;
  const key = tree.signatureKeyHandle(signer);
  if (key === undefined) throw violation('group-info-signer', { signer });
  if (!verifyGroupInfo(key, groupInfo)) throw violation('group-info-signature', { signer });
}
