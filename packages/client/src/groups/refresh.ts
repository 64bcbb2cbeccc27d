/**
 * Keeping a group true to the identity logs of its members: installations that were added or revoked since are added to
 * or removed from the group by whoever notices first.
 */

import type { ClientContext } from '../context.js';
import { NS_PER_MS, NS_PER_SECOND } from '../host.js';
import { diffMembership } from '../payloads/membership.js';
import { requireConversation, updateConversation } from '../store/conversations.js';
import { getInboxSequenceId } from '../store/inbox-updates.js';
import { queueChange } from './queue-change.js';
import { hasQueued } from './queued.js';
import { groupStopped } from './receive.js';
import { syncGroup } from './sync.js';

/** Before a message the logs are asked for at most this often (libxmtp `SEND_MESSAGE_UPDATE_INSTALLATIONS_INTERVAL_NS`). */
const BEFORE_SEND_INTERVAL_NS = 5n * NS_PER_SECOND;
/** In a sync at most this often. */
const IN_SYNC_INTERVAL_NS = 30n * 60n * NS_PER_SECOND;
/** In a large group asking costs 140 bytes a member: it is asked less often, so that the cost per second stays bounded. */
const NS_PER_MEMBER = 100n * NS_PER_MS;

/**
 * Fetches what is new in the logs of the members and queues a commit when something is.
 * @returns whether one was queued, so that the caller publishes it
 * @throws NetworkError when the node cannot be reached
 * Cost: one entry per member in the request, rarely; nothing in between.
 */
export async function refreshMembers(
  ctx: ClientContext,
  groupId: string,
  when: 'before-send' | 'in-sync',
): Promise<boolean> {
  const conversation = requireConversation(ctx.db, groupId);
  if (groupStopped(conversation) !== undefined) return false;
  const nowNs = ctx.host.nowNs();
  const { membership } = ctx.liveGroups.get(groupId).payloads;
  const floor = when === 'before-send' ? BEFORE_SEND_INTERVAL_NS : IN_SYNC_INTERVAL_NS;
  const bySize = NS_PER_MEMBER * BigInt(membership.members.size);
  if (nowNs - conversation.membersCheckedAtNs < (bySize > floor ? bySize : floor)) return false;
  await ctx.inboxLog.refresh(membership.members.keys());
  updateConversation(ctx.db, groupId, { membersCheckedAtNs: nowNs });
  if (!isBehind(ctx, groupId) || hasQueued(ctx, groupId, 'update-membership')) return false;
  queueChange(ctx, groupId, 'update-membership', { add: [], remove: [] });
  return true;
}

/** Follows the logs at most every half hour, and publishes what that leads to. For a sync that has done the rest. */
export async function keepCurrent(ctx: ClientContext, groupId: string): Promise<void> {
  if (await refreshMembers(ctx, groupId, 'in-sync')) await syncGroup(ctx, groupId);
}

function isBehind(ctx: ClientContext, groupId: string): boolean {
  const { membership } = ctx.liveGroups.get(groupId).payloads;
  const members = new Map<string, bigint>();
  for (const [inboxId, known] of membership.members) {
    const newest = getInboxSequenceId(ctx.db, inboxId);
    members.set(inboxId, newest > known ? newest : known);
  }
  return diffMembership(membership, { members, failedInstallations: [] }).updated.length > 0;
}
