/** Joining a group by a commit of one's own, without a Welcome (RFC 9420 section 12.4.3.2). */
import {
  type CallSecrets,
  encodeTls,
  equalBytes,
  type Random,
  type SignaturePrivateKey,
  withSecrets,
} from '@conclave/crypto';
import { type CipherSuite, PUBLIC_KEY_LENGTH } from '../crypto/cipher-suite.js';
import { makeProposalRef } from '../crypto/refs.js';
import { MlsError } from '../errors.js';
import { verifyFramedContent, writeAuthenticatedContent } from '../framing/framed-content.js';
import { decodeMlsMessage } from '../framing/mls-message.js';
import { CONTENT_TYPE, WIRE_FORMAT } from '../framing/wire-format.js';
import { RowJournal } from '../rows.js';
import { externalPubOf, sealExternalInit } from '../schedule/external-init.js';
import type { PreSharedKeyId } from '../schedule/psk.js';
import { interimTranscriptHash } from '../schedule/transcript-hash.js';
import type { RatchetTree } from '../tree/ratchet-tree.js';
import { check, violation } from '../validation/policy.js';
import { type GroupHeader, noSecrets } from './group-header.js';
import type { GroupInfo } from './group-info.js';
import { beginGroup, GroupState } from './group-state.js';
import { type CommitOptions, type CreatedCommit, type LeafDescription, makeCommit } from './make-commit.js';
import { completeConfig, type MlsConfig } from './mls-config.js';
import type { PendingProposal, SentProposal } from './pending-proposals.js';
import type { Proposal } from './proposal.js';
import { PublicGroup, type PublicGroupParams } from './public-group.js';
import { StagedCommit } from './staged-commit.js';

/** What joining by a commit takes. */
export interface ExternalCommitParams
  extends Pick<PublicGroupParams, 'suite' | 'ratchetTree' | 'nowSeconds' | 'verifiedTrees'>,
    Pick<CommitOptions, 'aad' | 'ratchetTreeInWelcome' | 'groupInfoExtensions'> {
  /** MLSMessage with a GroupInfo that has external_pub; or what `PublicGroup.open` made of it, which is used up. */
  readonly groupInfo: Uint8Array | PublicGroup;
  readonly signatureKey: SignaturePrivateKey;
  /** What our leaf is to say. */
  readonly leaf: LeafDescription;
  /** The leaf of an earlier self that this commit removes: a resync. */
  readonly replacesLeafIndex?: number | undefined;
  /** Pre-shared keys to prove the knowledge of; `config.psk` finds their values. */
  readonly psks?: readonly PreSharedKeyId[] | undefined;
  /** Others by value; which ones are allowed is for the group's policy to say. */
  readonly proposals?: readonly Proposal[] | undefined;
  /** Pending proposals of members that joiners commit by reference, SelfRemove for example: MLSMessages. */
  readonly pendingProposals?: readonly Uint8Array[] | undefined;
  readonly config?: Partial<MlsConfig> | undefined;
  readonly random: Random;
}

/** A group that was joined, provided that its members get the commit. */
export interface ExternalJoin extends CreatedCommit {
  /** In the epoch that the commit begins. */
  readonly state: GroupState;
}

/**
 * Makes the commit and the group as it is after it. If the group does not take the commit, both are thrown away.
 *
 * Cost: one signature verification and one hash per member, and the path: one HPKE seal per node of its resolutions.
 *
 * @throws MlsError `mls/malformed`, `mls/unsupported-message`, `mls/validation`
 */
export function joinByExternalCommit(params: ExternalCommitParams): ExternalJoin {
  return withSecrets((secrets) => joinWithSecrets(params, secrets));
}

