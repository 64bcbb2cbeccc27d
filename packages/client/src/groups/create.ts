/** New conversations: the local group first, then the commit that lets the others in (groups of XMTP, section "creating"). */
import { toHex } from '@conclave/crypto';
import { MlsGroup } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { initialExtensions } from '../payloads/group-payloads.js';
import type { DmMembers } from '../payloads/immutable-metadata.js';
import { type DisappearingSettings, initialMutableMetadata } from '../payloads/mutable-metadata.js';
import type { PolicySet } from '../payloads/permissions.js';
import { presetPolicies } from '../payloads/policy-presets.js';
import { setConsent } from '../store/consent.js';
import { activeDmGroup } from '../store/conversation-query.js';
import { insertConversation, updateConversation } from '../store/conversations.js';
import { getInboxSequenceId } from '../store/inbox-updates.js';
import { creatorLeaf } from './creator-leaf.js';
import { dmId } from './dm.js';
import { forgetConversation } from './forget.js';
import { groupTransaction } from './group-transaction.js';
import { publishedAnything } from './queued.js';
import { settleChange } from './sync.js';

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
const GROUP_ID_LENGTH = 16;

/** Makes a group that only this installation is in. Nothing is sent. @returns its id */
export function createGroupLocally(ctx: ClientContext, options: CreateGroupOptions = {}): string {
  return createLocally(ctx, options, undefined);
}

/**
 * Makes a group with members.
 * @throws ClientError `client/unknown-inbox`, `client/no-usable-installation`, or a network error; then nothing of the group is left
 */
export async function createGroup(
  ctx: ClientContext,
  inboxIds: readonly string[],
  options: CreateGroupOptions = {},
): Promise<string> {
  const others = inboxIds.filter((inboxId) => inboxId !== ctx.identity.inboxId);
  await requireInboxes(ctx, others);
  const id = createGroupLocally(ctx, options);
  await letIn(ctx, id, others);
  return id;
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
  const existing = activeDmGroup(ctx.db, dmId({ one: own, two: inboxId }));
  if (existing !== undefined) return existing.id;
  await requireInboxes(ctx, [inboxId]);
  const id = createLocally(ctx, options, { one: own, two: inboxId });
  await letIn(ctx, id, [inboxId]);
  return id;
}

/** People who do not exist are named before anything is made. */
async function requireInboxes(ctx: ClientContext, inboxIds: readonly string[]): Promise<void> {
  await ctx.inboxLog.refresh([ctx.identity.inboxId, ...inboxIds]);
  for (const inboxId of inboxIds) {
    if (getInboxSequenceId(ctx.db, inboxId) === 0n) throw new ClientError('client/unknown-inbox', { inboxId });
  }
}

async function letIn(ctx: ClientContext, id: string, inboxIds: readonly string[]): Promise<void> {
  try {
    await settleChange(ctx, id, 'update-membership', { add: inboxIds, remove: [] });
  } catch (error) {
    // Nobody has seen the group: a half-made conversation would only be in the way of the next try.
    if (!publishedAnything(ctx, id)) forgetConversation(ctx, id);
    throw error;
  }
}

function createLocally(ctx: ClientContext, options: CreateGroupOptions, dmMembers: DmMembers | undefined): string {
  const { inboxId } = ctx.identity;
  const conversationType = dmMembers === undefined ? 'group' : 'dm';
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
    random: ctx.host.random,
  });
  const group = ctx.liveGroups.adopt(id, mls);
  groupTransaction(ctx, group, (emit) => {
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
    });
    updateConversation(ctx.db, id, {
      disappearFromNs: options.disappearing?.fromNs,
      disappearInNs: options.disappearing?.inNs,
    });
    setConsent(ctx.db, [{ entityType: 'conversation', entity: id, state: 'allowed', consentedAtNs: nowNs }]);
    emit({ type: 'conversation-added', groupId: id, origin: 'created' });
  });
  return id;
}
