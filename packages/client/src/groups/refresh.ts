/**
 * Keeping a group true to the identity logs of its members: installations that were added or revoked since are added to
 * or removed from the group by whoever notices first.
 */

import type { ClientContext } from '../context.js';
import { hasPassed, NS_PER_SECOND } from '../host.js';
import { requireConversation, updateConversation } from '../store/conversations.js';
import { getInboxSequenceIds } from '../store/inbox-updates.js';
import { groupStopped } from './group-stopped.js';
import { queueChange } from './queue-change.js';
import { hasQueued } from './queued.js';
import { syncGroup } from './sync.js';

/** Before a message the logs are asked for at most this often (libxmtp `SEND_MESSAGE_UPDATE_INSTALLATIONS_INTERVAL_NS`). */
const BEFORE_SEND_INTERVAL_NS = 5n * NS_PER_SECOND;
/**
 * Members whose logs are asked for before one message: 140 bytes each, so that it stays below a kilobyte in a group of any size. They take
 * turns, the longest unasked first.
 */
export const MAX_MEMBERS_BEFORE_SEND = 6;
/** In a sync all are asked for, at most this often. */
const IN_SYNC_INTERVAL_NS = 30n * 60n * NS_PER_SECOND;

/**
 * Fetches what is new in the logs of the members and queues a commit when something is.
 * @returns whether one was queued, so that the caller publishes it
 * @throws NetworkError when the node cannot be reached
 * Cost: before a message at most `MAX_MEMBERS_BEFORE_SEND` entries in the request, in a sync one per member; rarely, and nothing in between.
 */
export async function refreshMembers(
  ctx: ClientContext,
  groupId: string,
  when: 'before-send' | 'in-sync',
): Promise<boolean> {
  const conversation = requireConversation(ctx.db, groupId);
  if (groupStopped(conversation) !== undefined) return false;
  const nowNs = ctx.host.nowNs();
  const beforeSend = when === 'before-send';
  const intervalNs = beforeSend ? BEFORE_SEND_INTERVAL_NS : IN_SYNC_INTERVAL_NS;
  const isDue = hasPassed(conversation.membersCheckedAtNs, intervalNs, nowNs);
  // Whoever has just joined has read the logs to do so: what they say beyond the group has not been looked at before the first message.
  const isFirst = beforeSend && conversation.rotatedAtNs === 0n;
  if (!isDue && !isFirst) return false;
  if (beforeSend && !ctx.memberChecks.begin(groupId, nowNs, intervalNs)) return false;
  // From here on linear in the members: not for every message.
  const members = [...ctx.liveGroups.get(groupId).payloads.membership.members.keys()];
  // The first sync of a group asks for all, also right after the logs were read to make it: whoever has just got a new device is waiting for it.
  const asked = beforeSend ? ctx.inboxLog.longestUnasked(members, MAX_MEMBERS_BEFORE_SEND, intervalNs) : members;
  if (asked.length > 0) await ctx.inboxLog.refresh(asked);
  if (asked.length === members.length) updateConversation(ctx.db, groupId, { membersCheckedAtNs: nowNs });
  if (!isBehind(ctx, groupId) || hasQueued(ctx, groupId, 'update-membership')) return false;
  queueChange(ctx, groupId, 'update-membership', { add: [], remove: [] });
  return true;
}

/** Follows the logs at most every half hour, and publishes what that leads to. For a sync that has done the rest. */
export async function keepCurrent(ctx: ClientContext, groupId: string): Promise<void> {
  if (await refreshMembers(ctx, groupId, 'in-sync')) await syncGroup(ctx, groupId);
}

function isBehind(ctx: ClientContext, groupId: string): boolean {
  const { members } = ctx.liveGroups.get(groupId).payloads.membership;
  const newest = getInboxSequenceIds(ctx.db, [...members.keys()]);
  return [...members].some(([inboxId, known]) => (newest.get(inboxId) as bigint) > known);
}
