/** Leaving (XIP-75): a member asks by a message, a super admin's installation completes it by a commit. */
import { create, EncodedContentSchema, toBinary } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { listPendingLeaves } from '../store/conversation-query.js';
import { requireConversation } from '../store/conversations.js';
import { listPendingRemovals } from '../store/pending-removals.js';
import { rolesOf } from '../validation/roles.js';
import { sendMessage } from './send-message.js';
import { settleChange } from './sync.js';

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

/** Removes those who asked to leave from the groups where this inbox is a super admin and is not leaving itself. */
export async function completeRemovals(ctx: ClientContext): Promise<void> {
  for (const { id, active } of listPendingLeaves(ctx.db)) {
    if (!active) continue;
    const { payloads } = ctx.liveGroups.get(id);
    const { inboxId } = ctx.identity;
    const leaving = listPendingRemovals(ctx.db, id).map((removal) => removal.inboxId);
    if (leaving.includes(inboxId) || !rolesOf(payloads, inboxId).isSuperAdmin) continue;
    const remove = leaving.filter((each) => payloads.membership.members.has(each));
    if (remove.length > 0) await settleChange(ctx, id, 'update-membership', { add: [], remove });
  }
}
