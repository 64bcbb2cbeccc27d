/** Writes what our own log has gained: in calls of 10 entries, each signed with the conversation's key. */
import { BatchPublishCommitLogRequestSchema, create, type PublishCommitLogRequest } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { listUploadableCommitLog } from '../store/commit-logs.js';
import type { ConversationRow } from '../store/conversations.js';
import { getCursor, raiseCursor } from '../store/cursors.js';
import { signEntry } from './entry.js';
import { signingKey } from './signing-key.js';

/** Entries in one BatchPublishCommitLog. */
export const MAX_ENTRIES_PER_PUBLISH = 10;
/** Entries written in one go; the rest follows at the next. */
export const MAX_ENTRIES_PER_TICK = 1000;

interface Upload {
  readonly groupId: string;
  /** Of our own log. */
  readonly localId: bigint;
  readonly request: PublishCommitLogRequest;
}

/**
 * Publishes new entries of the conversations in which we write: DMs, and groups where this inbox is a super admin. One
 * that has forked keeps its own line of commits to itself.
 *
 * @returns the conversations whose log has grown by us
 * @throws NetworkError; what the node took stays marked. A lost answer makes entries appear twice, of which readers
 *   believe the first.
 */
export async function uploadCommitLogs(
  ctx: ClientContext,
  conversations: readonly ConversationRow[],
): Promise<ConversationRow[]> {
  const uploads: Upload[] = [];
  const grown = new Set<string>();
  for (const conversation of conversations) {
    if (uploads.length >= MAX_ENTRIES_PER_TICK) break;
    uploads.push(...newEntries(ctx, conversation, MAX_ENTRIES_PER_TICK - uploads.length));
  }
  for (let start = 0; start < uploads.length; start += MAX_ENTRIES_PER_PUBLISH) {
    const batch = uploads.slice(start, start + MAX_ENTRIES_PER_PUBLISH);
    const requests = batch.map(({ request }) => request);
    await ctx.network.publishCommitLog(create(BatchPublishCommitLogRequestSchema, { requests }));
    ctx.db.transaction(() => {
      for (const { groupId, localId } of batch) raiseCursor(ctx.db, groupId, 'commit-log-upload', localId);
    });
    for (const { groupId } of batch) grown.add(groupId);
  }
  return conversations.filter(({ id }) => grown.has(id));
}

/** Signed entries of one conversation. Without the key the cursor stays: they go out when the key is there. */
function newEntries(ctx: ClientContext, conversation: ConversationRow, limit: number): Upload[] {
  const { id, kind, publishCommitLog, commitLogForked } = conversation;
  if (commitLogForked === true || (kind !== 'dm' && !publishCommitLog)) return [];
  const entries = listUploadableCommitLog(ctx.db, id, getCursor(ctx.db, id, 'commit-log-upload'), limit);
  if (entries.length === 0) return [];
  const key = signingKey(ctx, conversation);
  if (key === undefined) return [];
  return entries.map((entry) => ({ groupId: id, localId: entry.id, request: signEntry(entry, key) }));
}
