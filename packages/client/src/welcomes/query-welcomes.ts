/** Welcomes of one topic, by page. */

import {
  create,
  PagingInfoSchema,
  QueryWelcomeMessagesRequestSchema,
  SortDirection,
  type WelcomeMessage,
} from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { PAGE_SIZE } from '../network/network.js';
import { malformedAnswer } from '../refusals.js';
import { MAX_SQL_INTEGER } from '../store/columns.js';

/** A page. */
export interface WelcomePage {
  /** Every one has a version, and ids rise. */
  readonly welcomes: readonly WelcomeMessage[];
  readonly isLast: boolean;
}

/**
 * Asks for what is behind the cursor, oldest first.
 * @param topic - installation key, or the destination of a pointer; 32 bytes
 * @throws NetworkError; ClientError `client/node-answer-malformed`
 */
export async function queryWelcomes(ctx: ClientContext, topic: Uint8Array, idCursor: bigint): Promise<WelcomePage> {
  const pagingInfo = create(PagingInfoSchema, { direction: SortDirection.ASCENDING, limit: PAGE_SIZE, idCursor });
  const request = create(QueryWelcomeMessagesRequestSchema, { installationKey: topic, pagingInfo });
  const { messages } = await ctx.network.queryWelcomeMessages(request);
  let last = idCursor;
  for (const { version } of messages) {
    // Ids that do not rise would make the loop endless, and a message without a version has no id to go on from.
    if (version.case === undefined || version.value.id <= last || version.value.id > MAX_SQL_INTEGER) {
      throw malformedAnswer(ctx, { method: 'QueryWelcomeMessages' });
    }
    last = version.value.id;
  }
  return { welcomes: messages, isLast: messages.length < PAGE_SIZE };
}
