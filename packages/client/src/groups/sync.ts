/**
 * One round of a group: what waits goes out, what came is taken in, welcomes that are owed are sent. And the loop around it
 * for a change that somebody waits for.
 */
import { fromHex } from '@conclave/crypto';
import {
  create,
  type GroupMessage_V1,
  PagingInfoSchema,
  QueryGroupMessagesRequestSchema,
  SortDirection,
} from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { NS_PER_MS } from '../host.js';
import { PAGE_SIZE } from '../network/network.js';
import { requireConversation } from '../store/conversations.js';
import { getCursor, groupReadCursor } from '../store/cursors.js';
import { getIntent, type IntentKind, insertIntent, listIntents } from '../store/intents.js';
import { sendPendingWelcomes } from '../welcomes/send.js';
import { encodeIntentData, type IntentDataMap } from './intents/intent-data.js';
import { groupLock } from './live-groups.js';
import { publishIntents } from './publish.js';
import { type ReceiveOutcome, receiveEnvelope } from './receive.js';

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
 * Publishes, receives and sends welcomes until nothing is left to do, under the group's lock.
 * @throws ClientError of whatever stopped it: the network, a pause, a group that is no longer ours
 */
export function syncGroup(ctx: ClientContext, groupId: string): Promise<SyncSummary> {
  return ctx.locks.run(groupLock(groupId), () => syncLocked(ctx, groupId));
}

/** As `syncGroup`, for a caller that holds the lock. */
export async function syncLocked(ctx: ClientContext, groupId: string): Promise<SyncSummary> {
  let summary = await receiveAll(ctx, groupId);
  for (let round = 0; round < MAX_ROUNDS && requireConversation(ctx.db, groupId).active; round++) {
    await sendPendingWelcomes(ctx, groupId);
    if (listIntents(ctx.db, groupId, ['to-publish']).length === 0 && !hasUnsent(ctx, groupId)) break;
    const { commitSent } = await publishIntents(ctx, groupId);
    if (!commitSent) break;
    summary = add(summary, await receiveAll(ctx, groupId));
  }
  return summary;
}

function hasUnsent(ctx: ClientContext, groupId: string): boolean {
  return listIntents(ctx.db, groupId, ['published']).some((intent) => intent.payload !== undefined);
}

/**
 * Publishes messages that wait, without asking for what others sent: one call for a message whose group is settled.
 * Commits in the queue need the whole round.
 */
export function publishGroup(ctx: ClientContext, groupId: string): Promise<void> {
  return ctx.locks.run(groupLock(groupId), async () => {
    const waiting = listIntents(ctx.db, groupId, ['to-publish', 'committed']);
    if (waiting.some((intent) => intent.kind !== 'send-message')) await syncLocked(ctx, groupId);
    else await publishIntents(ctx, groupId);
  });
}

/** Queries from the cursor, page by page. */
function receiveAll(ctx: ClientContext, groupId: string): Promise<SyncSummary> {
  return receiveAfter(ctx, groupId, groupReadCursor(ctx.db, groupId));
}

/** Queries from the last commit taken, for a caller that holds the lock: commits that a stream left out are among what comes. */
export function receiveSinceLastCommit(ctx: ClientContext, groupId: string): Promise<SyncSummary> {
  return receiveAfter(ctx, groupId, getCursor(ctx.db, groupId, 'commit'));
}

async function receiveAfter(ctx: ClientContext, groupId: string, start: bigint): Promise<SyncSummary> {
  let summary: SyncSummary = { received: 0, rejected: 0 };
  for (let cursor = start; ; ) {
    const page = await queryGroup(ctx, groupId, cursor);
    for (const message of page) {
      const outcome = await receiveEnvelope(ctx, groupId, message);
      if (outcome.kind === 'stopped') {
        if (outcome.error.code === 'client/group-inactive') return summary;
        throw outcome.error;
      }
      summary = count(summary, outcome);
      cursor = message.id;
    }
    if (page.length < PAGE_SIZE) return summary;
  }
}

async function queryGroup(ctx: ClientContext, groupId: string, idCursor: bigint): Promise<GroupMessage_V1[]> {
  const pagingInfo = create(PagingInfoSchema, { direction: SortDirection.ASCENDING, limit: PAGE_SIZE, idCursor });
  const request = create(QueryGroupMessagesRequestSchema, { groupId: fromHex(groupId), pagingInfo });
  const { messages } = await ctx.network.queryGroupMessages(request);
  return messages.map(({ version }) => {
    if (version.case !== 'v1') throw new ClientError('client/node-answer-malformed', { rpc: 'QueryGroupMessages' });
    return version.value;
  });
}

function count(summary: SyncSummary, outcome: ReceiveOutcome): SyncSummary {
  if (outcome.kind === 'rejected') return { ...summary, rejected: summary.rejected + 1 };
  return outcome.kind === 'done' ? { ...summary, received: summary.received + 1 } : summary;
}

function add(a: SyncSummary, b: SyncSummary): SyncSummary {
  return { received: a.received + b.received, rejected: a.rejected + b.rejected };
}

/** Queues a change of the group. @returns the intent's id */
export function queueChange<Kind extends IntentKind>(
  ctx: ClientContext,
  groupId: string,
  kind: Kind,
  data: IntentDataMap[Kind],
): bigint {
  const createdAtNs = ctx.host.nowNs();
  return insertIntent(ctx.db, {
    groupId,
    kind,
    data: encodeIntentData(kind, data),
    shouldPush: false,
    createdAtNs,
    deadlineNs: createdAtNs + BigInt(ctx.options.intentDeadlineMs) * NS_PER_MS,
    messageId: undefined,
  });
}

/** Waits between rounds that changed nothing, in milliseconds; grows to the last. */
const SETTLE_WAITS_MS = [0, 50, 150, 450, 1350, 3000] as const;

/**
 * Queues a change and works until the network has settled it. A lost race is no failure: it is built again.
 * @throws ClientError the rule it breaks, `client/intent-deadline` when it is still queued at its deadline, or a network error
 *   (the change then stays queued and goes out with the next sync)
 */
export async function settleChange<Kind extends IntentKind>(
  ctx: ClientContext,
  groupId: string,
  kind: Kind,
  data: IntentDataMap[Kind],
): Promise<void> {
  const id = queueChange(ctx, groupId, kind, data);
  const deadlineNs = ctx.host.nowNs() + BigInt(ctx.options.intentDeadlineMs) * NS_PER_MS;
  for (let round = 0; ; round++) {
    await syncGroup(ctx, groupId);
    const intent = getIntent(ctx.db, id);
    if (intent === undefined || intent.state === 'processed') return;
    if (intent.state === 'error') {
      const failure =
        ctx.intentFailures.get(id) ?? new ClientError('client/intent-failed', { kind, failure: intent.failure ?? '' });
      ctx.intentFailures.delete(id);
      throw failure;
    }
    if (!requireConversation(ctx.db, groupId).active) throw new ClientError('client/group-inactive', { groupId });
    if (ctx.host.nowNs() >= deadlineNs) throw new ClientError('client/intent-deadline', { kind, attempts: round + 1 });
    await ctx.host.delay(SETTLE_WAITS_MS[Math.min(round, SETTLE_WAITS_MS.length - 1)] as number);
  }
}
