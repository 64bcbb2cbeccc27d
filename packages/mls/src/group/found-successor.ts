/** Founding the group that follows a reinit (RFC 9420 section 11.2) or branches off (section 11.3). */
import type { Random, SignaturePrivateKey } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { MlsError } from '../errors.js';
import type { Extension } from '../extension.js';
import { type KeyPackage, verifyKeyPackage } from '../key-package.js';
import { type PreSharedKeyId, RESUMPTION_PSK_USAGE } from '../schedule/psk.js';
import { type CreateGroupParams, createGroup } from './create-group.js';
import type { GroupState } from './group-state.js';
import { type CommitOptions, makeCommit } from './make-commit.js';
import { mergeCommit } from './merge-commit.js';
import type { MlsConfig } from './mls-config.js';
import type { SentProposal } from './pending-proposals.js';
import { type MemberIdentity, type PredecessorPsk, verifySuccession } from './succession.js';

/** What founding a successor takes. */
export interface FoundSuccessorParams extends Omit<CommitOptions, 'random'> {
  /** Of the new group: what the reinit proposal names, or the suite of the group that is branched. */
  readonly suite: CipherSuite;
  /** Of all members but us after a reinit, of those who come along in a branch; of that suite. */
  readonly keyPackages: readonly KeyPackage[];
  /** What our leaf says in the new group. */
  readonly leaf: CreateGroupParams['leaf'];
  readonly signatureKey: SignaturePrivateKey;
  readonly config?: Partial<MlsConfig> | undefined;
  /** Who is the same member in both groups; the same credential, unless told otherwise. */
  readonly memberIdentity?: MemberIdentity | undefined;
  /** Unix time, against which the lifetimes of the key packages are checked. */
  readonly nowSeconds?: bigint | undefined;
  readonly random: Random;
}

/** What branching takes besides. */
export interface BranchParams extends FoundSuccessorParams {
  readonly groupId: Uint8Array;
  /** Of the new GroupContext; those of the group that is branched, unless told otherwise. */
  readonly extensions?: readonly Extension[] | undefined;
}

/** The new group in epoch 1, in which everybody is a member. */
export interface FoundedSuccessor {
  readonly state: GroupState;
  /** The commit that added the others; nobody else was in the group to receive it. */
  readonly message: Uint8Array;
  /** MLSMessage to send to all others; absent in a group of one. */
  readonly welcome?: Uint8Array;
  /** Content of a ratchet_tree extension for them, where the Welcome was to leave it out. */
  readonly ratchetTree?: Uint8Array;
}

/**
 * Founds the group that the merged reinit proposal names.
 *
 * @throws MlsError `mls/validation` (`reinit-committed`, `reinit-…`), and as `MlsGroup.create` and `createCommit`
 */
export function foundReinitialized(predecessor: GroupState, params: FoundSuccessorParams): FoundedSuccessor {
  const { reinit } = predecessor;
  if (reinit === undefined) throw new MlsError('mls/invalid-argument', { status: predecessor.header.status });
  if (reinit.suite !== params.suite.id) throw new MlsError('mls/invalid-argument', { suite: params.suite.id });
  const { groupId, extensions } = reinit;
  return found(predecessor, { ...params, groupId, extensions }, RESUMPTION_PSK_USAGE.reinit);
}

/**
 * Founds a group of some of the members; the group that it comes from goes on.
 *
 * @throws MlsError `mls/removed`, `mls/validation` (`branch-…`), and as `MlsGroup.create` and `createCommit`
 */
export function foundBranch(predecessor: GroupState, params: BranchParams): FoundedSuccessor {
  predecessor.requireActive();
  const { extensions = predecessor.context.extensions } = params;
  return found(predecessor, { ...params, extensions }, RESUMPTION_PSK_USAGE.branch);
}

function found(
  predecessor: GroupState,
  params: BranchParams & { readonly extensions: readonly Extension[] },
  usage: PredecessorPsk['usage'],
): FoundedSuccessor {
  const { suite, groupId, extensions, leaf, signatureKey, config, random } = params;
  const state = createGroup({ suite, groupId, extensions, leaf, signatureKey, config, random });
  try {
    return addOthers(state, predecessor, params, usage);
  } catch (error) {
    state.discard();
    throw error;
  }
}

/** The first commit of the new group, by which it follows the other and everybody else comes in. */
function addOthers(
  state: GroupState,
  predecessor: GroupState,
  params: FoundSuccessorParams,
  usage: PredecessorPsk['usage'],
): FoundedSuccessor {
  const { suite, keyPackages, random, nowSeconds } = params;
  const { groupId: oldGroupId, epoch } = predecessor.header;
  const nonce = random(suite.hashLength);
  const psk: PredecessorPsk = { type: 'resumption', usage, groupId: oldGroupId, epoch, nonce };
  const { policy } = state.config;
  for (const keyPackage of keyPackages) verifyKeyPackage(suite, keyPackage, policy, nowSeconds);
  const founder = { leafNode: state.tree.leaf(0) as NonNullable<ReturnType<typeof state.tree.leaf>> };
  verifySuccession({
    ...{ predecessor, psk, policy, memberIdentity: params.memberIdentity },
    context: { ...state.context, epoch: 1n },
    tree: { leaves: () => [founder, ...keyPackages] },
  });
  const sender = { type: 'member', leafIndex: 0 } as const;
  const sent: SentProposal[] = [
    ...keyPackages.map((keyPackage) => ({ proposal: { type: 'add', keyPackage }, sender }) as const),
    { proposal: { type: 'psk', psk }, sender },
  ];
  const lookUpPsk = (id: PreSharedKeyId) => predecessor.lookUpPsk(id) ?? state.lookUpPsk(id);
  const author = { sender, initSecret: state.header.secrets.initSecret, lookUpPsk, startsSuccessor: true };
  const { staged, ...sentOut } = makeCommit(state, author, sent, params);
  mergeCommit(state, staged);
  return { state, ...sentOut };
}
