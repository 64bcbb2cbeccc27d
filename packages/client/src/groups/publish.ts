/**
 * The way out of one group: from waiting intents to envelopes at the node.
 *
 * Messages are prepared together, in one transaction, and sent in as few calls as possible. A commit goes alone, and nothing
 * behind it is prepared before it came back in order: what follows must be built on the epoch that it may open. What was
 * prepared is stored with its bytes until the node has acknowledged it, so a broken connection or a crash sends the same bytes
 * again, which the node stores once.
 */

import { ConclaveError } from '@conclave/crypto';
import { create, GroupMessageInputSchema, SendGroupMessagesRequestSchema } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { isStorageFailure } from '../errors.js';
import { encodeEnvelope } from '../messages/envelope.js';
import { senderHmac } from '../messages/hmac.js';
import { GRPC_STATUS, NetworkError } from '../network/errors.js';
import { requireGate } from '../store/conversations.js';
import {
  type BuiltIntent,
  failIntent,
  type Intent,
  listIntents,
  listUnsentIntents,
  markIntentProcessed,
  markIntentPublished,
  markIntentSent,
  rebuildIntent,
  retryIntent,
} from '../store/intents.js';
import { acknowledgeMessage, getMessage, setDeliveryStatus } from '../store/messages.js';
import { requireHmacRoot } from '../store/preferences.js';
import { encodePendingWelcomes } from '../wrapping/pending-welcomes.js';
import { groupStopped } from './group-stopped.js';
import { groupTransaction } from './group-transaction.js';
import { buildCommit } from './intents/build-commit.js';
import { decodeIntentData } from './intents/intent-data.js';
import type { LiveGroup } from './live-groups.js';
import { isReadable } from './readable-epochs.js';

/** Messages and bytes in one SendGroupMessages, well below what nodes accept (25 MiB). */
const MAX_MESSAGES_PER_CALL = 100;
const MAX_BYTES_PER_CALL = 8 * 1024 * 1024;

/** What a round of publishing leaves. */
export interface PublishOutcome {
  /** A commit was sent: receive before the next round. */
  readonly commitSent: boolean;
}

/**
 * Publishes what waits, up to and including the first commit. Call it under the group's lock.
 * @throws ClientError `client/group-inactive`, `client/group-paused`; NetworkError when the node cannot be reached: the intents stay
 */
export async function publishIntents(ctx: ClientContext, groupId: string): Promise<PublishOutcome> {
  const stopped = groupStopped(requireGate(ctx.db, groupId));
  if (stopped !== undefined) throw stopped;
  const group = ctx.liveGroups.get(groupId);
  if (await resend(ctx, group)) return { commitSent: true };
  for (;;) {
    const waiting = listIntents(ctx.db, groupId, ['to-publish']);
    const first = waiting.find(isHousekeeping) ?? waiting[0];
    if (first === undefined) return { commitSent: false };
    if (first.kind === 'send-message') await sendMessages(ctx, group, leadingMessages(waiting));
    else if (await sendCommit(ctx, group, first)) return { commitSent: true };
  }
}

/**
 * Own key rotation and letting in the members' new installations go before whatever waits: the messages behind them are for the
 * group as it then is.
 */
function isHousekeeping(intent: Intent): boolean {
  if (intent.kind === 'key-update') return true;
  if (intent.kind !== 'update-membership') return false;
  const { add, remove } = decodeIntentData('update-membership', intent.data);
  return add.length + remove.length === 0;
}

function leadingMessages(intents: readonly Intent[]): Intent[] {
  const end = intents.findIndex((intent) => intent.kind !== 'send-message');
  return intents.slice(0, end === -1 ? intents.length : end);
}

/**
 * Sends again what a crash or a lost connection left unacknowledged; what is too old for it is built anew.
 * @returns whether a commit was among it
 */
async function resend(ctx: ClientContext, group: LiveGroup): Promise<boolean> {
  const unsure = listUnsentIntents(ctx.db, group.id);
  if (unsure.length === 0) return false;
  const usable = unsure.filter((intent) => stillUsable(intent, group.mls.epoch));
  if (usable.length < unsure.length) {
    ctx.db.transaction(() => {
      for (const intent of unsure) if (!usable.includes(intent)) rebuildIntent(ctx.db, intent.id);
    });
  }
  for (const batch of batches(usable)) await deliver(ctx, group, batch);
  return usable.some(({ kind }) => kind !== 'send-message');
}

function stillUsable(intent: Intent, epoch: bigint): boolean {
  const built = intent.publishedEpoch as bigint;
  return intent.kind === 'send-message' ? isReadable(built, epoch) : built === epoch;
}

/** Prepares messages in one transaction per batch and sends them. */
async function sendMessages(ctx: ClientContext, group: LiveGroup, intents: readonly Intent[]): Promise<void> {
  for (let start = 0; start < intents.length; start += MAX_MESSAGES_PER_CALL) {
    const prepared = groupTransaction(ctx, group, () =>
      intents.slice(start, start + MAX_MESSAGES_PER_CALL).flatMap((intent) => prepareMessage(ctx, group, intent) ?? []),
    );
    for (const batch of batches(prepared)) await deliver(ctx, group, batch);
  }
}

