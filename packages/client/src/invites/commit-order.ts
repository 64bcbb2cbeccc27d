/**
 * Where a joiner's commit stands among the messages of a group that he cannot read yet. What he sees of a commit is its header, which anybody
 * can write who knows the group's id: only the epoch that his own commit ends says something.
 */
import { equalBytes } from '@conclave/crypto';
import { MlsError, peekMlsMessage } from '@conclave/mls';
import {
  create,
  type GroupMessage,
  type GroupMessage_V1,
  PagingInfoSchema,
  QueryGroupMessagesRequestSchema,
  SortDirection,
} from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { PAGE_SIZE } from '../network/network.js';

/** Pages read back to the commit that began an epoch. */
const MAX_PAGES_BACK = 20;
/** Pages read on to our own commit. */
const MAX_PAGES_ON = 100;
/** RFC 9420 section 6: ContentType commit. */
const COMMIT = 3;

/**
 * Reads back from the newest message to the page with the commit that began the epoch, before anything is sent.
 *
 * Headers of later epochs count only where nothing speaks against them: whoever has made one of those had a commit of this epoch before it.
 * @returns id of the newest message, 0 when there is none; and whether the epoch is over
 */
export async function lookBack(
  ctx: ClientContext,
  groupId: Uint8Array,
  epoch: bigint,
): Promise<{ readonly newestId: bigint; readonly isOver: boolean }> {
  let newestId = 0n;
  let idCursor = 0n;
  let sawLater = false;
  for (let page = 0; page < MAX_PAGES_BACK; page++) {
    const messages = await query(ctx, groupId, SortDirection.DESCENDING, idCursor);
    let sawEarlier = false;
    for (const { version } of messages) {
      if (version.case !== 'v1') continue;
      idCursor = version.value.id;
      if (idCursor > newestId) newestId = idCursor;
      const committed = epochOfCommit(version.value.data);
      if (committed === undefined) continue;
      if (committed === epoch) return { newestId, isOver: true };
      if (committed > epoch) sawLater = true;
      else sawEarlier = true;
    }
    if (sawEarlier || messages.length < PAGE_SIZE) return { newestId, isOver: false };
  }
  return { newestId, isOver: sawLater };
}

/**
 * Reads on to our own commit.
 * @param afterId - what `lookBack` gave before it was sent
 * @returns its envelope, and whether a header for the same epoch stands before it
 */
export async function findCommit(
  ctx: ClientContext,
  groupId: Uint8Array,
  { afterId, epoch, message }: { readonly afterId: bigint; readonly epoch: bigint; readonly message: Uint8Array },
): Promise<{ readonly own: GroupMessage_V1 | undefined; readonly isOver: boolean }> {
  let idCursor = afterId;
  let isOver = false;
  for (let page = 0; page < MAX_PAGES_ON; page++) {
    const messages = await query(ctx, groupId, SortDirection.ASCENDING, idCursor);
    for (const { version } of messages) {
      if (version.case !== 'v1') continue;
      idCursor = version.value.id;
      if (equalBytes(version.value.data, message)) return { own: version.value, isOver };
      isOver ||= epochOfCommit(version.value.data) === epoch;
    }
    if (messages.length < PAGE_SIZE) break;
  }
  return { own: undefined, isOver };
}

async function query(
  ctx: ClientContext,
  groupId: Uint8Array,
  direction: SortDirection,
  idCursor: bigint,
): Promise<readonly GroupMessage[]> {
  const pagingInfo = create(PagingInfoSchema, { direction, limit: PAGE_SIZE, idCursor });
  const request = create(QueryGroupMessagesRequestSchema, { groupId, pagingInfo });
  return (await ctx.network.queryGroupMessages(request)).messages;
}

function epochOfCommit(data: Uint8Array): bigint | undefined {
  try {
    const { epoch, contentType } = peekMlsMessage(data);
    return contentType === COMMIT ? epoch : undefined;
  } catch (error) {
    if (error instanceof MlsError) return undefined;
    throw error;
  }
}
