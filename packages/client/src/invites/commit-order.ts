/**
 * Where a joiner's commit stands among the messages of a group that he cannot read yet. What he sees of a commit is its header, which anybody
 * can write who knows the group's id: only the epoch that his own commit ends says something.
 */
import { equalBytes } from '@conclave/crypto';
import { MlsError, peekMlsMessage } from '@conclave/mls';
import type { GroupMessage_V1 } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { groupTopic } from '../groups/group-topic.js';
import { type Page, pageAfter, pageBefore } from '../network/pages.js';

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
  const topic = groupTopic(ctx, groupId);
  let newestId = 0n;
  let cursor = 0n;
  let sawLater = false;
  for (let pages = 0; pages < MAX_PAGES_BACK; pages++) {
    const { items, next } = await pageBefore(ctx, topic, cursor);
    let sawEarlier = false;
    for (const { id, data } of items) {
      if (id > newestId) newestId = id;
      const committed = epochOfCommit(data);
      if (committed === undefined) continue;
      if (committed === epoch) return { newestId, isOver: true };
      if (committed > epoch) sawLater = true;
      else sawEarlier = true;
    }
    if (sawEarlier || next === undefined) return { newestId, isOver: false };
    cursor = next;
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
  const topic = groupTopic(ctx, groupId);
  let cursor: bigint | undefined = afterId;
  let isOver = false;
  for (let pages = 0; pages < MAX_PAGES_ON && cursor !== undefined; pages++) {
    const page: Page<GroupMessage_V1> = await pageAfter(ctx, topic, cursor);
    for (const envelope of page.items) {
      if (equalBytes(envelope.data, message)) return { own: envelope, isOver };
      isOver ||= epochOfCommit(envelope.data) === epoch;
    }
    cursor = page.next;
  }
  return { own: undefined, isOver };
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
