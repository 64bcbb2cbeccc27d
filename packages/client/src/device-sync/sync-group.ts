/**
 * The group in which the installations of one inbox talk to each other (libxmtp 1.10.0, conversation type 3). Every installation makes
 * one when it finds none; the newest is written to, all are read. It never appears in a list.
 */

import { toHex } from '@conclave/crypto';
import { installationsOf } from '@conclave/identity';
import type { ClientContext } from '../context.js';
import { createSyncGroup } from '../groups/create.js';
import { queueChange } from '../groups/queue-change.js';
import { hasQueued } from '../groups/queued.js';
import { prepareMessage } from '../groups/send-message.js';
import { publishGroup, syncGroup } from '../groups/sync.js';
import { listSyncGroups } from '../store/device-sync.js';
import { getInboxSequenceId } from '../store/inbox-updates.js';
import { transact } from '../store/transact.js';
import { encodeSyncContent } from './content.js';
import { cyclePushKeys } from './decisions.js';

const LOCK = 'sync-group';

/** The group to write to; undefined while there is none. One with another inbox in it, which no welcome brings, is not used. */
export function primarySyncGroup(ctx: ClientContext): string | undefined {
  return listSyncGroups(ctx.db).find(({ id }) => {
    const { members } = ctx.liveGroups.get(id).payloads.membership;
    return members.size === 1 && members.has(ctx.identity.inboxId);
  })?.id;
}

/** The group to write to, made if there is none. @throws as `createGroup` */
export function requireSyncGroup(ctx: ClientContext): Promise<string> {
  return ctx.locks.run(LOCK, async () => primarySyncGroup(ctx) ?? (await createSyncGroup(ctx)));
}

/**
 * Lets new installations in and revoked ones out, as far as the own identity log is known here. Where one goes, the push keys that it
 * knew go too. Cost: two look-ups when nothing has changed.
 */
export async function keepSyncGroupCurrent(ctx: ClientContext, groupId: string): Promise<void> {
  const { inboxId } = ctx.identity;
  const { payloads, mls } = ctx.liveGroups.get(groupId);
  const pinned = payloads.membership.members.get(inboxId) ?? 0n;
  if (getInboxSequenceId(ctx.db, inboxId) <= pinned || hasQueued(ctx, groupId, 'update-membership')) return;
  const state = ctx.inboxLog.latest(inboxId)?.state;
  const installed = new Set(state === undefined ? [] : installationsOf(state).map(({ publicKey }) => toHex(publicKey)));
  const revoked = [...mls.members()].some(({ leafNode }) => !installed.has(toHex(leafNode.signatureKey)));
  transact(ctx, (emit) => {
    queueChange(ctx, groupId, 'update-membership', { add: [], remove: [] });
    if (revoked) cyclePushKeys(ctx, emit);
  });
  await syncGroup(ctx, groupId);
}

/**
 * Says something to the other installations.
 * @returns once it is queued; it is sent with the group's other messages, now or later
 */
export function queueSyncMessage(
  ctx: ClientContext,
  groupId: string,
  content: Parameters<typeof encodeSyncContent>[0],
): string {
  return prepareMessage(ctx, groupId, encodeSyncContent(content));
}

/**
 * Sends what is queued in the group; before it, the own identity log is asked for, so that an installation that has just come hears it and
 * one that was revoked does not.
 * @throws NetworkError: it stays queued
 */
export async function publishSyncMessages(ctx: ClientContext, groupId: string): Promise<void> {
  await ctx.inboxLog.refresh([ctx.identity.inboxId]);
  await keepSyncGroupCurrent(ctx, groupId);
  await publishGroup(ctx, groupId);
}