function joinWithSecrets(params: ExternalCommitParams, ofCall: CallSecrets): ExternalJoin {
  const { suite, signatureKey, leaf, replacesLeafIndex, psks = [], random } = params;
  const config = completeConfig(params.config);
  const { policy } = config;
  const publicGroup =
    params.groupInfo instanceof PublicGroup
      ? params.groupInfo
      : PublicGroup.open({ ...params, groupInfo: params.groupInfo, policy });
  const groupInfo = PublicGroup.groupInfoOf(publicGroup);
  if (groupInfo.groupContext.suite !== suite.id)
    throw violation('welcome-suite', { suite: groupInfo.groupContext.suite });
  const externalPub = externalPubOf(groupInfo.extensions);
  if (externalPub?.length !== PUBLIC_KEY_LENGTH) throw violation('external-pub');
  const tree = PublicGroup.takeTree(publicGroup);
  const outside = new GroupState({
    ...{ suite, config, signatureKey, tree, context: groupInfo.groupContext },
    header: headerOutside(suite, groupInfo, tree),
    rows: new RowJournal(),
  });
  const { kemOutput, initSecret } = sealExternalInit(suite, externalPub, random);
  ofCall.passing(initSecret);
  const proposals: Proposal[] = [
    { type: 'external-init', kemOutput },
    ...(replacesLeafIndex === undefined ? [] : [{ type: 'remove', leafIndex: replacesLeafIndex } as const]),
    ...psks.map((psk): Proposal => ({ type: 'psk', psk })),
    ...(params.proposals ?? []),
  ];
  const sender = { type: 'new-member-commit' } as const;
  const pending = (params.pendingProposals ?? []).map((message) => openPending(outside, message));
  const sent: SentProposal[] = [...pending, ...proposals.map((proposal) => ({ proposal, sender }))];
  const author = { sender, leaf, initSecret, lookUpPsk: config.psk };
  const created = makeCommit(outside, author, sent, params);
  const { header, context, diff, privateKeys, encryptionSecret } = StagedCommit.partsOf(created.staged);
  tree.merge(diff);
  const inside = { ...header, extensionsEpoch: context.epoch };
  const beginning = { suite, config, signatureKey, tree, context, privateKeys, encryptionSecret };
  return { ...created, state: beginGroup({ ...beginning, header: inside }) };
}

/** The epoch that we see from outside: all but its secrets. */
function headerOutside(suite: CipherSuite, groupInfo: GroupInfo, tree: RatchetTree): GroupHeader {
  const { groupId, epoch, treeHash, confirmedTranscriptHash } = groupInfo.groupContext;
  const { confirmationTag } = groupInfo;
  return {
    ...{ suite: suite.id, groupId, epoch, treeHash, confirmedTranscriptHash, confirmationTag },
    ownLeafIndex: tree.leafCount,
    status: 'active',
    leafCount: tree.leafCount,
    extensionsEpoch: epoch,
    interimTranscriptHash: interimTranscriptHash(suite, confirmedTranscriptHash, confirmationTag),
    secrets: noSecrets(),
  };
}

/**
 * A pending proposal as a joiner can verify it: by its signature; the membership tag is not for outsiders.
 * @throws MlsError `mls/malformed`, `mls/unsupported-message`, `mls/wrong-group`, `mls/wrong-epoch`, `mls/validation`
 */
function openPending(outside: GroupState, bytes: Uint8Array): PendingProposal {
  const { suite, config, tree, context } = outside;
  const received = decodeMlsMessage(bytes, config.policy.types);
  if (received.wireFormat !== WIRE_FORMAT.publicMessage) {
    throw new MlsError('mls/unsupported-message', { wireFormat: received.wireFormat });
  }
  const { message } = received.publicMessage;
  const { sender, content, epoch, groupId } = message.framed;
  if (!equalBytes(groupId, outside.header.groupId)) throw new MlsError('mls/wrong-group');
  if (epoch !== outside.epoch)
    throw new MlsError('mls/wrong-epoch', { messageEpoch: epoch, groupEpoch: outside.epoch });
  if (content.contentType !== CONTENT_TYPE.proposal || sender.type !== 'member') {
    throw new MlsError('mls/unsupported-message', { sender: sender.type, contentType: content.contentType });
  }
  const key = tree.signatureKeyHandle(sender.leafIndex);
  if (key === undefined) throw violation('sender-member', { leafIndex: sender.leafIndex });
  check(config.policy, 'content-signature', () => verifyFramedContent(key, message, context.raw), { epoch });
  const reference = makeProposalRef(suite, encodeTls(message, writeAuthenticatedContent));
  return { proposal: content.proposal, sender, reference };
}
