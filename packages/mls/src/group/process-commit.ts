/**
 * Receiving a commit (RFC 9420 section 12.4.2): the same steps as making one, with the path opened instead of made and
 * the confirmation tag compared. The group stays as it is; the result waits to be merged.
 */
import { type CallSecrets, equalSecretBytes, withSecrets } from '@conclave/crypto';
import { byteString } from '../byte-string.js';
import { MlsError } from '../errors.js';
import type { AuthenticatedContent } from '../framing/framed-content.js';
import { openExternalInit } from '../schedule/external-init.js';
import { derivePskSecret } from '../schedule/psk.js';
import type { LeafNode } from '../tree/leaf-node.js';
import { survivingPrivateKeys, type TreePrivateKeys } from '../tree/path-secret.js';
import { mergeUpdatePath, processUpdatePath } from '../tree/process-update-path.js';
import { filteredDirectPath } from '../tree/resolution.js';
import type { TreeDiff } from '../tree/tree-diff.js';
import { leafIndex } from '../tree/tree-math.js';
import type { UpdatePath } from '../tree/update-path.js';
import { refuse, type ValidationPolicy, violation } from '../validation/policy.js';
import { type AppliedProposals, applyProposals } from './apply-proposals.js';
import type { Commit } from './commit.js';
import { type GroupHeader, noSecrets } from './group-header.js';
import type { GroupState } from './group-state.js';
import { enterNextEpoch, nextContext, nextHeader, provisionalContext, requireNextEpoch } from './next-epoch.js';
import type { SentProposal } from './pending-proposals.js';
import { requiresPath } from './proposal.js';
import { type CommitSender, type SortedProposals, sortProposals } from './proposal-rules.js';
import { committedProposals, StagedCommit, type StagedCommitParts } from './staged-commit.js';

/** What the secrets of the next epoch and our keys in it come from. */
interface ReceivedPath {
  readonly commitSecret: Uint8Array;
  readonly privateKeys: ReadonlyMap<number, Uint8Array>;
}

/** A path with the leaf that sent it. */
interface SentPath {
  readonly updatePath: UpdatePath | undefined;
  readonly committerLeafIndex: number;
  /** The leaf that a joiner takes the place of. */
  readonly replacedLeaf: LeafNode | undefined;
}

/**
 * Stages a commit of another member, or of somebody who joins by it, whose signature was verified.
 *
 * Cost: the changes; none of it grows with the group but the context's extensions and the bytes of the commit.
 *
 * @throws MlsError `mls/validation`, `mls/decryption-failed`
 */
export function processCommit(state: GroupState, message: AuthenticatedContent, commit: Commit): StagedCommit {
  state.requireActive();
  requireNextEpoch(state);
  const { suite, config, ownLeafIndex, tree, context } = state;
  const { policy } = config;
  const sender = message.framed.sender as CommitSender;
  const isExternal = sender.type !== 'member';
  const sent = resolveProposals(state, commit, sender);
  const leaf = (index: number) => tree.leaf(index);
  const sorted = sortProposals(sent, { suite, policy, context, leaf, committer: sender });
  const proposals = sent.map(({ proposal }) => proposal);
  if (commit.path === undefined && requiresPath(proposals, policy.types)) refuse(policy, 'path-required');

  const diff = tree.diff();
  const applied = applyProposals(suite, policy, diff, context, sorted);
  const { added, removed, extensionsChanged } = applied;
  checkInitKeys(sorted, diff, commit, policy);
  // Who joins takes the leftmost blank leaf (section 12.4.3.2).
  const committerLeafIndex = isExternal ? diff.nextLeafIndex() : sender.leafIndex;
  const pathLeaf = commit.path?.leafNode;
  const parts = {
    baseAuthenticator: state.header.secrets.epochAuthenticator,
    ...{ isExternal, committerLeafIndex, pathLeaf, added, removed, extensionsChanged, diff },
    committer: (isExternal ? pathLeaf : tree.leaf(committerLeafIndex)) as LeafNode,
    proposals: committedProposals(sent),
  };
  const replacedLeaf = isExternal ? removed.find((item) => item.leafIndex === sorted.removes[0]?.leafIndex) : undefined;
  const path = { updatePath: commit.path, committerLeafIndex, replacedLeaf: replacedLeaf?.leafNode };
  if (removed.some((item) => item.leafIndex === ownLeafIndex)) {
    return stageOwnRemoval(state, message, path, applied, parts);
  }

  return withSecrets((ofCall) => {
    const ownKeys = privateKeysBefore(state, sorted, ofCall);
    const received = receivePath(state, diff, path, applied, ownKeys);
    const commitSecret = ofCall.passing(received.commitSecret);
    const { privateKeys } = received;
    for (const key of state.pathPrivateKeys.newAmong(privateKeys)) ofCall.handedOn(key);
    const psks = sorted.psks.map(({ psk }) => psk);
    const pskSecret = ofCall.passing(derivePskSecret(suite, psks, state.lookUpPsk));
    const nextGroupContext = nextContext(state, applied.extensions, diff.treeHash(), message);
    const initSecret = initSecretOf(state, sorted, ofCall);
    const next = enterNextEpoch(state, nextGroupContext, commitSecret, pskSecret, initSecret, ofCall);
    if (message.confirmationTag === undefined || !equalSecretBytes(message.confirmationTag, next.confirmationTag)) {
      throw violation('confirmation-tag');
    }
    const status = sorted.reinit === undefined ? 'active' : 'reinitialized';
    return new StagedCommit({
      ...parts,
      context: next.context,
      header: nextHeader(state, next, diff.leafCount, extensionsChanged, status, ownLeafIndex),
      encryptionSecret: next.secrets.encryptionSecret,
      privateKeys,
    });
  });
}

