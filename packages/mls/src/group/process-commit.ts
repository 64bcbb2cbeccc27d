/**
 * Receiving a commit (RFC 9420 section 12.4.2): the same steps as making one, with the path opened instead of made and
 * the confirmation tag compared. The group stays as it is; the result waits to be merged.
 */
import { equalSecretBytes, wipe } from '@conclave/crypto';
import type { AuthenticatedContent } from '../framing/framed-content.js';
import { derivePskSecret } from '../schedule/psk.js';
import type { LeafNode } from '../tree/leaf-node.js';
import { survivingPrivateKeys } from '../tree/path-secret.js';
import { mergeUpdatePath, processUpdatePath } from '../tree/process-update-path.js';
import { filteredDirectPath } from '../tree/resolution.js';
import type { TreeDiff } from '../tree/tree-diff.js';
import { leafIndex } from '../tree/tree-math.js';
import type { UpdatePath } from '../tree/update-path.js';
import { refuse, violation } from '../validation/policy.js';
import { type AppliedProposals, applyProposals } from './apply-proposals.js';
import type { Commit } from './commit.js';
import { type GroupHeader, noSecrets } from './group-header.js';
import type { GroupState } from './group-state.js';
import { enterNextEpoch, nextContext, nextHeader, provisionalContext } from './next-epoch.js';
import type { SentProposal } from './pending-proposals.js';
import { REQUIRES_PATH } from './proposal.js';
import { sortProposals } from './proposal-rules.js';
import { committedProposals, StagedCommit, type StagedCommitParts } from './staged-commit.js';

/** What the secrets of the next epoch and our keys in it come from. */
interface ReceivedPath {
  readonly commitSecret: Uint8Array;
  readonly privateKeys: ReadonlyMap<number, Uint8Array>;
}

/**
 * Stages a commit of another member, whose signature was verified.
 *
 * Cost: the changes; none of it grows with the group but the context's extensions and the bytes of the commit.
 *
 * @throws MlsError `mls/validation`, `mls/decryption-failed`
 */
export function processCommit(
  state: GroupState,
  message: AuthenticatedContent,
  commit: Commit,
  committerLeafIndex: number,
  committer: LeafNode,
): StagedCommit {
  const { suite, config, ownLeafIndex, tree, context } = state;
  const { policy } = config;
  const sent = resolveProposals(state, commit, committerLeafIndex);
  const sorted = sortProposals(sent, { suite, policy, committerLeafIndex });
  const pathDue = sent.length === 0 || sent.some(({ proposal }) => REQUIRES_PATH[proposal.type]);
  if (pathDue && commit.path === undefined) refuse(policy, 'path-required');

  const diff = tree.diff();
  const applied = applyProposals(suite, policy, diff, context, sorted);
  const parts = {
    baseAuthenticator: state.header.secrets.epochAuthenticator,
    committerLeafIndex,
    committer,
    pathLeaf: commit.path?.leafNode,
    proposals: committedProposals(sent, committerLeafIndex),
    added: applied.added,
    removed: applied.removed,
    extensionsChanged: applied.extensionsChanged,
    diff,
  };
  if (applied.removed.some((removed) => removed.leafIndex === ownLeafIndex)) {
    return stageOwnRemoval(state, message, commit.path, applied, parts);
  }

  const { commitSecret, privateKeys } = receivePath(state, diff, commit.path, committerLeafIndex, applied);
  const pskSecret = derivePskSecret(
    suite,
    sorted.psks.map(({ psk }) => psk),
    state.lookUpPsk,
  );
  const nextGroupContext = nextContext(state, applied.extensions, diff.treeHash(), message);
  const next = enterNextEpoch(state, nextGroupContext, commitSecret, pskSecret);
  wipe(next.joinerSecret, pskSecret);
  if (message.confirmationTag === undefined || !equalSecretBytes(message.confirmationTag, next.confirmationTag)) {
    throw violation('confirmation-tag');
  }
  const status = sorted.reinit === undefined ? 'active' : 'reinitialized';
  return new StagedCommit({
    ...parts,
    context: next.context,
    header: nextHeader(state, next, diff.leafCount, applied.extensionsChanged, status),
    encryptionSecret: next.secrets.encryptionSecret,
    privateKeys,
  });
}

/** The proposals with their senders: those by value are the committer's. */
function resolveProposals(state: GroupState, commit: Commit, committerLeafIndex: number): SentProposal[] {
  return commit.proposals.map((item) => {
    if (item.type === 'proposal') {
      return { proposal: item.proposal, sender: { type: 'member', leafIndex: committerLeafIndex } };
    }
    const pending = state.proposals.get(item.reference);
    if (pending === undefined) throw violation('proposal-reference');
    return pending;
  });
}

function receivePath(
  state: GroupState,
  diff: TreeDiff,
  updatePath: UpdatePath | undefined,
  committerLeafIndex: number,
  { added, extensions, demands }: AppliedProposals,
): ReceivedPath {
  const { ownLeafIndex, suite, config, header } = state;
  const privateKeys = state.pathPrivateKeys.all();
  if (updatePath === undefined) {
    return {
      commitSecret: new Uint8Array(suite.hashLength),
      privateKeys: survivingPrivateKeys(diff, ownLeafIndex, privateKeys),
    };
  }
  return processUpdatePath({
    ...{ diff, committerLeafIndex, updatePath, ownLeafIndex, privateKeys, demands },
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
  updatePath: UpdatePath | undefined,
  applied: AppliedProposals,
  parts: Omit<StagedCommitParts, 'context' | 'header' | 'encryptionSecret' | 'privateKeys'>,
): StagedCommit {
  const { diff, committerLeafIndex } = parts;
  const { demands, added } = applied;
  if (updatePath !== undefined) {
    mergeUpdatePath(
      {
        ...{ diff, committerLeafIndex, updatePath, demands },
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
