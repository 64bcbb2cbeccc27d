/** What the node has for a group, page by page from the cursor on. */

import { fromHex } from '@conclave/crypto';
import {
  create,
  type GroupMessage_V1,
  PagingInfoSchema,
  QueryGroupMessagesRequestSchema,
  SortDirection,
} from '@conclave/proto';
import type { ClientContext } from '../context.js';
import type { ClientError } from '../errors.js';
import { PAGE_SIZE } from '../network/network.js';
import { malformedAnswer } from '../refusals.js';
import { requireConversation } from '../store/conversations.js';
import { getCursor, groupReadCursor } from '../store/cursors.js';
import { groupStopped, receiveEnvelope } from './receive.js';

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
 * Takes in everything that is new, for a caller that holds the group's lock. Asks for nothing while the group is stopped.
 * @throws NetworkError; ClientError `client/node-answer-malformed`; what is wrong with this device
 */
export function receivePending(ctx: ClientContext, groupId: string): Promise<ReceiveSummary> {
  return receiveAfter(ctx, groupId, groupReadCursor(ctx.db, groupId));
}

/** As `receivePending`, from the last commit taken on: commits that a stream left out are among what comes. */
export function receiveSinceLastCommit(ctx: ClientContext, groupId: string): Promise<ReceiveSummary> {
  return receiveAfter(ctx, groupId, getCursor(ctx.db, groupId, 'commit'));
}

async function receiveAfter(ctx: ClientContext, groupId: string, start: bigint): Promise<ReceiveSummary> {
  let received = 0;
  let rejected = 0;
  const stopped = groupStopped(requireConversation(ctx.db, groupId));
  if (stopped !== undefined) return { received, rejected, stopped };
  for (let cursor = start; ; ) {
    const { messages, isLast } = await queryGroup(ctx, groupId, cursor);
    for (const message of messages) {
      const outcome = await receiveEnvelope(ctx, groupId, message);
      if (outcome.kind === 'stopped') return { received, rejected, stopped: outcome.error };
      if (outcome.kind === 'done') received += 1;
      if (outcome.kind === 'rejected') rejected += 1;
      cursor = message.id;
    }
    if (isLast) return { received, rejected };
  }
}

async function queryGroup(
  ctx: ClientContext,
  groupId: string,
  idCursor: bigint,
): Promise<{ messages: GroupMessage_V1[]; isLast: boolean }> {
  const pagingInfo = create(PagingInfoSchema, { direction: SortDirection.ASCENDING, limit: PAGE_SIZE, idCursor });
  const request = create(QueryGroupMessagesRequestSchema, { groupId: fromHex(groupId), pagingInfo });
  const page = await ctx.network.queryGroupMessages(request);
  const messages: GroupMessage_V1[] = [];
  let last = idCursor;
  for (const { version } of page.messages) {
    // Ids that do not rise would make the loop endless, and a message without a version has no id to go on from.
    if (version.case !== 'v1' || version.value.id <= last) {
      throw malformedAnswer(ctx, { method: 'QueryGroupMessages' });
    }
    last = version.value.id;
    messages.push(version.value);
  }
  return { messages, isLast: messages.length < PAGE_SIZE };
}
