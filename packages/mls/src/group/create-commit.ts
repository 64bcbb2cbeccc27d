/**
 * Making a commit (RFC 9420 section 12.4.1): the proposals are applied to a staged tree, a path is added where one is
 * due, and the next epoch is derived. The group itself stays in its epoch until the commit is merged.
 */
import { type Random, wipe } from '@conclave/crypto';
import { CONTENT_TYPE } from '../framing/wire-format.js';
import type { KeyPackage } from '../key-package.js';
import { EXTENSION_TYPE } from '../registry.js';
import { derivePskSecret, type PreSharedKeyId } from '../schedule/psk.js';
import { createUpdatePath } from '../tree/create-update-path.js';
import type { LeafNode } from '../tree/leaf-node.js';
import { pathSecretForLeaf, survivingPrivateKeys } from '../tree/path-secret.js';
import { encodeTreeExtension } from '../tree/ratchet-tree-extension.js';
import type { TreeDiff } from '../tree/tree-diff.js';
import type { UpdatePath } from '../tree/update-path.js';
import { type AppliedProposals, applyProposals, type PlacedLeaf } from './apply-proposals.js';
import { encodeCommit } from './commit.js';
import { createGroupInfo } from './group-info.js';
import type { GroupState } from './group-state.js';
import { enterNextEpoch, type NextEpoch, nextContext, nextHeader, provisionalContext } from './next-epoch.js';
import type { SentProposal } from './pending-proposals.js';
import { type Proposal, type ProposalOrRef, REQUIRES_PATH } from './proposal.js';
import { sortProposals } from './proposal-rules.js';
import { frameContent, handshakeWireFormat, sealMessage, signContent } from './send-message.js';
import { committedProposals, StagedCommit } from './staged-commit.js';
import { createWelcome, encodeWelcomeMessage } from './welcome.js';

/** What a commit is made from. */
export interface CreateCommitParams {
  /** Committed by value, in this order. */
  readonly proposals: readonly Proposal[];
  /** Whether the proposals received in this epoch are committed as well, by reference and before the others. */
  readonly includePending?: boolean | undefined;
  /** Whether the commit gets a path even where none is due. */
  readonly forcePath?: boolean | undefined;
  readonly aad?: Uint8Array | undefined;
  readonly random: Random;
}

/** A commit that was made and is not in force yet. */
export interface CreatedCommit {
  /** MLSMessage to send to the group. */
  readonly message: Uint8Array;
  /** MLSMessage to send to all new members, once the commit is in force. */
  readonly welcome?: Uint8Array;
  readonly staged: StagedCommit;
}

/** What a path adds to a commit; without one, only the keys that outlive the proposals. */
interface CommitPath {
  readonly updatePath?: UpdatePath;
  readonly pathSecrets: ReadonlyMap<number, Uint8Array>;
  readonly commitSecret: Uint8Array;
  readonly privateKeys: ReadonlyMap<number, Uint8Array>;
}

/**
 * Makes a commit and what it leads to. Spends one generation of our handshake ratchet.
 *
 * Cost: the changes; a path seals to as many nodes as the tree has uncovered subtrees (all members in a group that
 * only ever added); a Welcome carries the whole tree.
 *
 * @throws MlsError `mls/removed`, `mls/validation`
 */
