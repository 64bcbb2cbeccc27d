/** A join that is stored, until the network has settled it: sent, looked for in the order, stored as a conversation. */
import { ConclaveError, EMPTY_BYTES, fromHex, toHex } from '@conclave/crypto';
import { MemoryRows, MlsGroup } from '@conclave/mls';
import { create, type GroupMessage_V1, GroupMessageInputSchema, SendGroupMessagesRequestSchema } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError, isStorageFailure } from '../errors.js';
import { groupConfig, groupLock, LiveGroup } from '../groups/live-groups.js';
import { queueChange } from '../groups/queue-change.js';
import { sendPendingWelcomes } from '../groups/send-welcomes.js';
import { senderHmac } from '../messages/hmac.js';
import { GRPC_STATUS, NetworkError } from '../network/errors.js';
import { getConversation } from '../store/conversations.js';
import { markIntentCommitted, markIntentPublished } from '../store/intents.js';
import { requireHmacRoot } from '../store/preferences.js';
import { deleteTask, postponeTask, type Task } from '../store/tasks.js';
import type { ValidatedJoin } from '../validation/join-rules.js';
import { enterConversation, judgeGroup } from '../welcomes/join.js';
import { WELCOME_LOCK } from '../welcomes/welcome-lock.js';
import { findCommit } from './commit-order.js';
import { dropPendingJoin, getPendingJoin, type PendingJoin } from './pending-join.js';

/** Name of the lock of those who join a group by a link. */
export function joinLock(groupId: string): string {
  return `join:${groupId}`;
}

/** A group with what judging it gave. */
export interface JudgedGroup {
  readonly group: LiveGroup;
  readonly validated: ValidatedJoin;
}

/** How a join may be settled. */
export interface SettleOptions {
  /** The group, where it was judged just now. */
  readonly judged?: JudgedGroup;
  /** A voucher has signed a state with our leaf in it: the members have taken the commit, whatever headers say. */
  readonly confirmed?: boolean;
}

/**
 * What became of a join: `id` is the conversation's. A lost one, and one that came too late, is forgotten. A contested one has a header for
 * the same epoch before it: a commit that won, or nothing but a header; it stays until a state of the group tells.
 */
export type JoinOutcome =
  | { readonly outcome: 'joined'; readonly id: string }
  | { readonly outcome: 'lost' | 'late' | 'contested' };

/**
 * Sends the commit unless the node has it, and stores the conversation if it is the one for its epoch. Call it under the lock of the join.
 * @throws ClientError as `joinConversation`, `client/invite-stale` where the node does not show what it took; NetworkError. What is stored
 *   stays for the next time, unless trying again cannot help.
 */
export async function settleJoin(
  ctx: ClientContext,
  join: PendingJoin,
  options: SettleOptions = {},
): Promise<JoinOutcome> {
  try {
    const outcome = await settle(ctx, join, options);
    if (outcome.outcome === 'lost' || outcome.outcome === 'late') dropPendingJoin(ctx, join.groupId);
    return outcome;
  } catch (error) {
    const isOver =
      error instanceof NetworkError
        ? error.status === GRPC_STATUS.INVALID_ARGUMENT
        : error instanceof ConclaveError && !error.retryable && !isStorageFailure(error);
    if (isOver) dropPendingJoin(ctx, join.groupId);
    throw error;
  }
}

async function settle(
  ctx: ClientContext,
  join: PendingJoin,
  { judged, confirmed = false }: SettleOptions,
): Promise<JoinOutcome> {
  const groupId = fromHex(join.groupId);
  let { own, isOver } = await findCommit(ctx, groupId, join);
  if (own === undefined) {
    if (isOver) return { outcome: 'lost' };
    if (isLate(join, ctx.host.nowNs())) return { outcome: 'late' };
    await send(ctx, groupId, join.message);
    ({ own, isOver } = await findCommit(ctx, groupId, join));
    if (own === undefined) throw new ClientError('client/invite-stale', { groupId: join.groupId });
  }
  // What the members go by is the node's time.
  if (isLate(join, own.createdNs)) return { outcome: 'late' };
  if (isOver && !confirmed) return { outcome: 'contested' };
  const id = await enter(ctx, join, judged ?? (await judgeStored(ctx, join)), own);
  if (id === undefined) return { outcome: 'lost' };
  await giveWelcomes(ctx, id);
  return { outcome: 'joined', id };
}

