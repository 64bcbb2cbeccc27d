/** New conversations: the local group first, then the commit that lets the others in (groups of XMTP, section "creating"). */
import { ConclaveError, toHex } from '@conclave/crypto';
import { isInboxId } from '@conclave/identity';
import { MlsGroup } from '@conclave/mls';
import { initialExtensions } from '../app-data/group-payloads.js';
import type { ClientContext } from '../context.js';
import { decide } from '../device-sync/decisions.js';
import { ClientError } from '../errors.js';
import type { DmMembers } from '../payloads/immutable-metadata.js';
import { type DisappearingSettings, initialMutableMetadata } from '../payloads/mutable-metadata.js';
import type { PolicySet } from '../payloads/permissions.js';
import { presetPolicies } from '../payloads/policy-presets.js';
import { listDmGroups } from '../store/conversation-query.js';
import { type ConversationRow, insertConversation, updateConversation } from '../store/conversations.js';
import { getInboxSequenceIds } from '../store/inbox-updates.js';
import { creatorLeaf } from './creator-leaf.js';
import { dmId } from './dm.js';
import { forgetConversation } from './forget.js';
import { groupTransaction } from './group-transaction.js';
import type { InviteOptions } from './invitations.js';
import { groupConfig } from './live-groups.js';
import { logBeginning } from './local-log.js';
import { queueChange } from './queue-change.js';
import { publishedAnything } from './queued.js';
import { settleChange, settleIntent } from './settle-change.js';

/** What a new group may be given. */
export interface CreateGroupOptions {
  readonly name?: string;
  readonly description?: string;
  readonly imageUrl?: string;
  readonly appData?: string;
  readonly disappearing?: DisappearingSettings;
  /** Default: the preset `all-members`. */
  readonly permissions?: PolicySet;
}

/** Bytes of a group id (libxmtp 1.10.0). */
export const GROUP_ID_LENGTH = 16;

/** Makes a group that only this installation is in. Nothing is sent. @returns its id */
export function createGroupLocally(ctx: ClientContext, options: CreateGroupOptions = {}): string {
  return createLocally(ctx, options, { type: 'group' }, undefined).id;
}

/**
 * Makes a group with members.
 * @throws ClientError `client/unknown-inbox`, `client/no-usable-installation`, or a network error; then nothing of the group is left
 */
export async function createGroup(
  ctx: ClientContext,
  inboxIds: readonly string[],
  options: CreateGroupOptions & InviteOptions = {},
): Promise<string> {
  const others = inboxIds.filter((inboxId) => inboxId !== ctx.identity.inboxId);
  const askedSince = await requireInboxes(ctx, others);
  return letIn(ctx, createLocally(ctx, options, { type: 'group' }, others), askedSince, options);
}

/**
 * The conversation with another inbox: the newest there is, or a new one.
 * @throws as `createGroup`
 */
export async function createDm(
  ctx: ClientContext,
  inboxId: string,
  options: { readonly disappearing?: DisappearingSettings } = {},
): Promise<string> {
  const own = ctx.identity.inboxId;
  if (inboxId === own) throw new ClientError('client/invalid-argument', { parameter: 'inboxId', reason: 'own inbox' });
  const existing = listDmGroups(ctx.db, dmId({ one: own, two: inboxId })).find(isUsable);
  if (existing !== undefined) {
    const { members } = ctx.liveGroups.get(existing.id).payloads.membership;
    // Its first commit was given up, or is still on its way.
    if (!members.has(inboxId))
      await settleChange(ctx, existing.id, 'update-membership', { add: [inboxId], remove: [] });
    return existing.id;
  }
  return createAnotherDm(ctx, inboxId, options);
}

/** A DM as `createDm` makes it, whether or not there is one: readers show both as one conversation. @throws as `createGroup` */
export async function createAnotherDm(
  ctx: ClientContext,
  inboxId: string,
  options: { readonly disappearing?: DisappearingSettings } = {},
): Promise<string> {
  const own = ctx.identity.inboxId;
  const askedSince = await requireInboxes(ctx, [inboxId]);
  const made = createLocally(ctx, options, { type: 'dm', members: { one: own, two: inboxId } }, [inboxId]);
  return letIn(ctx, made, askedSince);
}

/**
 * Makes a sync group: this inbox alone, with all its installations.
 * @throws as `createGroup`
 */
export async function createSyncGroup(ctx: ClientContext): Promise<string> {
  const askedSince = await requireInboxes(ctx, []);
  return letIn(ctx, createLocally(ctx, {}, { type: 'sync' }, []), askedSince);
}

/** With keys, and not one that this installation was taken out of. */
function isUsable({ active, membershipState }: ConversationRow): boolean {
  return active && membershipState !== 'restored';
}

