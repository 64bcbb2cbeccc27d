/** Reads what the others have written: in calls of 20 conversations, page by page, from a cursor for each. */
import { equalBytes, fromHex } from '@conclave/crypto';
import {
  BatchQueryCommitLogRequestSchema,
  type CommitLogEntry,
  create,
  PagingInfoSchema,
  SortDirection,
} from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { shortId } from '../host.js';
import { PAGE_SIZE } from '../network/network.js';
import { malformedAnswer } from '../refusals.js';
import { insertRemoteCommitLog, latestRemoteCommitLog, type RemoteCommitLogEntry } from '../store/commit-logs.js';
import { type ConversationRow, requireConversation } from '../store/conversations.js';
import { getCursor, raiseCursor } from '../store/cursors.js';
import { isSigned, readLine } from './entry.js';
import { brokenReaderRule, resultOf } from './reader-rules.js';
import { consensusKey } from './signing-key.js';

/** Commit logs in one BatchQueryCommitLog. */
export const MAX_LOGS_PER_QUERY = 20;
/**
 * Pages read of one log in one go. Anybody can write into a log; with a bound of one page, as deployed clients have it,
 * 100 lines of garbage every five minutes keep readers from ever reaching an honest one.
 */
export const MAX_LOG_PAGES_PER_TICK = 50;

/**
 * Reads the logs of these conversations as far as they go, and stores what is believed.
 * @throws NetworkError; ClientError `client/node-answer-malformed`. What was read before stays.
 * Cost: a call per 20 conversations, and a signature verification per line that could be true.
 */
export async function downloadCommitLogs(ctx: ClientContext, conversations: readonly ConversationRow[]): Promise<void> {
  let open = conversations.map(({ id }) => id);
  for (let page = 0; page < MAX_LOG_PAGES_PER_TICK && open.length > 0; page++) {
    const full: string[] = [];
    for (let start = 0; start < open.length; start += MAX_LOGS_PER_QUERY) {
      const asked = open.slice(start, start + MAX_LOGS_PER_QUERY);
      const pages = await queryLogs(ctx, asked);
      for (const [index, id] of asked.entries()) {
        const entries = pages[index] as CommitLogEntry[];
        if (takePage(ctx, id, entries) && entries.length >= PAGE_SIZE) full.push(id);
      }
    }
    open = full;
  }
}

async function queryLogs(ctx: ClientContext, ids: readonly string[]): Promise<CommitLogEntry[][]> {
  const requests = ids.map((id) => ({
    groupId: fromHex(id),
    pagingInfo: create(PagingInfoSchema, {
      direction: SortDirection.ASCENDING,
      limit: PAGE_SIZE,
      idCursor: getCursor(ctx.db, id, 'commit-log-download'),
    }),
  }));
  const { responses } = await ctx.network.queryCommitLog(create(BatchQueryCommitLogRequestSchema, { requests }));
  const inOrder = responses.every(({ groupId }, index) => {
    const request = requests[index];
    return request !== undefined && equalBytes(groupId, request.groupId);
  });
  if (responses.length !== ids.length || !inOrder) {
    throw malformedAnswer(ctx, { method: 'BatchQueryCommitLog', expected: ids.length });
  }
  return responses.map(({ commitLogEntries }) => commitLogEntries);
}

/** Stores the believed lines of one page and moves the cursor behind it. @returns false when the page leads nowhere */
function takePage(ctx: ClientContext, groupId: string, entries: readonly CommitLogEntry[]): boolean {
  const before = getCursor(ctx.db, groupId, 'commit-log-download');
  const last = entries.reduce((newest, { sequenceId }) => (sequenceId > newest ? sequenceId : newest), before);
  if (last === before) return false;
  ctx.db.transaction(() => {
    const publicKey = consensusKey(ctx, requireConversation(ctx.db, groupId), entries);
    let previous = latestRemoteCommitLog(ctx.db, groupId);
    for (const entry of publicKey === undefined ? [] : entries) {
      const believed = believe(ctx, { groupId, publicKey: publicKey as Uint8Array, entry, previous, after: before });
      if (believed === undefined) continue;
      insertRemoteCommitLog(ctx.db, believed);
      previous = believed;
    }
    raiseCursor(ctx.db, groupId, 'commit-log-download', last);
  });
  return true;
}

function believe(
  ctx: ClientContext,
  from: {
    readonly groupId: string;
    readonly publicKey: Uint8Array;
    readonly entry: CommitLogEntry;
    readonly previous: RemoteCommitLogEntry | undefined;
    readonly after: bigint;
  },
): RemoteCommitLogEntry | undefined {
  const { groupId, publicKey, entry, previous, after } = from;
  const line = entry.sequenceId > after ? readLine(entry) : undefined;
  if (line === undefined) return undefined;
  const rule = brokenReaderRule({
    entry,
    line,
    groupId: fromHex(groupId),
    publicKey,
    previous,
    isSigned: () => isSigned(ctx.crypto, entry),
  });
  if (rule !== undefined) {
    ctx.host.log?.debug('commit-log-line-dropped', { group: shortId(groupId), line: entry.sequenceId, rule });
    return undefined;
  }
  return {
    groupId,
    logSequenceId: entry.sequenceId,
    commitSequenceId: line.commitSequenceId,
    result: resultOf(line) ?? 'unspecified',
    appliedEpoch: line.appliedEpochNumber,
    appliedEpochAuthenticator: line.appliedEpochAuthenticator,
  };
}
