/**
 * The way out of one group: from waiting intents to envelopes at the node.
 *
 * Messages are prepared together, in one transaction, and sent in as few calls as possible. A commit goes alone, and nothing
 * behind it is prepared before it came back in order: what follows must be built on the epoch that it may open. What was
 * prepared is stored with its bytes until the node has acknowledged it, so a broken connection or a crash sends the same bytes
 * again, which the node stores once.
 */

import { ConclaveError } from '@conclave/crypto';
import {
  create,
  type GroupMessageInput,
  GroupMessageInputSchema,
  SendGroupMessagesRequestSchema,
} from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { encodeEnvelope } from '../messages/envelope.js';
import { senderHmac } from '../messages/hmac.js';
import {
  failIntent,
  type Intent,
  listIntents,
  markIntentProcessed,
  markIntentPublished,
  markIntentSent,
  rebuildIntent,
  retryIntent,
} from '../store/intents.js';
import { acknowledgeMessage, getMessage, setDeliveryStatus } from '../store/messages.js';
import { requireHmacRoot } from '../store/preferences.js';
import { encodePendingWelcomes } from '../welcomes/pending-welcomes.js';
import { groupTransaction } from './group-transaction.js';
import { buildCommit } from './intents/build-commit.js';
import { decodeIntentData } from './intents/intent-data.js';
import type { LiveGroup } from './live-groups.js';

/** Messages and bytes in one SendGroupMessages, well below what nodes accept (25 MiB). */
const MAX_MESSAGES_PER_CALL = 100;
const MAX_BYTES_PER_CALL = 8 * 1024 * 1024;
/** An application message can be read while the group is fewer epochs ahead (libxmtp `MAX_PAST_EPOCHS`). */
export const READABLE_EPOCHS = 3n;

/** What a round of publishing leaves. */
export interface PublishOutcome {
  /** A commit was sent: receive before the next round. */
  readonly commitSent: boolean;
  /** Something is at the node whose place in the order is not known yet. */
  readonly sent: number;
}

/**
 * Publishes what waits, up to and including the first commit. Call it under the group's lock.
 * @throws NetworkError when the node cannot be reached; the intents stay as they are
 */
