/** Joining a group by its link: the wrapped state is judged before anything is sent, and the commit counts once the network has ordered it. */
import { equalBytes, fromHex, toHex } from '@conclave/crypto';
import { hasInstallation, installationsOf } from '@conclave/identity';
import {
  customProposal,
  MlsError,
  MlsGroup,
  type Proposal,
  PublicGroup,
  peekMlsMessage,
  requiredCapabilitiesOf,
} from '@conclave/mls';
import {
  create,
  type GroupMessage_V1,
  GroupMessageInputSchema,
  PagingInfoSchema,
  QueryGroupMessagesRequestSchema,
  SendGroupMessagesRequestSchema,
  SendWelcomeMessagesRequestSchema,
  SortDirection,
} from '@conclave/proto';
import { COMPONENT } from '../app-data/component-ids.js';
import { xmtpTypes } from '../app-data/components.js';
import { encodeMembershipEntry } from '../app-data/dictionary.js';
import { policyOf } from '../app-data/external-commit-policy.js';
import { encodeMapDelta, INBOX_KEY } from '../app-data/tls-collections.js';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { groupConfig } from '../groups/live-groups.js';
import { fetchKeyPackages } from '../identity/fetch-key-packages.js';
import { type AcceptedKeyPackage, applicationIdExtension, KEY_PACKAGE_CAPABILITIES } from '../identity/key-package.js';
import { senderHmac } from '../messages/hmac.js';
import { PAGE_SIZE } from '../network/network.js';
import { GroupPayloads } from '../payloads/group-payloads.js';
import { getConversation } from '../store/conversations.js';
import { requireHmacRoot } from '../store/preferences.js';
import { usesOf } from '../validation/external-commit-rules.js';
import { leafIdentity } from '../validation/leaf-identity.js';
import { joinConversation } from '../welcomes/join.js';
import { welcomeCalls } from '../welcomes/welcome-inputs.js';
import { WELCOME_LOCK } from '../welcomes/welcome-lock.js';
import { openBlob, readBlob } from './group-info-blob.js';
import { decodeInvite, type Invite } from './invite-link.js';
import { inviteInvalid } from './invite-rules.js';
import type { InviteSlots } from './open-invite.js';

/** Blobs of one slot that are looked at, the last ones. */
const MAX_CANDIDATES = 8;
/** Largest blob: the state of a group of some 60,000 leaves. */
const MAX_BLOB_BYTES = 24 * 1024 * 1024;
/** Pages read back to find our commit in the order. */
const MAX_PAGES_BACK = 20;

/** A state that may be joined. */
interface Candidate {
  readonly group: PublicGroup;
  readonly payloads: GroupPayloads;
}

/**
 * Joins with all installations of this inbox.
 * @returns the conversation's id
 * @throws ClientError `client/invite-invalid` with the rule; `client/invite-stale` (retryable) when the group has moved on since the state was
 *   put into the slot; network errors
 * Cost: as joining by a welcome, and a path.
 */
export async function followInvite(ctx: ClientContext, link: string, slots: InviteSlots): Promise<string> {
  const invite = decodeInvite(link);
  if (getConversation(ctx.db, invite.groupId)?.active === true) throw inviteInvalid('not-a-member');
  const candidate = await newestState(ctx, invite, await slots.list(invite.slot));
  checkPolicy(ctx, invite, candidate);
  const id = await joinBy(ctx, candidate);
  if (id === undefined) throw new ClientError('client/invite-stale', { groupId: invite.groupId });
  return id;
}

/**
 * The newest of the states that the vouchers have signed: the ones before it are over.
 * @throws ClientError the reason against the last of the others, when there is none
 */
async function newestState(ctx: ClientContext, invite: Invite, blobs: readonly Uint8Array[]): Promise<Candidate> {
  let newest: Candidate | undefined;
  let refusal: ClientError | undefined;
  for (const bytes of blobs.slice(-MAX_CANDIDATES)) {
    try {
      const candidate = await openState(ctx, invite, bytes);
      if (newest === undefined || candidate.group.context.epoch >= newest.group.context.epoch) newest = candidate;
    } catch (error) {
      const reason = error instanceof MlsError ? inviteInvalid('blob-malformed', {}, error) : error;
      if (!(reason instanceof ClientError) || reason.retryable) throw error;
      refusal = reason;
    }
  }
  if (newest === undefined) throw refusal ?? inviteInvalid('slot-empty');
  return newest;
}