/** People who do not exist are named before anything is made. @returns the moment since which their logs were asked for */
async function requireInboxes(ctx: ClientContext, inboxIds: readonly string[]): Promise<number> {
  const askedSince = ctx.inboxLog.moment;
  for (const inboxId of inboxIds) if (!isInboxId(inboxId)) throw new ClientError('client/unknown-inbox', { inboxId });
  const { failed } = await ctx.inboxLog.refresh([ctx.identity.inboxId, ...inboxIds]);
  for (const [inboxId, newest] of getInboxSequenceIds(ctx.db, inboxIds)) {
    const error = failed.get(inboxId);
    if (newest > 0n && error?.code !== 'client/identity-log-missing') continue;
    throw error ?? new ClientError('client/unknown-inbox', { inboxId });
  }
  return askedSince;
}

/** A conversation that is stored here, with the intent that lets the others in. */
interface CreatedLocally {
  readonly id: string;
  readonly invitation: bigint | undefined;
}

/** Settles the first commit and tells of the conversation. @returns its id */
async function letIn(
  ctx: ClientContext,
  { id, invitation }: CreatedLocally,
  askedSince: number,
  options: InviteOptions = {},
): Promise<string> {
  try {
    if (invitation !== undefined) await settleIntent(ctx, invitation, options, askedSince);
  } catch (error) {
    // Nobody has seen the group: a half-made conversation would only be in the way of the next try.
    if (error instanceof ConclaveError && !publishedAnything(ctx, id)) forgetConversation(ctx, id);
    throw error;
  }
  ctx.events.emit({ type: 'conversation-added', groupId: id, origin: 'created' });
  return id;
}

/** What is made. */
type NewKind = { readonly type: 'group' | 'sync' } | { readonly type: 'dm'; readonly members: DmMembers };

/** @param invite - queued with the conversation, in one transaction: a crash leaves both or neither */
function createLocally(
  ctx: ClientContext,
  options: CreateGroupOptions,
  kind: NewKind,
  invite: readonly string[] | undefined,
): CreatedLocally {
  const { inboxId } = ctx.identity;
  const conversationType = kind.type;
  const dmMembers = kind.type === 'dm' ? kind.members : undefined;
  const groupId = ctx.host.random(GROUP_ID_LENGTH);
  const id = toHex(groupId);
  const extensions = initialExtensions({
    immutableMetadata: { conversationType, creatorInboxId: inboxId, ...(dmMembers === undefined ? {} : { dmMembers }) },
    mutableMetadata: initialMutableMetadata({
      conversationType,
      creatorInboxId: inboxId,
      ...(options.name === undefined ? {} : { groupName: options.name }),
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(options.imageUrl === undefined ? {} : { groupImageUrlSquare: options.imageUrl }),
      ...(options.appData === undefined ? {} : { appData: options.appData }),
      ...(options.disappearing === undefined ? {} : { disappearing: options.disappearing }),
      commitLogSigner: ctx.host.random(32),
    }),
    // Sequence id 0 stands for the creator until the first commit, which raises it.
    membership: { members: new Map([[inboxId, 0n]]), failedInstallations: [] },
    permissions:
      dmMembers === undefined ? (options.permissions ?? presetPolicies('all-members')) : presetPolicies('dm'),
  });
  const mls = MlsGroup.create({
    suite: ctx.suite,
    groupId,
    extensions,
    leaf: creatorLeaf(ctx.identity, ctx.host.nowNs()),
    signatureKey: ctx.identity.signatureKey,
    config: groupConfig(ctx.suite),
    random: ctx.host.random,
  });
  const group = ctx.liveGroups.adopt(id, mls);
  const invitation = groupTransaction(ctx, group, (emit) => {
    const nowNs = ctx.host.nowNs();
    insertConversation(ctx.db, {
      id,
      kind: conversationType,
      membershipState: 'allowed',
      active: true,
      createdAtNs: nowNs,
      addedByInboxId: inboxId,
      dmId: dmMembers === undefined ? undefined : dmId(dmMembers),
      // The creator's leaf is as young as its first commit: no key update is due.
      rotatedAtNs: nowNs,
      publishCommitLog: conversationType === 'group',
    });
    updateConversation(ctx.db, id, {
      disappearFromNs: options.disappearing?.fromNs,
      disappearInNs: options.disappearing?.inNs,
    });
    logBeginning(ctx, group, 'group-creation', { inboxId, installationId: ctx.identity.installationIdBytes });
    if (conversationType !== 'sync') {
      decide(ctx, [{ entityType: 'conversation', entity: id, state: 'allowed', consentedAtNs: nowNs }], emit);
    }
    if (invite !== undefined) return queueChange(ctx, id, 'update-membership', { add: invite, remove: [] });
    emit({ type: 'conversation-added', groupId: id, origin: 'created' });
    return undefined;
  });
  return { id, invitation };
}
