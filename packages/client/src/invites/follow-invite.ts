/** Joining a group by its link: the wrapped state is judged before anything is sent, and the commit counts once the network has ordered it. */
import { EMPTY_BYTES, equalBytes, fromHex, toHex } from '@conclave/crypto';
import { hasInstallation, installationsOf } from '@conclave/identity';
import {
  customProposal,
  type LeafNode,
  MlsError,
  MlsGroup,
  type OpenedGroupInfo,
  type Proposal,
  PublicGroup,
  requiredCapabilitiesOf,
} from '@conclave/mls';
import { COMPONENT } from '../app-data/component-ids.js';
import { xmtpTypes } from '../app-data/components.js';
import { encodeMembershipEntry } from '../app-data/dictionary.js';
import { policyOf } from '../app-data/external-commit-policy.js';
import { GroupPayloads } from '../app-data/group-payloads.js';
import { encodeMapDelta, INBOX_KEY } from '../app-data/tls-collections.js';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { groupConfig, LiveGroup } from '../groups/live-groups.js';
import { fetchKeyPackages } from '../identity/fetch-key-packages.js';
import { type AcceptedKeyPackage, applicationIdExtension, KEY_PACKAGE_CAPABILITIES } from '../identity/key-package.js';
import { getConversation } from '../store/conversations.js';
import { usesOf } from '../validation/external-commit-rules.js';
import { leafIdentity } from '../validation/leaf-identity.js';
import { judgeGroup } from '../welcomes/join.js';
import { encodePendingWelcomes } from '../wrapping/pending-welcomes.js';
import { lookBack } from './commit-order.js';
import { openBlob, readBlob, type WrappedGroupInfo } from './group-info-blob.js';
import { decodeInvite, type Invite } from './invite-link.js';
import { inviteInvalid } from './invite-rules.js';
import type { InviteSlots } from './open-invite.js';
import { dropPendingJoin, getPendingJoin, type PendingJoin, putPendingJoin } from './pending-join.js';
import { type JoinOutcome, joinLock, settleJoin } from './settle-join.js';

/** Blobs of one slot that are looked at, the last ones. */
const MAX_CANDIDATES = 8;
/** Largest blob: the state of a group of some 60,000 leaves. */
const MAX_BLOB_BYTES = 24 * 1024 * 1024;
/** A state that may be joined. */
interface Candidate {
  readonly group: PublicGroup;
  readonly payloads: GroupPayloads;
}

/**
 * Joins with all installations of this inbox. What is needed for it is stored before the commit is sent: after a failure the next call, or
 * the tick, looks whether it has its place in the order, and goes on.
 * @returns the conversation's id
 * @throws ClientError `client/invite-invalid` with the rule, `client/welcome-invalid` as `joinConversation`; `client/invite-stale`
 *   (retryable) when the group has moved on since the state was put into the slot, or may have; network errors
 * Cost: as joining by a welcome, and a path; its rows are written twice.
 */
export async function followInvite(ctx: ClientContext, link: string, slots: InviteSlots): Promise<string> {
  const invite = decodeInvite(link);
  return ctx.locks.run(joinLock(invite.groupId), () => followLocked(ctx, invite, slots));
}

async function followLocked(ctx: ClientContext, invite: Invite, slots: InviteSlots): Promise<string> {
  const { groupId } = invite;
  if (getConversation(ctx.db, groupId)?.active === true) throw inviteInvalid('not-a-member', { groupId });
  const left = getPendingJoin(ctx, groupId);
  const before = left === undefined ? undefined : await settleJoin(ctx, left);
  if (before?.outcome === 'joined') return before.id;
  const candidate = await newestState(ctx, invite, await slots.list(invite.slot));
  if (left !== undefined && before?.outcome === 'contested') {
    if (candidate.group.context.epoch <= left.epoch) throw new ClientError('client/invite-stale', { groupId });
    const after = isIn(candidate, left) ? await settleJoin(ctx, left, { confirmed: true }) : undefined;
    if (after?.outcome === 'joined') return after.id;
    dropPendingJoin(ctx, groupId);
  }
  checkPolicy(ctx, invite, candidate);
  const result = await joinBy(ctx, candidate);
  if (result?.outcome === 'joined') return result.id;
  if (result?.outcome === 'late') throw inviteInvalid('policy-expired');
  throw new ClientError('client/invite-stale', { groupId });
}

