/** Leaving (XIP-75): a member asks by a message, a super admin's installation completes it by a commit. */
import { ConclaveError } from '@conclave/crypto';
import { create, EncodedContentSchema, toBinary } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError, isStorageFailure } from '../errors.js';
import { listPendingLeaves } from '../store/conversation-query.js';
import { requireConversation } from '../store/conversations.js';
import { listPendingRemovals } from '../store/pending-removals.js';
import { evaluatePolicy } from '../validation/evaluate-policy.js';
import { rolesOf } from '../validation/roles.js';
import { groupStopped } from './group-stopped.js';
import { hasQueued } from './queued.js';
import { sendMessage } from './send-message.js';
import { settleChange } from './settle-change.js';

const LEAVE_REQUEST_TYPE = {
  authorityId: 'xmtp.org',
  typeId: 'leave_request',
  versionMajor: 1,
  versionMinor: 0,
} as const;

/**
 * Asks to be removed.
 * @throws ClientError `client/leave-refused` in a DM, for the only member and for a super admin, who must be demoted first
 */
export async function requestRemoval(ctx: ClientContext, groupId: string): Promise<void> {
  const { kind } = requireConversation(ctx.db, groupId);
  if (kind !== 'group') throw new ClientError('client/leave-refused', { reason: 'not a group' });
  const { payloads } = ctx.liveGroups.get(groupId);
  const { inboxId } = ctx.identity;
  if (payloads.membership.members.size < 2) throw new ClientError('client/leave-refused', { reason: 'only member' });
  if (rolesOf(payloads, inboxId).isSuperAdmin) throw new ClientError('client/leave-refused', { reason: 'super admin' });
  const content = toBinary(EncodedContentSchema, create(EncodedContentSchema, { type: LEAVE_REQUEST_TYPE }));
  await sendMessage(ctx, groupId, content, { shouldPush: false });
}

/**
 * Removes those who asked to leave from the groups where this inbox is a super admin and is not leaving itself. One group's failure
 * does not stop the others.
 * @throws the first failure, after all groups
 */
export async function completeRemovals(ctx: ClientContext): Promise<void> {
  let failure: ConclaveError | undefined;
  for (const conversation of listPendingLeaves(ctx.db)) {
    if (groupStopped(conversation) !== undefined) continue;
    const { id } = conversation;
    const remove = removableLeavers(ctx, id);
    if (remove.length === 0 || hasQueued(ctx, id, 'update-membership')) continue;
    try {
      await settleChange(ctx, id, 'update-membership', { add: [], remove });
    } catch (error) {
      if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
      // What came in before the commit took the right to it, the reason, or the place in the group: the others do it.
      const stopped = groupStopped(requireConversation(ctx.db, id));
      const isStillOurs = removableLeavers(ctx, id).some((inboxId) => remove.includes(inboxId));
      const isTaken = error.code === 'client/permission-denied' && !isStillOurs;
      const wasOut = error.code === 'client/group-inactive' || error.code === stopped?.code;
      if (!isTaken && !wasOut) failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
}

/** Those whom this inbox may remove now: permissions may forbid it to everybody, and a super admin cannot be removed by anybody, whatever it asks for. */
function removableLeavers(ctx: ClientContext, groupId: string): string[] {
  const { payloads } = ctx.liveGroups.get(groupId);
  const { inboxId } = ctx.identity;
  const leaving = listPendingRemovals(ctx.db, groupId).map((removal) => removal.inboxId);
  const roles = rolesOf(payloads, inboxId);
  const isAllowed = roles.isSuperAdmin && evaluatePolicy(payloads.permissions.removeMember, roles);
  if (leaving.includes(inboxId) || !isAllowed) return [];
  return leaving.filter((each) => payloads.membership.members.has(each) && !rolesOf(payloads, each).isSuperAdmin);
}
