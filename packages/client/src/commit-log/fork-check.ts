/**
 * Whether this installation has left the others' line of commits. It has when the newest commit that both logs tell of
 * led to different epoch authenticators, or when one took effect for them that we have passed without seeing it. (The
 * deployed client knows only the first, and so notices a commit that was kept from it when the next one comes.)
 */
import { equalBytes } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import { joinedEpoch } from '../groups/local-log.js';
import { shortId } from '../host.js';
import {
  type CommonCommit,
  hasAppliedAfter,
  hasMissedCommit,
  newestCommonCommit,
  newestLocalCommitLogId,
  pruneCommitLogs,
} from '../store/commit-logs.js';
import { requireConversation, updateConversation } from '../store/conversations.js';
import { getCursor, groupReadCursor, raiseCursor, setCursor } from '../store/cursors.js';
import { transact } from '../store/transact.js';

/**
 * Compares the two logs of a conversation and stores the verdict.
 *
 * @returns true: forked. False: the others agree on the epoch that we are in. Undefined: their log does not tell of our
 *   newest commit yet. A commit that we refused and they have not mentioned keeps nobody waiting: it changed nothing.
 * Cost: the entries since the last agreement.
 */
export function updateForkVerdict(ctx: ClientContext, groupId: string): boolean | undefined {
  const { db } = ctx;
  const before = requireConversation(db, groupId).commitLogForked;
  const agreed = getCursor(db, groupId, 'fork-check-local');
  const common = newestCommonCommit(db, groupId, agreed);
  const verdict = verdictOn(ctx, groupId, common, before);
  const isFurther = common !== undefined && verdict !== true && common.localId > agreed;
  if (!isFurther && verdict === before) return verdict;
  transact(ctx, (emit) => {
    if (isFurther) {
      raiseCursor(db, groupId, 'fork-check-local', common.localId);
      pruneCommitLogs(db, groupId, common);
    }
    if (verdict === before) return;
    updateConversation(db, groupId, { commitLogForked: verdict });
    emit({ type: 'conversation-changed', groupId });
  });
  if (verdict === true && before !== true) {
    ctx.host.log?.warn('fork-detected', { group: shortId(groupId), commit: common?.commitSequenceId });
  }
  return verdict;
}

function verdictOn(
  ctx: ClientContext,
  groupId: string,
  common: CommonCommit | undefined,
  before: boolean | undefined,
): boolean | undefined {
  if (common !== undefined && !equalBytes(common.ourAuthenticator, common.theirAuthenticator)) return true;
  const missed = hasMissedCommit(ctx.db, groupId, {
    after: common?.commitSequenceId ?? 0n,
    // What lies before the place where the next query starts is never asked for again.
    readUpTo: groupReadCursor(ctx.db, groupId),
    joinedEpoch: joinedEpoch(ctx, groupId) ?? 0n,
  });
  if (missed) return true;
  const from = common?.localId ?? getCursor(ctx.db, groupId, 'fork-check-local') - 1n;
  if (hasAppliedAfter(ctx.db, groupId, from)) return undefined;
  return common === undefined ? before : false;
}

/**
 * Our state of the group was replaced: what stands in our log belongs to the state before and is neither compared nor
 * published any more. Runs inside a transaction, which has to empty `commitLogForked` as well.
 */
export function beginLogAnew(ctx: ClientContext, groupId: string): void {
  const newest = newestLocalCommitLogId(ctx.db, groupId);
  setCursor(ctx.db, groupId, 'fork-check-local', newest + 1n);
  setCursor(ctx.db, groupId, 'commit-log-upload', newest);
}
