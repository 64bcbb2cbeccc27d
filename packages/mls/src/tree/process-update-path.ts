/** Receiving an UpdatePath (RFC 9420 sections 7.5 and 12.4.2): validate, merge into the tree, decrypt the path secret. */

import { equalBytes, equalSecretBytes, type SignaturePublicKey, withSecrets } from '@conclave/crypto';
import { byteString } from '../byte-string.js';
import { PUBLIC_KEY_LENGTH } from '../crypto/cipher-suite.js';
import { decryptWithLabel } from '../crypto/labels.js';
import { asMlsError, MlsError } from '../errors.js';
import { check, refuse, type ValidationPolicy, violation } from '../validation/policy.js';
import { pathNodes } from './create-update-path.js';
import { LEAF_NODE_SOURCE, type LeafNode } from './leaf-node.js';
import { type GroupDemands, validateLeafNode } from './leaf-validation.js';
import { validateMembers } from './member-validation.js';
import { pathParentHashes } from './parent-hash.js';
import { followPathSecret, survivingPrivateKeys, type TreePrivateKeys } from './path-secret.js';
import { type FilteredPathNode, filteredDirectPath, resolution } from './resolution.js';
import type { TreeDiff } from './tree-diff.js';
import { isAncestorOf, leafIndex } from './tree-math.js';
import type { UpdatePath } from './update-path.js';

/** What receiving a path needs of the group and of this member. */
export interface ProcessUpdatePathParams {
  /** The tree with the proposals applied; receives the path. */
  readonly diff: TreeDiff;
  readonly committerLeafIndex: number;
  /** The leaf that the committer had before, where it is no longer in `diff`: it was removed by the same commit. */
  readonly replacedLeaf?: LeafNode | undefined;
  readonly updatePath: UpdatePath;
  readonly ownLeafIndex: number;
  /** Held so far, by node index. */
  readonly privateKeys: TreePrivateKeys;
  readonly groupId: Uint8Array;
  /** Encodes the provisional GroupContext: new epoch, new extensions, this tree hash, old confirmed transcript hash. */
  readonly groupContextOf: (treeHash: Uint8Array) => Uint8Array;
  /** Leaves added by the same commit. */
  readonly excludeLeaves: ReadonlySet<number>;
  /** What the group, with its new extensions, asks of the committer's leaf. */
  readonly demands?: GroupDemands;
  readonly policy: ValidationPolicy;
}

/** What a path gave to this member. */
export interface ProcessedUpdatePath {
  /** 32 bytes. */
  readonly commitSecret: Uint8Array;
  /** All private keys that this member holds once the commit is merged. */
  readonly privateKeys: Map<number, Uint8Array>;
}

/**
 * Validates an update path, sets it in `diff` and derives the commit secret. A diff that was refused is to be dropped.
 * Cost: one signature, one HPKE open, and a few hashes per node of the path; resolutions are walked as far as they are
 * long.
 * @throws MlsError `mls/validation` with a `path-…`, `leaf-…` or `unique-…` rule, `mls/decryption-failed`
 */
export function processUpdatePath(params: ProcessUpdatePathParams): ProcessedUpdatePath {
  const { diff, committerLeafIndex, ownLeafIndex, privateKeys, groupContextOf, policy } = params;
  diff.widenFor(committerLeafIndex);
  const path = filteredDirectPath(diff, leafIndex(committerLeafIndex));
  mergeUpdatePath(params, path);
  const groupContext = groupContextOf(diff.treeHash());
  const from = path.findIndex(({ node }) => isAncestorOf(node, leafIndex(ownLeafIndex)));
  const pathSecret = decryptPathSecret(params, path, from, groupContext);
  return withSecrets((ofCall) => {
    const { privateKeys: fresh, commitSecret } = followPathSecret(diff, path.slice(from), pathSecret, policy);
    for (const secret of [commitSecret, ...fresh.values()]) ofCall.handedOn(secret);
    if (policy.asDeployed) checkKeysAreNewToUs(fresh, privateKeys, policy);
    const kept = survivingPrivateKeys(diff, ownLeafIndex, privateKeys);
    return { commitSecret, privateKeys: new Map([...kept, ...fresh]) };
  });
}

/**
 * Validates the public part of an update path and sets it in `diff`: all that one who cannot decrypt it can do.
 * @throws MlsError `mls/validation`
 */
