/** The loop around a change that somebody waits for: publish, see what the order of the network made of it, build it again. */
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { NS_PER_MS } from '../host.js';
import { requireConversation } from '../store/conversations.js';
import { getIntent, type IntentKind } from '../store/intents.js';
import type { IntentDataMap } from './intents/intent-data.js';
import type { InviteOptions } from './invitations.js';
import { queueChange } from './queue-change.js';
import { syncGroup } from './sync.js';

/** Waits between rounds that changed nothing, in milliseconds; grows to the last. */
const SETTLE_WAITS_MS = [0, 50, 150, 450, 1350, 3000] as const;

/**
 * Queues a change and works until the network has settled it. A lost race is no failure: it is built again.
 * @throws ClientError the rule it breaks, `client/intent-deadline` when it is still queued at its deadline, `client/group-inactive`,
 *   or a network error (the change then stays queued and goes out with the next sync)
 */
export function settleChange<Kind extends IntentKind>(
  ctx: ClientContext,
  groupId: string,
  kind: Kind,
  data: IntentDataMap[Kind],
  options: InviteOptions = {},
): Promise<void> {
  return settleIntent(ctx, queueChange(ctx, groupId, kind, data), options);
}

/**
 * As `settleChange`, for a change that is queued already. What it was divided into is waited for as well.
 * @param askedSince - a moment of the identity logs: those that were asked for after it need not be asked for again
 */
export async function settleIntent(
  ctx: ClientContext,
  id: bigint,
  options: InviteOptions = {},
  askedSince?: number,
): Promise<void> {
  ctx.invitations.begin(id, options.onProgress, askedSince);
  let part: bigint | undefined = id;
  while (part !== undefined) {
    const settling: bigint = part;
    try {
      await settleOne(ctx, settling);
    } catch (error) {
      ctx.invitations.end(settling);
      throw error;
    }
    part = ctx.invitations.next(settling);
  }
}

async function settleOne(ctx: ClientContext, id: bigint): Promise<void> {
  const failure = ctx.intentFailures.await(id);
  try {
    await work(ctx, id);
  } catch (error) {
    throw failure() ?? error;
  } finally {
    failure();
  }
}

async function work(ctx: ClientContext, id: bigint): Promise<void> {
  const queued = getIntent(ctx.db, id);
  if (queued === undefined) return;
  const { groupId, kind } = queued;
  const deadlineNs = ctx.host.nowNs() + BigInt(ctx.options.intentDeadlineMs) * NS_PER_MS;
  for (let round = 0; ; round++) {
    await syncGroup(ctx, groupId);
    const intent = getIntent(ctx.db, id);
    if (intent === undefined || intent.state === 'processed') return;
    const isOut = !requireConversation(ctx.db, groupId).active && intent.state !== 'committed';
    // Also when its author is back already: the change was for the time before.
    if (isOut || intent.failure === 'client/group-inactive')
      throw new ClientError('client/group-inactive', { groupId });
    if (intent.state === 'error')
      throw new ClientError('client/intent-failed', { kind, failure: intent.failure ?? '' });
    if (ctx.host.nowNs() >= deadlineNs) throw new ClientError('client/intent-deadline', { kind, attempts: round + 1 });
    await ctx.host.delay(SETTLE_WAITS_MS[Math.min(round, SETTLE_WAITS_MS.length - 1)] as number);
  }
}