/** What the deployed engine asks beyond RFC 9420 of the init keys that a commit adds. Cost: the added leaves and the path. */
function checkInitKeys({ adds }: SortedProposals, diff: TreeDiff, { path }: Commit, policy: ValidationPolicy): void {
  if (adds.length === 0 || !policy.enforces('add-init-keys')) return;
  const pathKeys = path === undefined ? [] : [path.leafNode, ...path.nodes].map(({ encryptionKey }) => encryptionKey);
  const taken = new Set(pathKeys.map(byteString));
  for (const { initKey } of adds.map(({ keyPackage }) => keyPackage)) {
    const isLeafs = diff.nodeOfEncryptionKey(initKey, 'leaves') !== undefined;
    if (isLeafs || taken.has(byteString(initKey))) refuse(policy, 'add-init-keys');
    taken.add(byteString(initKey));
  }
}

/** The proposals with their senders: those by value are the committer's. */
function resolveProposals(state: GroupState, commit: Commit, sender: CommitSender): SentProposal[] {
  return commit.proposals.map((item) => {
    if (item.type === 'proposal') return { proposal: item.proposal, sender };
    const pending = state.proposals.get(item.reference);
    if (pending === undefined) throw violation('proposal-reference');
    return pending;
  });
}

/** The init secret of the epoch that ends, or what a joiner brought in its place (section 8.3). */
function initSecretOf(
  { suite, header }: GroupState,
  { externalInit }: SortedProposals,
  ofCall: CallSecrets,
): Uint8Array {
  const { initSecret, externalSecret } = header.secrets;
  if (externalInit === undefined) return initSecret;
  return ofCall.passing(openExternalInit(suite, externalSecret, externalInit.kemOutput));
}

/** Our private keys when the path is opened: an Update of our own that is committed has replaced the leaf's. */
function privateKeysBefore(state: GroupState, { updates }: SortedProposals, ofCall: CallSecrets): TreePrivateKeys {
  const { ownLeafIndex, ownUpdates, pathPrivateKeys } = state;
  const own = updates.find((update) => update.leafIndex === ownLeafIndex);
  if (own === undefined) return pathPrivateKeys.all();
  const privateKey = own.reference && ownUpdates.get(own.reference);
  if (privateKey === undefined) throw new MlsError('mls/corrupt-rows', { structure: 'ownUpdate' });
  return new Map([...pathPrivateKeys.all(), [2 * ownLeafIndex, ofCall.handedOn(privateKey)]]);
}

function receivePath(
  state: GroupState,
  diff: TreeDiff,
  { updatePath, committerLeafIndex, replacedLeaf }: SentPath,
  { added, extensions, demands }: AppliedProposals,
  privateKeys: TreePrivateKeys,
): ReceivedPath {
  const { ownLeafIndex, suite, config, header } = state;
  if (updatePath === undefined) {
    return {
      commitSecret: new Uint8Array(suite.hashLength),
      privateKeys: survivingPrivateKeys(diff, ownLeafIndex, privateKeys),
    };
  }
  return processUpdatePath({
    ...{ diff, committerLeafIndex, replacedLeaf, updatePath, ownLeafIndex, privateKeys, demands },
    groupId: header.groupId,
    groupContextOf: (treeHash) => provisionalContext(state, extensions, treeHash).raw,
    excludeLeaves: new Set(added.map(({ leafIndex }) => leafIndex)),
    policy: config.policy,
  });
}

/**
 * A commit that removes us: its secrets are not for us, so that only what is public of the next epoch can be known, and
 * the confirmation tag cannot be checked.
 */
function stageOwnRemoval(
  state: GroupState,
  message: AuthenticatedContent,
  { updatePath, replacedLeaf }: SentPath,
  applied: AppliedProposals,
  parts: Omit<StagedCommitParts, 'context' | 'header' | 'encryptionSecret' | 'privateKeys'>,
): StagedCommit {
  const { diff, committerLeafIndex } = parts;
  const { demands, added } = applied;
  if (updatePath !== undefined) {
    diff.widenFor(committerLeafIndex);
    mergeUpdatePath(
      {
        ...{ diff, committerLeafIndex, replacedLeaf, updatePath, demands },
        groupId: state.header.groupId,
        excludeLeaves: new Set(added.map(({ leafIndex }) => leafIndex)),
        policy: state.config.policy,
      },
      filteredDirectPath(diff, leafIndex(committerLeafIndex)),
    );
  }
  const context = nextContext(state, applied.extensions, diff.treeHash(), message);
  const header: GroupHeader = {
    ...state.header,
    epoch: context.epoch,
    status: 'removed',
    leafCount: diff.leafCount,
    treeHash: context.treeHash,
    confirmedTranscriptHash: context.confirmedTranscriptHash,
    extensionsEpoch: applied.extensionsChanged ? context.epoch : state.header.extensionsEpoch,
    secrets: noSecrets(),
  };
  return new StagedCommit({ ...parts, context, header, encryptionSecret: new Uint8Array(0), privateKeys: new Map() });
}
