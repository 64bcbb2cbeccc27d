/** Reads what the others have written: in calls of 20 conversations, page by page, from a cursor for each. */
import { equalBytes, fromHex } from '@conclave/crypto';
import { BatchQueryCommitLogRequestSchema, type CommitLogEntry, create, type PagingInfo } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { shortId } from '../host.js';
import { isAnswerTooLarge } from '../network/errors.js';
import { checkedPage, type Page, type PageAnswer, type PagedTopic, pageAfter, pagingOf } from '../network/pages.js';
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
  for (let count = 0; count < MAX_LOG_PAGES_PER_TICK && open.length > 0; count++) {
    const unfinished: string[] = [];
    for (let start = 0; start < open.length; start += MAX_LOGS_PER_QUERY) {
      const asked = open.slice(start, start + MAX_LOGS_PER_QUERY);
      const pages = await nextPages(ctx, asked);
      for (const [index, id] of asked.entries()) {
        const page = pages[index] as Page<CommitLogEntry>;
        takePage(ctx, id, page);
        if (page.next !== undefined) unfinished.push(id);
      }
    }
    open = unfinished;
  }
}

const METHOD = 'BatchQueryCommitLog';
const positionOf = ({ sequenceId }: CommitLogEntry) => ({ id: sequenceId, createdNs: 0n });

/** The next page of each of these logs. Anybody can write into a log, long lines too: where all are too much together, each is asked for alone. */
async function nextPages(ctx: ClientContext, ids: readonly string[]): Promise<Page<CommitLogEntry>[]> {
  const cursors = ids.map((id) => getCursor(ctx.db, id, 'commit-log-download'));
  try {
    const requests = ids.map((id, index) => ({ id, paging: pagingOf(cursors[index] as bigint) }));
    const answers = await queryLogs(ctx, requests);
    return answers.map((answer, index) =>
      checkedPage(ctx, { method: METHOD, positionOf }, answer, cursors[index] as bigint),
    );
  } catch (error) {
    if (!isAnswerTooLarge(error)) throw error;
  }
  const pages: Page<CommitLogEntry>[] = [];
  for (const [index, id] of ids.entries())
    pages.push(await pageAfter(ctx, logTopic(ctx, id), cursors[index] as bigint));
  return pages;
}

function logTopic(ctx: ClientContext, id: string): PagedTopic<CommitLogEntry> {
  const ask = async (paging: PagingInfo) => (await queryLogs(ctx, [{ id, paging }]))[0] as PageAnswer<CommitLogEntry>;
  return { method: METHOD, positionOf, ask };
}

async function queryLogs(
  ctx: ClientContext,
  asked: readonly { readonly id: string; readonly paging: PagingInfo }[],
): Promise<PageAnswer<CommitLogEntry>[]> {
  const requests = asked.map(({ id, paging }) => ({ groupId: fromHex(id), pagingInfo: paging }));
  const { responses } = await ctx.network.queryCommitLog(create(BatchQueryCommitLogRequestSchema, { requests }));
  const inOrder = responses.every(({ groupId }, index) => {
    const request = requests[index];
    return request !== undefined && equalBytes(groupId, request.groupId);
  });
  if (responses.length !== asked.length || !inOrder) {
    throw malformedAnswer(ctx, { method: METHOD, expected: asked.length });
  }
  return responses.map(({ commitLogEntries, pagingInfo }) => ({ items: commitLogEntries, pagingInfo }));
}

/** Stores the believed lines of one page and moves the cursor behind it; a line that is too long to be received is one that nobody believes. */
function takePage(ctx: ClientContext, groupId: string, { items, tooLarge }: Page<CommitLogEntry>): void {
  const last = tooLarge?.id ?? items.at(-1)?.sequenceId;
  if (last === undefined) return;
  if (tooLarge !== undefined) ctx.host.log?.info('commit-log-line-too-large', { group: shortId(groupId), line: last });
  ctx.db.transaction(() => {
    const publicKey = consensusKey(ctx, requireConversation(ctx.db, groupId), items);
    let previous = latestRemoteCommitLog(ctx.db, groupId);
    for (const entry of publicKey === undefined ? [] : items) {
      const believed = believe(ctx, { groupId, publicKey: publicKey as Uint8Array, entry, previous });
      if (believed === undefined) continue;
      insertRemoteCommitLog(ctx.db, believed);
      previous = believed;
    }
    raiseCursor(ctx.db, groupId, 'commit-log-download', last);
  });
}

function believe(
  ctx: ClientContext,
  from: {
    readonly groupId: string;
    readonly publicKey: Uint8Array;
    readonly entry: CommitLogEntry;
    readonly previous: RemoteCommitLogEntry | undefined;
  },
): RemoteCommitLogEntry | undefined {
  const { groupId, publicKey, entry, previous } = from;
  const line = readLine(entry);
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