/** Whether the leaf of the join is in a later state. */
function isIn({ group }: Candidate, { ownLeafIndex, leafKey }: PendingJoin): boolean {
  const leaf = group.leaf(ownLeafIndex);
  return leaf !== undefined && equalBytes(leaf.encryptionKey, leafKey);
}

/**
 * The newest of the states that the vouchers have signed: the ones before it are over, and not looked at. Whoever has the link can put others
 * there, which cost little (`openState`).
 * @throws ClientError the reason against the last of the others, when there is none
 */
async function newestState(ctx: ClientContext, invite: Invite, blobs: readonly Uint8Array[]): Promise<Candidate> {
  const refusals: ClientError[] = [];
  const refuse = (at: number, error: unknown): void => {
    const reason = error instanceof MlsError ? inviteInvalid('blob-malformed', {}, error) : error;
    if (!(reason instanceof ClientError) || reason.retryable) throw error;
    refusals[at] = reason;
  };
  const states: { readonly at: number; readonly blob: WrappedGroupInfo }[] = [];
  for (const [at, bytes] of blobs.slice(-MAX_CANDIDATES).entries()) {
    try {
      if (bytes.length > MAX_BLOB_BYTES) throw inviteInvalid('blob-malformed', { bytes: bytes.length });
      states.push({ at, blob: readBlob(bytes) });
    } catch (error) {
      refuse(at, error);
    }
  }
  states.sort((one, other) => compareEpochs(other.blob, one.blob) || other.at - one.at);
  for (const { at, blob } of states) {
    try {
      return await openState(ctx, invite, blob);
    } catch (error) {
      refuse(at, error);
    }
  }
  throw refusals.at(-1) ?? inviteInvalid('slot-empty');
}

function compareEpochs({ epoch: one }: WrappedGroupInfo, { epoch: other }: WrappedGroupInfo): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Opens a state. Who has signed it is looked up first: verifying a tree takes long, and anybody with the link can make one. */
async function openState(ctx: ClientContext, invite: Invite, blob: WrappedGroupInfo): Promise<Candidate> {
  const groupInfo = openBlob(ctx.crypto, invite.key, blob);
  if (blob.expiresAtNs !== 0n && ctx.host.nowNs() >= blob.expiresAtNs) throw inviteInvalid('blob-expired');
  const { suite, verifiedTrees } = ctx;
  const opened = PublicGroup.begin({ suite, groupInfo, policy: xmtpTypes(suite.provider).policy, verifiedTrees });
  const { context } = opened;
  if (context.epoch !== blob.epoch || !equalBytes(ctx.crypto.hash('sha256', context.raw), blob.digest)) {
    throw inviteInvalid('blob-consistent');
  }
  await checkAnchor(ctx, invite, opened);
  const group = opened.verify();
  return { group, payloads: new GroupPayloads(context.extensions) };
}

/** What the members will check, before anything is sent; and that the link is the one that the group has now. */
function checkPolicy(ctx: ClientContext, invite: Invite, { payloads }: Candidate): void {
  const policy = policyOf(payloads.dictionary);
  if (policy?.isOpen !== true || payloads.dictionary === undefined) throw inviteInvalid('policy-open');
  const isCurrent =
    equalBytes(policy.key as Uint8Array, invite.key) && equalBytes(policy.slot as Uint8Array, invite.slot);
  if (!isCurrent) throw inviteInvalid('policy-current');
  if (policy.expiresAtNs !== 0n && ctx.host.nowNs() >= policy.expiresAtNs) throw inviteInvalid('policy-expired');
  const uses = usesOf(payloads.dictionary, invite.slot);
  if (policy.maxUses !== 0 && uses >= policy.maxUses)
    throw inviteInvalid('policy-used-up', { maxUses: policy.maxUses });
  if (payloads.membership.members.has(ctx.identity.inboxId)) throw inviteInvalid('not-a-member');
}