export function mergeUpdatePath(
  params: Pick<
    ProcessUpdatePathParams,
    'diff' | 'committerLeafIndex' | 'replacedLeaf' | 'updatePath' | 'groupId' | 'excludeLeaves' | 'demands' | 'policy'
  >,
  path: readonly FilteredPathNode[],
): void {
  const { diff, committerLeafIndex, updatePath, groupId, policy, demands } = params;
  const { leafNode, nodes } = updatePath;
  // Without a policy to waive them: nothing sensible could follow from a path of the wrong shape.
  if (nodes.length !== path.length) throw violation('path-length', { nodes: nodes.length, expected: path.length });
  check(policy, 'path-ciphertexts', () => hasAllCiphertexts(params, path));
  const key = keptKey(diff, committerLeafIndex, leafNode);
  validateLeafNode(leafNode, {
    ...{ suite: diff.suite, policy, demands, sources: [LEAF_NODE_SOURCE.commit] },
    binding: { groupId, leafIndex: committerLeafIndex },
    ...(key && { key }),
  });
  const before = params.replacedLeaf ?? diff.leaf(committerLeafIndex);
  check(policy, 'path-new-leaf-key', before === undefined || !equalBytes(before.encryptionKey, leafNode.encryptionKey));
  checkPathKeysAreNew(diff, updatePath, policy);
  const keys = nodes.map(({ encryptionKey }) => encryptionKey);
  const [parentHash = new Uint8Array(0), ...parentHashes] = pathParentHashes(diff, path, keys);
  check(policy, 'path-parent-hash', leafNode.parentHash !== undefined && equalBytes(leafNode.parentHash, parentHash));
  diff.setPath(committerLeafIndex, leafNode, pathNodes(path, keys, parentHashes));
  diff.checkUniqueKeys(policy);
  validateMembers(diff.counts, undefined, policy);
}

/** Whether each node has as many ciphertexts as its copath's resolution has nodes. Cost: walking the resolutions. */
function hasAllCiphertexts(
  { diff, updatePath, excludeLeaves }: Pick<ProcessUpdatePathParams, 'diff' | 'updatePath' | 'excludeLeaves'>,
  path: readonly FilteredPathNode[],
): boolean {
  return path.every(({ copathChild }, i) => {
    const recipients = resolution(diff, copathChild, excludeLeaves);
    return updatePath.nodes[i]?.encryptedPathSecret.length === recipients.length;
  });
}

/** The leaf's signature key where it is the one that the committer had before: its commit was verified with it. */
function keptKey({ base }: TreeDiff, committerLeafIndex: number, leafNode: LeafNode): SignaturePublicKey | undefined {
  const before = base.leaf(committerLeafIndex);
  if (before === undefined || !equalBytes(before.signatureKey, leafNode.signatureKey)) return undefined;
  return base.signatureKeyHandle(committerLeafIndex);
}

/**
 * None of the path's keys is in the tree before the path is merged, not even in a node that it replaces; for the deployed engine, in none
 * of the leaves.
 */
function checkPathKeysAreNew(diff: TreeDiff, { leafNode, nodes }: UpdatePath, policy: ValidationPolicy): void {
  const seen = new Set<string>();
  for (const { encryptionKey } of [leafNode, ...nodes]) {
    check(policy, 'parent-key-length', encryptionKey.length === PUBLIC_KEY_LENGTH, { length: encryptionKey.length });
    const holder = diff.nodeOfEncryptionKey(encryptionKey, policy.asDeployed ? 'leaves' : 'all');
    if (holder !== undefined) refuse(policy, 'unique-encryption-key', { holder });
    if (seen.has(byteString(encryptionKey))) refuse(policy, 'unique-encryption-key');
    seen.add(byteString(encryptionKey));
  }
}

/** The deployed engine cannot store a key that it held already for another node, or for the same. Cost: both numbers, multiplied: the depth. */
function checkKeysAreNewToUs(
  fresh: ReadonlyMap<number, Uint8Array>,
  held: TreePrivateKeys,
  policy: ValidationPolicy,
): void {
  for (const [node, key] of fresh) {
    for (const [holder, known] of held) {
      if (equalSecretBytes(key, known)) refuse(policy, 'unique-encryption-key', { node, holder });
    }
  }
}

function decryptPathSecret(
  { diff, updatePath, ownLeafIndex, privateKeys, excludeLeaves }: ProcessUpdatePathParams,
  path: readonly FilteredPathNode[],
  from: number,
  groupContext: Uint8Array,
): Uint8Array {
  const shared = path[from];
  if (shared === undefined) throw new MlsError('mls/decryption-failed', { structure: 'UpdatePath' });
  const encryptedPathSecret = updatePath.nodes[from]?.encryptedPathSecret ?? [];
  const recipients = resolution(diff, shared.copathChild, excludeLeaves);
  const position = recipients.findIndex((node) => privateKeys.has(node) && isAncestorOf(node, leafIndex(ownLeafIndex)));
  const ciphertext = encryptedPathSecret.at(position);
  const privateKey = privateKeys.get(recipients[position] ?? -1);
  if (ciphertext === undefined || privateKey === undefined) {
    throw new MlsError('mls/decryption-failed', { structure: 'UpdatePath', node: shared.node });
  }
  const key = asMlsError('HPKEPrivateKey', () => diff.suite.provider.dhPrivateKey(privateKey), 'mls/decryption-failed');
  return decryptWithLabel(diff.suite, key, 'UpdatePathNode', groupContext, ciphertext);
}