async function openState(ctx: ClientContext, invite: Invite, bytes: Uint8Array): Promise<Candidate> {
  if (bytes.length > MAX_BLOB_BYTES) throw inviteInvalid('blob-malformed', { bytes: bytes.length });
  const blob = readBlob(bytes);
  const groupInfo = openBlob(ctx.crypto, invite.key, blob);
  if (blob.expiresAtNs !== 0n && ctx.host.nowNs() >= blob.expiresAtNs) throw inviteInvalid('blob-expired');
  const group = PublicGroup.open({ suite: ctx.suite, groupInfo, policy: xmtpTypes(ctx.crypto).policy });
  const { context } = group;
  if (context.epoch !== blob.epoch || !equalBytes(ctx.crypto.hash('sha256', context.raw), blob.digest)) {
    throw inviteInvalid('blob-consistent');
  }
  await checkAnchor(ctx, invite, group);
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
async function checkAnchor(ctx: ClientContext, invite: Invite, group: PublicGroup): Promise<void> {
  if (toHex(group.context.groupId) !== invite.groupId) throw inviteInvalid('anchor-group');
  const leaf = group.leaf(group.signerLeafIndex);
  if (leaf === undefined) throw inviteInvalid('anchor-voucher');
  const { inboxId, installationId } = leafIdentity(leaf);
  if (!invite.vouchers.includes(inboxId)) throw inviteInvalid('anchor-voucher', { inboxId });
  await ctx.inboxLog.refresh([inboxId]);
  const state = ctx.inboxLog.latest(inboxId)?.state;
  if (state === undefined || !hasInstallation(state, installationId))
    throw inviteInvalid('anchor-voucher', { inboxId });
}

/** @returns the conversation's id; undefined when another commit was first */
async function joinBy(ctx: ClientContext, { group, payloads }: Candidate): Promise<string | undefined> {
  const { inboxId, installationId, signatureKey, credential } = ctx.identity;
  const { epoch, groupId } = group.context;
  const signer = group.signerLeafIndex;
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
    admittedVia: policyOf(payloads.dictionary)?.slot,
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
  const position = await publish(ctx, groupId, epoch, joined.message);
  if (position === undefined) return undefined;
  const id = await ctx.locks.run(WELCOME_LOCK, () =>
    joinConversation(ctx, joined.group, signer, {
      sequenceId: 0n,
      createdAtNs: position.createdNs,
      messageCursor: position.id,
    }),
  );
  if (joined.welcome !== undefined && joiners.length > 0) {
    const { crypto } = ctx;
    const welcome = { crypto, random: ctx.host.random, welcome: joined.welcome, messageCursor: position.id, joiners };
    for await (const { messages } of welcomeCalls(welcome)) {
      await ctx.network.sendWelcomeMessages(create(SendWelcomeMessagesRequestSchema, { messages: [...messages] }));
    }
  }
  return id;
}

/** Sends the commit and looks where it came. @returns its envelope, or undefined when the epoch was over */
async function publish(
  ctx: ClientContext,
  groupId: Uint8Array,
  epoch: bigint,
  data: Uint8Array,
): Promise<GroupMessage_V1 | undefined> {
  // What nobody would take is not sent.
  if ((await readBack(ctx, groupId, epoch)).isOver) return undefined;
  const nowNs = ctx.host.nowNs();
  const { root } = requireHmacRoot(ctx.db, ctx.host.random, nowNs);
  const value = { data, senderHmac: senderHmac(ctx.crypto, root, groupId, nowNs, data), shouldPush: false };
  const messages = [create(GroupMessageInputSchema, { version: { case: 'v1', value } })];
  await ctx.network.sendGroupMessages(create(SendGroupMessagesRequestSchema, { messages }));
  const { own, isOver } = await readBack(ctx, groupId, epoch, data);
  return isOver ? undefined : own;
}

/**
 * Reads back from the newest message to the commit that began the epoch.
 * @param data - our commit; others that stand behind it for the same epoch are taken by nobody
 * @returns where ours stands, and whether another commit for the epoch stands before it
 */
async function readBack(
  ctx: ClientContext,
  groupId: Uint8Array,
  epoch: bigint,
  data?: Uint8Array,
): Promise<{ own: GroupMessage_V1 | undefined; isOver: boolean }> {
  let own: GroupMessage_V1 | undefined;
  let idCursor = 0n;
  for (let page = 0; page < MAX_PAGES_BACK; page++) {
    const pagingInfo = create(PagingInfoSchema, { direction: SortDirection.DESCENDING, limit: PAGE_SIZE, idCursor });
    const request = create(QueryGroupMessagesRequestSchema, { groupId, pagingInfo });
    const answer = await ctx.network.queryGroupMessages(request);
    for (const { version } of answer.messages) {
      if (version.case !== 'v1') continue;
      idCursor = version.value.id;
      if (data !== undefined && equalBytes(version.value.data, data)) {
        own = version.value;
        continue;
      }
      const committed = epochOfCommit(version.value.data);
      if (committed === undefined || (data !== undefined && own === undefined)) continue;
      return { own, isOver: committed >= epoch };
    }
    if (answer.messages.length < PAGE_SIZE) break;
  }
  return { own, isOver: false };
}

function epochOfCommit(data: Uint8Array): bigint | undefined {
  try {
    const { epoch, contentType } = peekMlsMessage(data);
    return contentType === 3 ? epoch : undefined;
  } catch (error) {
    if (error instanceof MlsError) return undefined;
    throw error;
  }
}