export function createCommit(state: GroupState, params: CreateCommitParams): CreatedCommit {
  state.requireActive();
  const { suite, config, ownLeafIndex, tree, context } = state;
  const { policy } = config;
  const committer = tree.leaf(ownLeafIndex) as LeafNode;
  const { list, sent } = gatherProposals(state, params);
  const sorted = sortProposals(sent, { suite, policy, committerLeafIndex: ownLeafIndex });
  const psks = sorted.psks.map(({ psk }) => psk);
  const pskSecret = derivePskSecret(suite, psks, state.lookUpPsk);

  const diff = tree.diff();
  const applied = applyProposals(suite, policy, diff, context, sorted);
  const path = needsPath(sent, params) ? createPath(state, diff, applied, params.random) : noPath(state, diff);

  const commit = encodeCommit(path.updatePath ? { proposals: list, path: path.updatePath } : { proposals: list });
  const content = { contentType: CONTENT_TYPE.commit, commit: { proposals: list }, raw: commit };
  const signed = signContent(state, handshakeWireFormat(state), frameContent(state, content, params.aad));
  const treeHash = diff.treeHash();
  const next = enterNextEpoch(
    state,
    nextContext(state, applied.extensions, treeHash, signed),
    path.commitSecret,
    pskSecret,
  );
  const { added, removed, extensionsChanged } = applied;
  const status = sorted.reinit === undefined ? 'active' : 'reinitialized';
  const staged = new StagedCommit({
    baseAuthenticator: state.header.secrets.epochAuthenticator,
    committerLeafIndex: ownLeafIndex,
    ...{ committer, added, removed, extensionsChanged },
    pathLeaf: path.updatePath?.leafNode,
    proposals: committedProposals(sent, ownLeafIndex),
    context: next.context,
    header: nextHeader(state, next, diff.leafCount, extensionsChanged, status),
    encryptionSecret: next.secrets.encryptionSecret,
    privateKeys: path.privateKeys,
    diff,
  });
  const joiners = sorted.adds.map(({ keyPackage }) => keyPackage);
  const welcome =
    joiners.length === 0
      ? undefined
      : makeWelcome(state, { diff, applied, joiners, next, path, psks, pskSecret, random: params.random });
  wipe(next.joinerSecret, pskSecret, ...path.pathSecrets.values());
  const message = sealMessage(state, { ...signed, confirmationTag: next.confirmationTag }, params.random);
  return welcome === undefined ? { message, staged } : { message, welcome, staged };
}

function gatherProposals(
  state: GroupState,
  { proposals, includePending = false }: CreateCommitParams,
): { list: ProposalOrRef[]; sent: SentProposal[] } {
  const pending = includePending ? state.proposals.all() : [];
  const sender = { type: 'member', leafIndex: state.ownLeafIndex } as const;
  return {
    list: [
      ...pending.map(({ reference }) => ({ type: 'reference', reference }) as const),
      ...proposals.map((proposal) => ({ type: 'proposal', proposal }) as const),
    ],
    sent: [...pending, ...proposals.map((proposal) => ({ proposal, sender }))],
  };
}

function needsPath(proposals: readonly SentProposal[], { forcePath = false }: CreateCommitParams): boolean {
  return forcePath || proposals.length === 0 || proposals.some(({ proposal }) => REQUIRES_PATH[proposal.type]);
}

function noPath(state: GroupState, diff: TreeDiff): CommitPath {
  return {
    pathSecrets: new Map(),
    commitSecret: new Uint8Array(state.suite.hashLength),
    privateKeys: survivingPrivateKeys(diff, state.ownLeafIndex, state.pathPrivateKeys.all()),
  };
}

/** A path whose leaf says of us what our leaf said before. */
function createPath(state: GroupState, diff: TreeDiff, applied: AppliedProposals, random: Random): CommitPath {
  const { signatureKey, ownLeafIndex, header } = state;
  const { credential, capabilities, extensions } = diff.leaf(ownLeafIndex) as LeafNode;
  return createUpdatePath({
    diff,
    ownLeafIndex,
    leafTemplate: { credential, capabilities, extensions },
    groupId: header.groupId,
    signatureKey,
    groupContextOf: (treeHash) => provisionalContext(state, applied.extensions, treeHash).raw,
    excludeLeaves: new Set(applied.added.map(({ leafIndex }) => leafIndex)),
    random,
  });
}

/** What a Welcome is made from. */
interface WelcomeParts {
  readonly diff: TreeDiff;
  readonly applied: AppliedProposals;
  /** In the order of `applied.added`. */
  readonly joiners: readonly KeyPackage[];
  readonly next: NextEpoch;
  readonly path: CommitPath;
  readonly psks: readonly PreSharedKeyId[];
  readonly pskSecret: Uint8Array;
  readonly random: Random;
}

function makeWelcome(state: GroupState, parts: WelcomeParts): Uint8Array {
  const { suite, signatureKey, ownLeafIndex } = state;
  const { diff, applied, joiners, next, path, psks, pskSecret, random } = parts;
  const groupInfo = createGroupInfo(signatureKey, {
    groupContext: next.context,
    extensions: [{ type: EXTENSION_TYPE.ratchetTree, data: encodeTreeExtension(diff) }],
    confirmationTag: next.confirmationTag,
    signer: ownLeafIndex,
  });
  const welcome = createWelcome({
    ...{ suite, groupInfo, joiners, pskSecret, psks, random },
    joinerSecret: next.joinerSecret,
    pathSecretOf: (position) =>
      pathSecretForLeaf(path.pathSecrets, ownLeafIndex, (applied.added[position] as PlacedLeaf).leafIndex),
  });
  return encodeWelcomeMessage(welcome);
}