export async function publishIntents(ctx: ClientContext, groupId: string): Promise<PublishOutcome> {
  const group = ctx.liveGroups.get(groupId);
  let sent = await resend(ctx, group);
  for (;;) {
    const waiting = listIntents(ctx.db, groupId, ['to-publish']);
    const first = waiting.find(isHousekeeping) ?? waiting[0];
    if (first === undefined) return { commitSent: false, sent };
    if (first.kind === 'send-message') {
      sent += await sendMessages(ctx, group, leadingMessages(waiting));
      continue;
    }
    if (await sendCommit(ctx, group, first)) return { commitSent: true, sent: sent + 1 };
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

/** Sends again what a crash or a lost connection left unacknowledged; what is too old for it is built anew. */
async function resend(ctx: ClientContext, group: LiveGroup): Promise<number> {
  const unsure = listIntents(ctx.db, group.id, ['published']).filter((intent) => intent.payload !== undefined);
  const usable = unsure.filter((intent) => stillUsable(intent, group.mls.epoch));
  const stale = unsure.filter((intent) => !usable.includes(intent));
  if (stale.length > 0) {
    ctx.db.transaction(() => {
      for (const intent of stale) rebuildIntent(ctx.db, intent.id);
    });
  }
  for (const batch of batches(usable)) await deliver(ctx, group, batch);
  return usable.length;
}

function stillUsable(intent: Intent, epoch: bigint): boolean {
  const built = intent.publishedEpoch as bigint;
  return intent.kind === 'send-message' ? built <= epoch && epoch < built + READABLE_EPOCHS : built === epoch;
}

/** Prepares messages in one transaction per batch and sends them. @returns how many */
async function sendMessages(ctx: ClientContext, group: LiveGroup, intents: readonly Intent[]): Promise<number> {
  let count = 0;
  for (let start = 0; start < intents.length; start += MAX_MESSAGES_PER_CALL) {
    const prepared = groupTransaction(ctx, group, () => {
      const batch: Intent[] = [];
      for (const intent of intents.slice(start, start + MAX_MESSAGES_PER_CALL)) {
        const built = prepareMessage(ctx, group, intent);
        if (built !== undefined) batch.push(built);
      }
      return batch;
    });
    for (const batch of batches(prepared)) await deliver(ctx, group, batch);
    count += prepared.length;
  }
  return count;
}

function prepareMessage(ctx: ClientContext, group: LiveGroup, intent: Intent): Intent | undefined {
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
function* batches(intents: readonly Intent[]): Iterable<Intent[]> {
  let batch: Intent[] = [];
  let bytes = 0;
  for (const intent of intents) {
    const size = (intent.payload as Uint8Array).length;
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

async function deliver(ctx: ClientContext, group: LiveGroup, batch: readonly Intent[]): Promise<void> {
  const messages = batch.map((intent) => inputOf(ctx, group, intent));
  const request = create(SendGroupMessagesRequestSchema, { messages });
  try {
    await ctx.network.sendGroupMessages(request);
  } catch (error) {
    if (error instanceof ClientError && !error.retryable) giveUp(ctx, batch, error);
    throw error;
  }
  ctx.db.transaction(() => {
    for (const intent of batch) {
      markIntentSent(ctx.db, intent.id);
      if (intent.messageId !== undefined) acknowledgeMessage(ctx.db, intent.messageId);
    }
  });
}

function inputOf(ctx: ClientContext, group: LiveGroup, intent: Intent): GroupMessageInput {
  const data = intent.payload as Uint8Array;
  const nowNs = ctx.host.nowNs();
  const { root } = requireHmacRoot(ctx.db, ctx.host.random, nowNs);
  const value = {
    data,
    senderHmac: senderHmac(ctx.crypto, root, group.mls.groupId, nowNs, data),
    shouldPush: intent.shouldPush,
  };
  return create(GroupMessageInputSchema, { version: { case: 'v1', value } });
}

/** The node refuses these bytes for good: asking again would not help. */
function giveUp(ctx: ClientContext, batch: readonly Intent[], error: ClientError): void {
  ctx.db.transaction(() => {
    for (const intent of batch) {
      failIntent(ctx.db, intent.id, error.code);
      if (intent.messageId !== undefined) setDeliveryStatus(ctx.db, intent.messageId, 'failed');
    }
  });
}

/** Builds, checks, stores and sends one commit. @returns false when there was nothing to do or it was refused */
async function sendCommit(ctx: ClientContext, group: LiveGroup, intent: Intent): Promise<boolean> {
  let built: Intent | undefined;
  try {
    built = await prepareCommit(ctx, group, intent);
  } catch (error) {
    if (!(error instanceof ConclaveError)) throw error;
    if (error.retryable && retryIntent(ctx.db, intent.id) < ctx.options.maxPublishAttempts) throw error;
    // The one who waits for this change is told; what waits behind it goes on.
    failIntent(ctx.db, intent.id, error.code);
    ctx.intentFailures.set(intent.id, error);
    return false;
  }
  if (built === undefined) return false;
  await deliver(ctx, group, [built]);
  return true;
}

async function prepareCommit(ctx: ClientContext, group: LiveGroup, intent: Intent): Promise<Intent | undefined> {
  const plan = await buildCommit(ctx, group, intent);
  if (plan === undefined) {
    markIntentProcessed(ctx.db, intent.id);
    return undefined;
  }
  return groupTransaction(ctx, group, () => {
    const commit = group.mls.createCommit({ proposals: plan.proposals, random: ctx.host.random });
    const built = {
      payload: commit.message,
      payloadHash: ctx.crypto.hash('sha256', commit.message),
      publishedEpoch: group.mls.epoch,
      stagedCommit: commit.staged.encode(),
      postCommit:
        commit.welcome === undefined
          ? undefined
          : encodePendingWelcomes({ welcome: commit.welcome, joiners: plan.joiners }),
    };
    markIntentPublished(ctx.db, intent.id, built);
    return { ...intent, ...built, state: 'published' };
  });
}
