/**
 * Device sync while the client runs: there is a sync group, it holds the installations of the inbox, and what changed is told in it. What
 * others say is followed where it is received (`follow.ts`); longer work waits in the task queue.
 */
import { ConclaveError } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import { isStorageFailure } from '../errors.js';
import { hasPassed, NS_PER_SECOND } from '../host.js';
import { deleteTask, postponeTask, type Task } from '../store/tasks.js';
import { letInInstallations } from './new-installation.js';
import { sendPreferences } from './outbox.js';
import { answerRequest } from './requests.js';
import { keepSyncGroupCurrent, primarySyncGroup, requireSyncGroup } from './sync-group.js';
import { takeRequestedArchive } from './take-archive.js';
import { ANSWER_TASK, LET_IN_TASK, TAKE_ARCHIVE_TASK } from './tasks.js';

/** After a failure it is tried again this much later. */
const RETRY_NS = 10n * NS_PER_SECOND;

const lastFailure = new WeakMap<ClientContext, bigint>();

/** Does what is due. Cost when nothing is: a few look-ups. @throws the failure, which is tried again later */
export async function tickDeviceSync(ctx: ClientContext): Promise<void> {
  if (!ctx.options.deviceSync) return;
  const failedNs = lastFailure.get(ctx);
  if (failedNs !== undefined && !hasPassed(failedNs, RETRY_NS, ctx.host.nowNs())) return;
  try {
    const groupId = primarySyncGroup(ctx) ?? (await requireSyncGroup(ctx));
    await keepSyncGroupCurrent(ctx, groupId);
    await sendPreferences(ctx);
    lastFailure.delete(ctx);
  } catch (error) {
    lastFailure.set(ctx, ctx.host.nowNs());
    throw error;
  }
}

const WORK: Readonly<Record<string, (ctx: ClientContext, task: Task) => Promise<unknown>>> = {
  [ANSWER_TASK]: answerRequest,
  [TAKE_ARCHIVE_TASK]: takeRequestedArchive,
  [LET_IN_TASK]: letInInstallations,
};

/** Whether a task of the queue is one of these. */
export function isDeviceSyncTask({ kind }: Task): boolean {
  return Object.hasOwn(WORK, kind);
}

/** Runs a task: it is done, postponed, or given up. @throws what is wrong with this device */
export async function runDeviceSyncTask(ctx: ClientContext, task: Task): Promise<void> {
  try {
    const outcome = await WORK[task.kind]?.(ctx, task);
    if (outcome !== false) deleteTask(ctx.db, task.id);
  } catch (error) {
    if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
    ctx.host.log?.warn('device-sync-task-failed', { kind: task.kind, code: error.code, attempts: task.attempts });
    if (error.retryable) postponeTask(ctx.db, task, ctx.host.nowNs());
    else deleteTask(ctx.db, task.id);
  }
}
