/**
 * Noticing that a message is missing, and reading it after all. A node that numbers what it is given in several places, or a proxy that loses
 * some, may leave out an envelope of a group and go on: the cursor is beyond it then, and nothing would ever ask for it. Of a commit the
 * next epoch tells (`left-out-commit.ts`); of a message the next one of the same sender does: it passes over a generation of the ratchet.
 *
 * A sender may pass over generations for reasons of his own (what he encrypted was never sent), and does so as often as he likes. So the
 * group's newest messages are looked through twice for a gap, and between two looks at a group lies a rest, which grows while they
 * find nothing. A message of our own is missing when the node has acknowledged it and everything that it has was read.
 *
 * What no message of the same sender and epoch follows stays unnoticed.
 */
import { ConclaveError, fromHex } from '@conclave/crypto';
import type { GroupMessage_V1 } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { isStorageFailure } from '../errors.js';
import { NS_PER_SECOND, shortId } from '../host.js';
import { type Page, pageBefore } from '../network/pages.js';
import { getConversation } from '../store/conversations.js';
import { getCursor, groupReadCursor } from '../store/cursors.js';
import { epochOfUnseenMessage, getPublishedIntent } from '../store/intents.js';
import type { MessageGap } from '../store/message-gaps.js';
import { getMessageBySequenceId } from '../store/messages.js';
import { expiryOf } from './disappearing.js';
import { type GroupEnvelope, isSeen, readEnvelope } from './envelope.js';
import { groupStopped } from './group-stopped.js';
import { groupTopic } from './group-topic.js';
import { groupTransaction } from './group-transaction.js';
import { groupLock } from './live-groups.js';
import { takeOutOfTurn } from './out-of-turn.js';
import { storeOwnMessage } from './own-envelope.js';

/** Pages of 100 envelopes, newest first, that one look reads at most. */
const MAX_PAGES = 3;

/** What was sent a moment ago may yet come by itself. */
const OWN_COMES_WITHIN_NS = 10n * NS_PER_SECOND;

/**
 * Everything that the node has was read, and a message of ours that it took is not among it: it was left out when its turn was. Call it under
 * the group's lock.
 */
export function noteOwnLeftOut(ctx: ClientContext, groupId: string): void {
  const epoch = epochOfUnseenMessage(ctx.db, groupId, ctx.host.nowNs() - OWN_COMES_WITHIN_NS);
  if (epoch !== undefined) ctx.gaps.noteOwn(groupId, groupReadCursor(ctx.db, groupId) + 1n, epoch);
}

/**
 * Looks for what is known to be missing of a group, if that is due, and takes it. Call it under the group's lock.
 * @returns how many messages were taken. What the network or the node refuses ends a look, and nothing else.
 * @throws what is wrong with this device
 * Cost: a look into a table where nothing is missing; else three queries of a page at most, and a row for each envelope in them.
 */
export async function takeLeftOut(ctx: ClientContext, groupId: string): Promise<number> {
  const gap = ctx.gaps.gapOf(groupId, ctx.host.nowNs());
  if (gap === undefined) return 0;
  const conversation = getConversation(ctx.db, groupId);
  if (conversation === undefined || groupStopped(conversation) !== undefined) {
    ctx.gaps.forget(groupId);
    return 0;
  }
  let found = 0;
  let wasAnswered = true;
  try {
    const topic = groupTopic(ctx, fromHex(groupId));
    const from = firstPossible(ctx, groupId, gap);
    let cursor: bigint | undefined = gap.before;
    for (let pages = 0; pages < MAX_PAGES && cursor !== undefined && cursor > from && found < gap.missing; pages++) {
      const page: Page<GroupMessage_V1> = await pageBefore(ctx, topic, cursor);
      for (const message of page.items.toReversed()) if (takeLate(ctx, groupId, message)) found += 1;
      cursor = page.next;
    }
  } catch (error) {
    if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
    wasAnswered = !error.retryable;
    ctx.host.log?.debug('left-out-not-read', { group: shortId(groupId), code: error.code });
  }
  ctx.gaps.settle(groupId, gap, found, wasAnswered, ctx.host.nowNs());
  ctx.host.log?.info('left-out-looked-for', { group: shortId(groupId), missing: gap.missing, found });
  return found;
}

/** Everything of an epoch stands behind the commit that began it. */
function firstPossible(ctx: ClientContext, groupId: string, gap: MessageGap): bigint {
  return ctx.liveGroups.get(groupId).mls.epoch === gap.epoch ? getCursor(ctx.db, groupId, 'commit') : 0n;
}

/**
 * Takes a message that stands before the cursor, if it was not taken when its turn was. Call it under the group's lock.
 * @returns whether it was taken now
 * @throws what is wrong with this device
 */
export function takeLate(ctx: ClientContext, groupId: string, message: GroupMessage_V1): boolean {
  try {
    const envelope = readEnvelope(groupId, message);
    if (!isSeen(ctx.db, groupId, envelope)) return false;
    if (getMessageBySequenceId(ctx.db, groupId, envelope.sequenceId) !== undefined) return false;
    return takeOwn(ctx, groupId, envelope) || takeOutOfTurn(ctx, groupId, envelope);
  } catch (error) {
    if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
    return false;
  }
}

function takeOwn(ctx: ClientContext, groupId: string, envelope: GroupEnvelope): boolean {
  const intent = getPublishedIntent(ctx.db, groupId, ctx.crypto.hash('sha256', envelope.data));
  if (intent?.kind !== 'send-message') return false;
  const group = ctx.liveGroups.get(groupId);
  groupTransaction(ctx, group, (emit) => {
    storeOwnMessage(ctx, group, envelope, intent, expiryOf(ctx, groupId), emit);
  });
  return true;
}

/** Looks for what is missing in all groups where that is due. @throws what is wrong with this device */
export async function takeAllLeftOut(ctx: ClientContext): Promise<void> {
  for (const groupId of ctx.gaps.due(ctx.host.nowNs()))
    await ctx.locks.run(groupLock(groupId), () => takeLeftOut(ctx, groupId));
}
