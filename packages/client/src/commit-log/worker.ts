/**
 * The commit log worker: every five minutes, first at the start, read what others wrote, judge, write what is new, ask to be
 * added again where we have forked and answer those who ask (libxmtp 1.10.0, `CommitLogWorker`).
 */
import { ConclaveError } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import { syncGroup } from '../groups/sync.js';
import { hasPassed, NS_PER_MS, shortId } from '../host.js';
import { listConsented } from '../store/conversation-query.js';
import { downloadCommitLogs } from './download.js';
import { updateForkVerdict } from './fork-check.js';
import { answerReadds, conversationsWithReadds } from './readd-answer.js';
import { requestReadd } from './readd-request.js';
import { shareSigningKey } from './signing-key.js';
import { uploadCommitLogs } from './upload.js';

const lastRun = new WeakMap<ClientContext, bigint>();

/** Runs the worker when it is due. @throws what `runCommitLog` throws */
export async function tickCommitLog(ctx: ClientContext): Promise<void> {
  const { commitLogIntervalMs } = ctx.options;
  const nowNs = ctx.host.nowNs();
  const last = lastRun.get(ctx);
  if (commitLogIntervalMs === 0) return;
  if (last !== undefined && !hasPassed(last, BigInt(commitLogIntervalMs) * NS_PER_MS, nowNs)) return;
  lastRun.set(ctx, nowNs);
  await runCommitLog(ctx);
}

/**
 * One round. What fails in one conversation is logged and does not stop the others.
 * @throws NetworkError when the logs cannot be read or written
 */
export async function runCommitLog(ctx: ClientContext): Promise<void> {
  // Where somebody waits we bring ourselves up to date first, so that the log can tell of the epoch that we answer in.
  const waited = ctx.options.answerReadds ? conversationsWithReadds(ctx) : [];
  for (const id of waited) await apart(ctx, id, () => syncGroup(ctx, id));
  await downloadCommitLogs(ctx, listConsented(ctx.db));
  for (const { id } of listConsented(ctx.db)) updateForkVerdict(ctx, id);
  for (const conversation of listConsented(ctx.db)) {
    await apart(ctx, conversation.id, () => shareSigningKey(ctx, conversation));
  }
  // What we have written is read back at once: the verdict is then about the epoch that we are in.
  const grown = await uploadCommitLogs(ctx, listConsented(ctx.db));
  await downloadCommitLogs(ctx, grown);
  for (const { id } of grown) updateForkVerdict(ctx, id);
  if (ctx.options.requestReadds) {
    for (const conversation of listConsented(ctx.db)) {
      if (conversation.commitLogForked === true)
        await apart(ctx, conversation.id, () => requestReadd(ctx, conversation));
    }
  }
  for (const id of waited) await apart(ctx, id, () => answerReadds(ctx, id));
}

async function apart(ctx: ClientContext, groupId: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ConclaveError)) throw error;
    ctx.host.log?.warn('commit-log-step-failed', { group: shortId(groupId), code: error.code });
  }
}