function prepareMessage(ctx: ClientContext, group: LiveGroup, intent: Intent): BuiltIntent | undefined {
  const message = intent.messageId === undefined ? undefined : getMessage(ctx.db, intent.messageId);
  if (message === undefined) {
    // Deleted, or expired, before it was sent.
    markIntentProcessed(ctx.db, intent.id);
    return undefined;
  }
  const envelope = encodeEnvelope({ content: message.content, idempotencyKey: message.idempotencyKey });
  const payload = group.mls.createApplicationMessage(envelope, ctx.host.random);
  const built = { payload, payloadHash: ctx.crypto.hash('sha256', payload), publishedEpoch: group.mls.epoch };
  markIntentPublished(ctx.db, intent.id, built);
  return { ...intent, ...built, state: 'published' };
}

/** Splits at the byte bound; one message larger than it goes alone. */
function* batches(intents: readonly BuiltIntent[]): Iterable<BuiltIntent[]> {
  let batch: BuiltIntent[] = [];
  let bytes = 0;
  for (const intent of intents) {
    const size = intent.payload.length;
    if (batch.length > 0 && (bytes + size > MAX_BYTES_PER_CALL || batch.length === MAX_MESSAGES_PER_CALL)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(intent);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/**
 * Sends prepared envelopes and notes that the node has them. Where the node refuses a batch for its bytes, each is sent alone, so that
 * one bad envelope does not take the others with it.
 */
async function deliver(ctx: ClientContext, group: LiveGroup, batch: readonly BuiltIntent[]): Promise<void> {
  try {
    await ctx.network.sendGroupMessages(groupMessagesRequest(ctx, group, batch));
  } catch (error) {
    if (!(error instanceof NetworkError) || error.status !== GRPC_STATUS.INVALID_ARGUMENT) throw error;
    if (batch.length > 1) return deliverOneByOne(ctx, group, batch);
    giveUp(ctx, batch[0] as Intent, error);
    throw error;
  }
  ctx.db.transaction(() => {
    for (const intent of batch) {
      markIntentSent(ctx.db, intent);
      if (intent.messageId !== undefined) acknowledgeMessage(ctx.db, intent.messageId);
    }
  });
}

/** @throws the first refusal, after all were tried */
async function deliverOneByOne(ctx: ClientContext, group: LiveGroup, batch: readonly BuiltIntent[]): Promise<void> {
  let refusal: NetworkError | undefined;
  for (const intent of batch) {
    try {
      await deliver(ctx, group, [intent]);
    } catch (error) {
      if (!(error instanceof NetworkError) || error.status !== GRPC_STATUS.INVALID_ARGUMENT) throw error;
      refusal ??= error;
    }
  }
  if (refusal !== undefined) throw refusal;
}

/** The request that sends encrypted messages of a group, each with its push key's HMAC. */
export function groupMessagesRequest(
  ctx: ClientContext,
  group: LiveGroup,
  batch: readonly Pick<BuiltIntent, 'payload' | 'shouldPush'>[],
) {
  const nowNs = ctx.host.nowNs();
  const { root } = requireHmacRoot(ctx.db, ctx.host.random, nowNs);
  const messages = batch.map(({ payload: data, shouldPush }) => {
    const value = { data, senderHmac: senderHmac(ctx.crypto, root, group.mls.groupId, nowNs, data), shouldPush };
    return create(GroupMessageInputSchema, { version: { case: 'v1', value } });
  });
  return create(SendGroupMessagesRequestSchema, { messages });
}

/** The node refuses these bytes for good: asking again would not help. */
function giveUp(ctx: ClientContext, intent: Intent, error: NetworkError): void {
  ctx.intentFailures.note(intent.id, error);
  ctx.db.transaction(() => {
    failIntent(ctx.db, intent.id, error.code);
    if (intent.messageId !== undefined) setDeliveryStatus(ctx.db, intent.messageId, 'failed');
  });
}

/** Builds, checks, stores and sends one commit. @returns false when there was nothing to do or it was refused */
async function sendCommit(ctx: ClientContext, group: LiveGroup, intent: Intent): Promise<boolean> {
  let built: BuiltIntent | undefined;
  try {
    built = await prepareCommit(ctx, group, intent);
  } catch (error) {
    if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
    // A node that does not answer is no fault of this change: it waits, however long that lasts.
    if (error instanceof NetworkError && error.retryable) throw error;
    if (error.retryable && retryIntent(ctx.db, intent.id) < ctx.options.maxPublishAttempts) throw error;
    // The one who waits for this change is told; what waits behind it goes on.
    ctx.intentFailures.note(intent.id, error);
    failIntent(ctx.db, intent.id, error.code);
    return false;
  }
  if (built === undefined) return false;
  await deliver(ctx, group, [built]);
  return true;
}

async function prepareCommit(ctx: ClientContext, group: LiveGroup, intent: Intent): Promise<BuiltIntent | undefined> {
  const plan = await buildCommit(ctx, group, intent);
  if (plan === undefined) {
    markIntentProcessed(ctx.db, intent.id);
    return undefined;
  }
  ctx.invitations.report(intent.id, 'commit', 0, 1);
  return groupTransaction(ctx, group, () => {
    const commit = group.mls.createCommit({ proposals: plan.proposals, random: ctx.host.random });
    const built = {
      payload: commit.message,
      payloadHash: ctx.crypto.hash('sha256', commit.message),
      publishedEpoch: group.mls.epoch,
    };
    const { staged, welcome } = commit;
    markIntentPublished(ctx.db, intent.id, built, {
      stagedCommit: staged.encode(),
      owedWelcomes: welcome === undefined ? undefined : encodePendingWelcomes({ welcome, joiners: plan.joiners }),
    });
    group.keepOwnCommit(built.payloadHash, staged);
    return { ...intent, ...built, state: 'published' };
  });
}
