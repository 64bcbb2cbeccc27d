/**
 * The steps of making a commit (RFC 9420 section 12.4.1), the same for members and for those who join by one: the
 * proposals are applied to a staged tree, a path is added where one is due, and the next epoch is derived. The group
 * itself stays in its epoch until the commit is merged.
 */
import { type CallSecrets, type Random, withSecrets } from '@conclave/crypto';
import type { Extension } from '../extension.js';
import { CONTENT_TYPE, WIRE_FORMAT } from '../framing/wire-format.js';
import type { KeyPackage } from '../key-package.js';
import { derivePskSecret, type PreSharedKeyId, type PskLookup } from '../schedule/psk.js';
import { type CreatedUpdatePath, createUpdatePath } from '../tree/create-update-path.js';
import { LEAF_NODE_SOURCE, type LeafNode, type LeafNodeContent } from '../tree/leaf-node.js';
import { validateDemands, validateLeafNode } from '../tree/leaf-validation.js';
import { validateMembers } from '../tree/member-validation.js';
import { pathSecretForLeaf, survivingPrivateKeys } from '../tree/path-secret.js';
import { encodeTreeExtension } from '../tree/ratchet-tree-extension.js';
import type { TreeDiff } from '../tree/tree-diff.js';
import type { UpdatePath } from '../tree/update-path.js';
import { type AppliedProposals, applyProposals, type PlacedLeaf } from './apply-proposals.js';
import { encodeCommit } from './commit.js';
import { groupInfoOf } from './export-group-info.js';
import type { GroupState } from './group-state.js';
import {
  enterNextEpoch,
  type NextEpoch,
  nextContext,
  nextHeader,
  provisionalContext,
  requireNextEpoch,
} from './next-epoch.js';
import type { SentProposal } from './pending-proposals.js';
import { type ProposalOrRef, requiresPath } from './proposal.js';
import { type CommitSender, sortProposals } from './proposal-rules.js';
import { frameContent, handshakeWireFormat, sealMessage, signContent } from './send-message.js';
import { committedProposals, StagedCommit } from './staged-commit.js';
import { createWelcome, encodeWelcomeMessage } from './welcome.js';

/** What a client's leaf says of it, besides its keys. */
export type LeafDescription = Pick<LeafNodeContent, 'credential' | 'capabilities' | 'extensions'>;

/** Who makes a commit, and how its secrets hang on the epoch before. */
export interface CommitAuthor {
  readonly sender: CommitSender;
  /** What the leaf of a path says; what the leaf said before where it is not given. */
  readonly leaf?: LeafDescription | undefined;
  /** 32 bytes. */
  readonly initSecret: Uint8Array;
  readonly lookUpPsk: PskLookup;
  /** Whether the commit is the first of a group that follows or branches off another. */
  readonly startsSuccessor?: boolean | undefined;
}

/** How a commit is made. */
export interface CommitOptions {
  readonly forcePath?: boolean | undefined;
  readonly aad?: Uint8Array | undefined;
  /** Whether the ratchet tree goes into the Welcome, which it does unless told otherwise. */
  readonly ratchetTreeInWelcome?: boolean | undefined;
  /** Of the GroupInfo in the Welcome, besides the tree. */
  readonly groupInfoExtensions?: readonly Extension[] | undefined;
  readonly random: Random;
}

/** A commit that was made and is not in force yet. */
export interface CreatedCommit {
  /** MLSMessage to send to the group. */
  readonly message: Uint8Array;
  /** MLSMessage to send to all new members, once the commit is in force. */
  readonly welcome?: Uint8Array;
  /** Content of a ratchet_tree extension for the new members, where the Welcome was to leave it out. */
  readonly ratchetTree?: Uint8Array;
  readonly staged: StagedCommit;
}

/** What a path adds to a commit; without one, only the keys that outlive the proposals. */
type CommitPath = Omit<CreatedUpdatePath, 'updatePath'> & { readonly updatePath?: UpdatePath };

/**
 * Makes a commit of these proposals, by reference those that have one.
 *
 * @throws MlsError `mls/validation`
 */
export function makeCommit(
  state: GroupState,
  author: CommitAuthor,
  sent: readonly SentProposal[],
  options: CommitOptions,
): CreatedCommit {
  return withSecrets((secrets) => makeWithSecrets(state, author, sent, options, secrets));
}

