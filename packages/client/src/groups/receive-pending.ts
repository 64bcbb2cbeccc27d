/** What the node has for a group, page by page from the cursor on. */

import { ConclaveError, fromHex } from '@conclave/crypto';
import type { GroupMessage_V1 } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import type { ClientError } from '../errors.js';
import { type Page, pageAfter } from '../network/pages.js';
import { requireGate } from '../store/conversations.js';
import { groupReadCursor } from '../store/cursors.js';
import { awaitsCommit, rebuildOvertakenCommits } from '../store/intents.js';
import { transactTogether } from '../store/transact.js';
import { groupStopped } from './group-stopped.js';
import { groupTopic } from './group-topic.js';
import { takeMessages } from './incoming-messages.js';
import { completeUpTo, followsUnknownCommit } from './left-out-commit.js';
import { noteOwnLeftOut, takeLeftOut } from './left-out-messages.js';
import { takeEnvelope } from './receive.js';
import type { ReceiveStep } from './receive-outcome.js';
import { rejectEnvelope } from './reject.js';

/** What was met. */
export interface ReceiveSummary {
  /** Envelopes taken in. */
  readonly received: number;
  /** Envelopes that can never be used; recorded, see `debugInfo`. */
  readonly rejected: number;
  /** Why what follows was left where it is. */
  readonly stopped?: ClientError | undefined;
}

/**
 * Takes in everything that is new, for a caller that holds the group's lock. Asks for nothing while the group is stopped. Where what comes
 * follows a commit that a stream has left out, it is read again from where it is complete: once.
 * @throws NetworkError; ClientError `client/node-answer-malformed`; what is wrong with this device
 */
export async function receivePending(ctx: ClientContext, groupId: string): Promise<ReceiveSummary> {
  let received = 0;
  let rejected = 0;
  const stopped = groupStopped(requireGate(ctx.db, groupId));
  if (stopped !== undefined) return { received, rejected, stopped };
  const topic = groupTopic(ctx, fromHex(groupId));
  for (let cursor: bigint | undefined = groupReadCursor(ctx.db, groupId); cursor !== undefined; ) {
    const page: Page<GroupMessage_V1> = await pageAfter(ctx, topic, cursor);
    const { items, tooLarge } = page;
    const last = tooLarge?.id ?? items.at(-1)?.id;
    if (last === undefined) break;
    const complete = completeUpTo(ctx, groupId);
    if (cursor > complete && followsUnknownCommit(ctx, groupId, items)) {
      cursor = complete;
      continue;
    }
    for (let next = 0; next < items.length; ) {
      const steps = takeTogether(ctx, groupId, items.slice(next));
      for (const step of steps) {
        const outcome = step.kind === 'later' ? await step.finish() : step;
        if (outcome.kind === 'stopped') return { received, rejected, stopped: outcome.error };
        if (outcome.kind === 'done') received += 1;
        if (outcome.kind === 'rejected') rejected += 1;
      }
      next += steps.length;
    }
    if (tooLarge !== undefined) {
      rejectEnvelope(ctx, groupId, { sequenceId: tooLarge.id, isCommit: false }, tooLarge.error);
      rejected += 1;
    }
    if (cursor <= complete) ctx.liveGroups.get(groupId).readThrough = last;
    cursor = page.next;
  }
  takeUpLostCommits(ctx, groupId);
  noteOwnLeftOut(ctx, groupId);
  received += await takeLeftOut(ctx, groupId);
  return { received, rejected };
}

/**
 * Everything that the node has was read. A commit of ours that it took, and has not shown before the next epoch, is lost: nothing would ever
 * settle it, and the wish of its kind that waits keeps others from being made. Should it come after all, it is of an epoch that is over.
 */
function takeUpLostCommits(ctx: ClientContext, groupId: string): void {
  const group = awaitsCommit(ctx.db, groupId) ? ctx.liveGroups.find(groupId) : undefined;
  if (group !== undefined) rebuildOvertakenCommits(ctx.db, groupId, group.mls.epoch);
}

/**
 * Takes the envelopes of a page in one transaction, up to the first that has to wait for the network or stops the rest: a transaction for
 * each would encrypt and write the same pages of the database over and over. What one of them meets does not hold up those before it:
 * where storing them together fails, they are stored one by one. One alone has its own transaction, once it has nothing to wait for.
 * @returns a step for each that was taken, one at least
 */
function takeTogether(ctx: ClientContext, groupId: string, messages: readonly GroupMessage_V1[]): ReceiveStep[] {
  try {
    const steps = (): ReceiveStep[] => takeInTurn(ctx, groupId, messages, takeMessages);
    return messages.length === 1 ? steps() : transactTogether(ctx, steps);
  } catch (error) {
    // Memory may be ahead of the database, which is the truth.
    ctx.liveGroups.drop(groupId);
    if (!(error instanceof ConclaveError)) throw error;
    return takeInTurn(ctx, groupId, messages, () => []);
  }
}

/** @param together - takes some from the head of what is left, or none: then the next is taken alone */
function takeInTurn(
  ctx: ClientContext,
  groupId: string,
  messages: readonly GroupMessage_V1[],
  together: typeof takeMessages,
): ReceiveStep[] {
  const steps: ReceiveStep[] = [];
  while (steps.length < messages.length) {
    const taken = together(ctx, groupId, messages.slice(steps.length));
    steps.push(...taken);
    if (taken.length > 0) continue;
    const step = takeEnvelope(ctx, groupId, messages[steps.length] as GroupMessage_V1);
    steps.push(step);
    if (step.kind === 'later' || step.kind === 'stopped') break;
  }
  return steps;
}