/** As every member has it (`external-commit-rules.ts`). */
function isLate({ expiresAtNs }: PendingJoin, nowNs: bigint): boolean {
  return expiresAtNs !== 0n && nowNs > expiresAtNs;
}

async function send(ctx: ClientContext, groupId: Uint8Array, data: Uint8Array): Promise<void> {
  const nowNs = ctx.host.nowNs();
  const { root } = requireHmacRoot(ctx.db, ctx.host.random, nowNs);
  const value = { data, senderHmac: senderHmac(ctx.crypto, root, groupId, nowNs, data), shouldPush: false };
  const messages = [create(GroupMessageInputSchema, { version: { case: 'v1', value } })];
  await ctx.network.sendGroupMessages(create(SendGroupMessagesRequestSchema, { messages }));
}

/** The logs that it takes were stored before the commit was sent. */
async function judgeStored(ctx: ClientContext, join: PendingJoin): Promise<JudgedGroup> {
  const reader = new MemoryRows();
  reader.replace(join.rows);
  const { suite } = ctx;
  const { signatureKey } = ctx.identity;
  const group = new LiveGroup(join.groupId, MlsGroup.load({ suite, reader, signatureKey, config: groupConfig(suite) }));
  return { group, validated: await judgeGroup(ctx, group, join.signerLeafIndex) };
}

function enter(
  ctx: ClientContext,
  join: PendingJoin,
  { group, validated }: JudgedGroup,
  { id, createdNs }: GroupMessage_V1,
): Promise<string | undefined> {
  const position = { sequenceId: 0n, createdAtNs: createdNs, messageCursor: id };
  const also = (): void => {
    dropPendingJoin(ctx, join.groupId);
    if (join.welcomes.length > 0) oweWelcomes(ctx, join, id);
  };
  return ctx.locks.run(WELCOME_LOCK, () =>
    enterConversation(ctx, group, validated, position, { rows: join.rows, also }),
  );
}

/** As after a commit that an intent of the group has made. */
function oweWelcomes(ctx: ClientContext, { groupId, message, epoch, welcomes }: PendingJoin, sequenceId: bigint): void {
  const intent = queueChange(ctx, groupId, 'update-membership', { add: [], remove: [] });
  const payloadHash = ctx.crypto.hash('sha256', message);
  const built = { payload: EMPTY_BYTES, payloadHash, publishedEpoch: epoch };
  markIntentPublished(ctx.db, intent, built, { stagedCommit: EMPTY_BYTES, owedWelcomes: welcomes });
  markIntentCommitted(ctx.db, intent, sequenceId);
}

/** The join stands whatever becomes of it: what cannot be sent now stays owed. */
async function giveWelcomes(ctx: ClientContext, groupId: string): Promise<void> {
  try {
    await ctx.locks.run(groupLock(groupId), () => sendPendingWelcomes(ctx, groupId));
  } catch (error) {
    if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
  }
}

/** Goes on with a join that was left: by a failure, or by the end of the process. @throws what is wrong with this device */
export function runJoinTask(ctx: ClientContext, task: Task): Promise<void> {
  const groupId = toHex(task.dedupKey);
  return ctx.locks.run(joinLock(groupId), async () => {
    const join = getPendingJoin(ctx, groupId);
    if (join === undefined) return;
    if (getConversation(ctx.db, groupId)?.active === true) return deleteTask(ctx.db, task.id);
    try {
      const { outcome } = await settleJoin(ctx, join);
      if (outcome === 'contested') postponeTask(ctx.db, task, ctx.host.nowNs());
    } catch (error) {
      if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
      postponeTask(ctx.db, task, ctx.host.nowNs());
    }
  });
}