function makeWithSecrets(
  state: GroupState,
  author: CommitAuthor,
  sent: readonly SentProposal[],
  options: CommitOptions,
  ofCall: CallSecrets,
): CreatedCommit {
  requireNextEpoch(state);
  const { suite, config, tree, context } = state;
  const { policy } = config;
  const { sender, startsSuccessor } = author;
  const leaf = (index: number) => tree.leaf(index);
  const sorted = sortProposals(sent, { suite, policy, context, leaf, committer: sender, startsSuccessor });
  const psks = sorted.psks.map(({ psk }) => psk);
  const pskSecret = ofCall.passing(derivePskSecret(suite, psks, author.lookUpPsk));

  const diff = tree.diff();
  const applied = applyProposals(suite, policy, diff, context, sorted);
  const leafIndex = sender.type === 'member' ? sender.leafIndex : diff.nextLeafIndex();
  const proposals = sent.map(({ proposal }) => proposal);
  const hasPath = options.forcePath === true || author.leaf !== undefined || requiresPath(proposals, policy.types);
  const path = hasPath
    ? createPath(state, author, leafIndex, diff, applied, options.random, ofCall)
    : noPath(state, diff);

  const list = sent.map(asProposalOrRef);
  const commit = path.updatePath ? { proposals: list, path: path.updatePath } : { proposals: list };
  const content = { contentType: CONTENT_TYPE.commit, commit, raw: encodeCommit(commit) };
  const wireFormat = sender.type === 'member' ? handshakeWireFormat(state) : WIRE_FORMAT.publicMessage;
  const signed = signContent(state, wireFormat, frameContent(state, content, options.aad, sender));
  const nextGroupContext = nextContext(state, applied.extensions, diff.treeHash(), signed);
  const next = enterNextEpoch(state, nextGroupContext, path.commitSecret, pskSecret, author.initSecret, ofCall);
  const { added, removed, extensionsChanged } = applied;
  const status = sorted.reinit === undefined ? 'active' : 'reinitialized';
  const pathLeaf = path.updatePath?.leafNode;
  const staged = new StagedCommit({
    baseAuthenticator: state.header.secrets.epochAuthenticator,
    isExternal: sender.type !== 'member',
    committerLeafIndex: leafIndex,
    committer: (sender.type === 'member' ? tree.leaf(leafIndex) : pathLeaf) as LeafNode,
    ...{ pathLeaf, added, removed, extensionsChanged, diff },
    proposals: committedProposals(sent),
    context: next.context,
    header: nextHeader(state, next, diff.leafCount, extensionsChanged, status, leafIndex),
    encryptionSecret: next.secrets.encryptionSecret,
    privateKeys: path.privateKeys,
  });
  const joiners = sorted.adds.map(({ keyPackage }) => keyPackage);
  const parts = { diff, applied, joiners, next, path, psks, pskSecret, leafIndex };
  const welcome = joiners.length === 0 ? undefined : makeWelcome(state, parts, options);
  const message = sealMessage(state, { ...signed, confirmationTag: next.confirmationTag }, options.random);
  if (welcome === undefined) return { message, staged };
  const isApart = options.ratchetTreeInWelcome === false;
  return { message, welcome, staged, ...(isApart && { ratchetTree: encodeTreeExtension(diff) }) };
}

function asProposalOrRef({ proposal, reference }: SentProposal): ProposalOrRef {
  return reference === undefined ? { type: 'proposal', proposal } : { type: 'reference', reference };
}

function noPath(state: GroupState, diff: TreeDiff): CommitPath {
  return {
    pathSecrets: new Map(),
    commitSecret: new Uint8Array(state.suite.hashLength),
    privateKeys: survivingPrivateKeys(diff, state.ownLeafIndex, state.pathPrivateKeys.all()),
  };
}

/** A path. Its leaf says of a member what the leaf said before, unless told otherwise. */
function createPath(
  state: GroupState,
  author: CommitAuthor,
  ownLeafIndex: number,
  diff: TreeDiff,
  applied: AppliedProposals,
  random: Random,
  ofCall: CallSecrets,
): CommitPath {
  const { signatureKey, header, suite } = state;
  const { credential, capabilities, extensions } = author.leaf ?? (diff.leaf(ownLeafIndex) as LeafNode);
  const { groupId } = header;
  const path = createUpdatePath({
    ...{ diff, ownLeafIndex, groupId, signatureKey, random },
    leafTemplate: { credential, capabilities, extensions },
    groupContextOf: (treeHash) => provisionalContext(state, applied.extensions, treeHash).raw,
    excludeLeaves: new Set(applied.added.map(({ leafIndex }) => leafIndex)),
  });
  for (const secret of [path.commitSecret, ...path.pathSecrets.values()]) ofCall.passing(secret);
  for (const key of path.privateKeys.values()) ofCall.handedOn(key);
  const { policy } = state.config;
  if (author.leaf === undefined) {
    // Nothing was asked of the members when the requirements changed: the others judge our leaf by them now.
    if (policy.asDeployed) validateDemands(capabilities, applied.demands, policy, { leafIndex: ownLeafIndex });
    return path;
  }
  // The leaf is new to the group, so that it is judged as the others will judge it.
  validateLeafNode(path.updatePath.leafNode, {
    ...{ suite, policy, demands: applied.demands, sources: [LEAF_NODE_SOURCE.commit] },
    binding: { groupId, leafIndex: ownLeafIndex },
  });
  diff.checkUniqueKeys(policy);
  validateMembers(diff.counts, undefined, policy);
  return path;
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
  /** The committer's. */
  readonly leafIndex: number;
}

function makeWelcome(state: GroupState, parts: WelcomeParts, options: CommitOptions): Uint8Array {
  const { suite } = state;
  const { random, ratchetTreeInWelcome = true, groupInfoExtensions = [] } = options;
  const { diff, applied, joiners, next, path, psks, pskSecret, leafIndex } = parts;
  const groupInfo = groupInfoOf(state, {
    ...{ context: next.context, confirmationTag: next.confirmationTag, signer: leafIndex, random },
    tree: ratchetTreeInWelcome ? diff : undefined,
    extensions: groupInfoExtensions,
  });
  const welcome = createWelcome({
    ...{ suite, groupInfo, joiners, pskSecret, psks, random },
    joinerSecret: next.joinerSecret,
    pathSecretOf: (position) =>
      pathSecretForLeaf(path.pathSecrets, leafIndex, (applied.added[position] as PlacedLeaf).leafIndex),
  });
  return encodeWelcomeMessage(welcome);
}