/**
 * The state is of the group that the link names, and signed by an installation of an inbox that the link names: whoever has the link can
 * wrap another group, with the same id if it likes, but not sign as a voucher.
 */
async function checkAnchor(ctx: ClientContext, invite: Invite, { context, signer }: OpenedGroupInfo): Promise<void> {
  if (toHex(context.groupId) !== invite.groupId) throw inviteInvalid('anchor-group');
  const { inboxId, installationId } = leafIdentity(signer);
  if (!invite.vouchers.includes(inboxId)) throw inviteInvalid('anchor-voucher', { inboxId });
  await ctx.inboxLog.refresh([inboxId]);
  const state = ctx.inboxLog.latest(inboxId)?.state;
  if (state === undefined || !hasInstallation(state, installationId))
    throw inviteInvalid('anchor-voucher', { inboxId });
}

/** @returns what became of it; undefined when the epoch was over before anything was sent */
async function joinBy(ctx: ClientContext, { group, payloads }: Candidate): Promise<JoinOutcome | undefined> {
  const { inboxId, installationId, signatureKey, credential } = ctx.identity;
  const { epoch, groupId } = group.context;
  const { signerLeafIndex } = group;
  const policy = policyOf(payloads.dictionary);
  await ctx.inboxLog.refresh([inboxId]);
  const { sequenceId, state } = ctx.inboxLog.requireLatest(inboxId);
  const others = installationsOf(state)
    .filter(({ publicKey }) => toHex(publicKey) !== installationId)
    .map(({ publicKey }) => ({ inboxId, installationId: publicKey }));
  const requirements = requiredCapabilitiesOf(payloads.extensions);
  const results = [...(await fetchKeyPackages(ctx, others, { requirements })).entries()];
  const joiners = results.flatMap(([, result]) =>
    result instanceof ClientError ? [] : [result as AcceptedKeyPackage],
  );
  const failed = results.flatMap(([id, result]) => (result instanceof ClientError ? [fromHex(id)] : []));
  const entry = encodeMembershipEntry({
    sequenceId,
    failedInstallations: failed,
    admittedVia: policy?.slot,
  });
  const update = encodeMapDelta([{ op: 'insert', key: inboxId, value: entry }], INBOX_KEY);
  const proposals: Proposal[] = [
    ...joiners.map(({ keyPackage }): Proposal => ({ type: 'add', keyPackage })),
    customProposal(xmtpTypes(ctx.crypto).appDataUpdate, {
      componentId: COMPONENT.groupMembership,
      op: 'update',
      update,
    }),
  ];
  const joined = MlsGroup.joinByExternalCommit({
    suite: ctx.suite,
    groupInfo: group,
    signatureKey,
    leaf: { credential, capabilities: KEY_PACKAGE_CAPABILITIES, extensions: [applicationIdExtension(inboxId)] },
    proposals,
    config: groupConfig(ctx.suite),
    random: ctx.host.random,
  });
  const live = new LiveGroup(toHex(groupId), joined.group);
  const validated = await judgeGroup(ctx, live, signerLeafIndex);
  // What nobody would take is not sent.
  const { newestId, isOver } = await lookBack(ctx, groupId, epoch);
  if (isOver) return undefined;
  const { ownLeafIndex } = joined.group;
  const { welcome } = joined;
  const join: PendingJoin = {
    ...{ groupId: live.id, epoch, afterId: newestId, signerLeafIndex, ownLeafIndex, message: joined.message },
    expiresAtNs: policy?.expiresAtNs ?? 0n,
    leafKey: (joined.group.leaf(ownLeafIndex) as LeafNode).encryptionKey,
    welcomes: welcome === undefined || joiners.length === 0 ? EMPTY_BYTES : encodePendingWelcomes({ welcome, joiners }),
    rows: joined.group.takeRows(),
  };
  putPendingJoin(ctx, join);
  return settleJoin(ctx, join, { judged: { group: live, validated } });
}
