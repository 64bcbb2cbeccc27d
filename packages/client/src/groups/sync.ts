/** One round of a group: what came is taken in, welcomes that are owed are sent, what waits goes out. */
import type { ClientContext } from '../context.js';
import { requireConversation } from '../store/conversations.js';
import { waitingWork } from '../store/intents.js';
import { groupLock } from './live-groups.js';
import { publishIntents } from './publish.js';
import { receivePending } from './receive-pending.js';
import { sendPendingWelcomes } from './send-welcomes.js';

/** What a sync met. */
export interface SyncSummary {
  /** Envelopes taken in. */
  readonly received: number;
  /** Envelopes that can never be used; recorded, see `debugInfo`. */
  readonly rejected: number;
}

/** Commits of one group that may follow each other in one sync; more wait for the next. */
const MAX_ROUNDS = 100;

/**
 * Receives, sends welcomes and publishes until nothing is left to do, under the group's lock.
 * @throws ClientError of whatever stopped it: the network, `client/group-paused`. A group that is no longer ours is no error.
 */
export function syncGroup(ctx: ClientContext, groupId: string): Promise<SyncSummary> {
  return ctx.locks.run(groupLock(groupId), () => syncLocked(ctx, groupId));
}

/** As `syncGroup`, for a caller that holds the lock. */
export async function syncLocked(ctx: ClientContext, groupId: string): Promise<SyncSummary> {
  let summary = await receiveOrThrow(ctx, groupId);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    // Also where we were removed since: those whom our commit let in still wait at the door.
    await sendPendingWelcomes(ctx, groupId);
    if (!requireConversation(ctx.db, groupId).active || waitingWork(ctx.db, groupId) === 'none') break;
    const { commitSent } = await publishIntents(ctx, groupId);
    if (!commitSent) break;
    const { received, rejected } = await receiveOrThrow(ctx, groupId);
    summary = { received: summary.received + received, rejected: summary.rejected + rejected };
  }
  return summary;
}

/**
 * Publishes messages that wait, without asking for what others sent: one call for a message whose group is settled.
 * Commits in the queue need the whole round.
 */
export function publishGroup(ctx: ClientContext, groupId: string): Promise<void> {
  return ctx.locks.run(groupLock(groupId), async () => {
    const work = waitingWork(ctx.db, groupId);
    if (work === 'commits') await syncLocked(ctx, groupId);
    else if (work === 'messages') await publishIntents(ctx, groupId);
  });
}

async function receiveOrThrow(ctx: ClientContext, groupId: string): Promise<SyncSummary> {
  const { received, rejected, stopped } = await receivePending(ctx, groupId);
  if (stopped !== undefined && stopped.code !== 'client/group-inactive') throw stopped;
  return { received, rejected };
}
