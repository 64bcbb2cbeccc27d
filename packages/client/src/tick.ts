/** Work that nobody asks for: done when it is due, from what stands in the database, so that it survives a restart. */
import { ConclaveError } from '@conclave/crypto';
import { tickCommitLog } from './commit-log/worker.js';
import type { ClientContext } from './context.js';
import { isDeviceSyncTask, runDeviceSyncTask, tickDeviceSync } from './device-sync/worker.js';
import { isStorageFailure } from './errors.js';
import { groupStopped } from './groups/group-stopped.js';
import { completeRemovals } from './groups/leave.js';
import { takeAllLeftOut } from './groups/left-out-messages.js';
import { syncGroup } from './groups/sync.js';
import { warmTrees } from './groups/warm-trees.js';
import { hasPassed, NS_PER_DAY, NS_PER_SECOND } from './host.js';
import { nextKeyPackageTick, tickKeyPackages } from './identity/key-package-rotation.js';
import { registrationStatus } from './identity/registration.js';
import { JOIN_TASK } from './invites/pending-join.js';
import { runJoinTask } from './invites/settle-join.js';
import { NetworkError } from './network/errors.js';
import { getConversation } from './store/conversations.js';
import { deleteSettledIntents, listGroupsWithIntents } from './store/intents.js';
import { deleteExpiredMessages } from './store/messages.js';
import { deleteTask, listDueTasks } from './store/tasks.js';
import { transact } from './store/transact.js';
import { takeLeftOutWelcomes } from './welcomes/left-out-welcomes.js';
import { syncWelcomes } from './welcomes/receive.js';
import { runWelcomeTask, WELCOME_TASK } from './welcomes/welcome-tasks.js';

/** What a tick did; failures are counted, and due again. */
export interface TickSummary {
  readonly failures: readonly ConclaveError[];
}

/** Messages deleted in one transaction. */
const EXPIRY_BATCH = 500;
const TASKS_PER_TICK = 20;
/** Failed intents are kept this long for whoever asks why; typing notices that did not come back for when they do. */
const FAILED_INTENT_LIFE_NS = 7n * NS_PER_DAY;
/** What is left unsent is tried again this often. */
const RESUME_INTERVAL_NS = 10n * NS_PER_SECOND;

/** Keys that are past their time are deleted after this long though the node could not be asked for welcomes to them. */
const LONGEST_KEPT_UNREAD_NS = 7n * NS_PER_DAY;
/** Deleted keys live on in the write-ahead log at most this long, while the client ticks. */
const LOG_LIFE_NS = 60n * NS_PER_SECOND;

const lastResume = new WeakMap<ClientContext, bigint>();
const lastEmptied = new WeakMap<ClientContext, bigint>();

/** Does what is due, one kind after the other; a failure of one does not stop the others. One tick runs at a time. */
export function tick(ctx: ClientContext): Promise<TickSummary> {
  return ctx.locks.run('tick', async () => {
    const failures: ConclaveError[] = [];
    const step = async (work: () => Promise<unknown> | unknown): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof ConclaveError)) throw error;
        failures.push(error);
      }
    };
    await step(() => expireMessages(ctx));
    await step(() => emptyLog(ctx));
    if (registrationStatus(ctx) !== 'registered') return { failures };
    await step(() => renewKeyPackages(ctx));
    await step(() => takeAllLeftOut(ctx));
    await step(() => takeLeftOutWelcomes(ctx));
    await step(() => completeRemovals(ctx));
    await step(() => tickDeviceSync(ctx));
    await step(() => runTasks(ctx));
    await step(() => tickCommitLog(ctx));
    await step(() => resumeIntents(ctx));
    await step(() => warmTrees(ctx));
    return { failures };
  });
}

/**
 * Deleted rows are zeroed in the file (`secure_delete`), but pages as they were stay in the write-ahead log until it is
 * emptied: with it go the keys of messages that were read and of epochs that are over.
 */
function emptyLog(ctx: ClientContext): void {
  const nowNs = ctx.host.nowNs();
  const last = lastEmptied.get(ctx);
  if (last !== undefined && !hasPassed(last, LOG_LIFE_NS, nowNs)) return;
  lastEmptied.set(ctx, nowNs);
  ctx.db.pragma('wal_checkpoint(TRUNCATE)');
}

function expireMessages(ctx: ClientContext): void {
  for (;;) {
    const messages = transact(ctx, (emit) => {
      const deleted = deleteExpiredMessages(ctx.db, ctx.host.nowNs(), EXPIRY_BATCH);
      if (deleted.length > 0) emit({ type: 'messages-deleted', messages: deleted });
      return deleted;
    });
    if (messages.length < EXPIRY_BATCH) return;
  }
}

/**
 * A welcome may wait at the node for the very keys that are to go: what waits is read first, and the keys stay while the node cannot be asked.
 * Not for ever: a node that is kept away must not keep keys alive.
 */
async function renewKeyPackages(ctx: ClientContext): Promise<void> {
  const nowNs = ctx.host.nowNs();
  const dueNs = nextKeyPackageTick(ctx.db, nowNs);
  if (dueNs === undefined || dueNs > nowNs) return;
  try {
    await syncWelcomes(ctx);
  } catch (error) {
    if (!(error instanceof ConclaveError) || isStorageFailure(error) || nowNs - dueNs < LONGEST_KEPT_UNREAD_NS)
      throw error;
  }
  await tickKeyPackages(ctx);
}

async function runTasks(ctx: ClientContext): Promise<void> {
  for (const task of listDueTasks(ctx.db, ctx.host.nowNs(), TASKS_PER_TICK)) {
    if (task.kind === WELCOME_TASK) await runWelcomeTask(ctx, task);
    else if (task.kind === JOIN_TASK) await runJoinTask(ctx, task);
    else if (isDeviceSyncTask(task)) await runDeviceSyncTask(ctx, task);
    else deleteTask(ctx.db, task.id);
  }
}

/**
 * Sends what a crash, a lost connection or a lost race left waiting, and fetches the echo of what was sent. One group's failure does not
 * stop the others.
 * @throws the first failure, after all groups
 */
async function resumeIntents(ctx: ClientContext): Promise<void> {
  const nowNs = ctx.host.nowNs();
  const last = lastResume.get(ctx);
  const isDue = last === undefined || hasPassed(last, RESUME_INTERVAL_NS, nowNs);
  const groups = new Set(ctx.interrupted.take(isDue));
  if (isDue) for (const groupId of leftWaiting(ctx, nowNs)) groups.add(groupId);
  let failure: ConclaveError | undefined;
  for (const groupId of groups) {
    const conversation = getConversation(ctx.db, groupId);
    // Also where we are no longer a member: welcomes may be owed. A paused one waits for the update.
    if (conversation === undefined || groupStopped(conversation)?.code === 'client/group-paused') continue;
    try {
      await syncGroup(ctx, groupId);
    } catch (error) {
      if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
      if (error instanceof NetworkError) ctx.interrupted.note(groupId);
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
}

/** Groups with something to send that was left, from time to time. */
function leftWaiting(ctx: ClientContext, nowNs: bigint): readonly string[] {
  lastResume.set(ctx, nowNs);
  deleteSettledIntents(ctx.db, nowNs - FAILED_INTENT_LIFE_NS);
  // What was written a moment ago is somebody's to publish: an optimistic message waits for the call that its application makes.
  // What was written before the client was opened is nobody's.
  const longAgoNs = nowNs - RESUME_INTERVAL_NS;
  const leftSinceNs = ctx.openedAtNs < longAgoNs ? longAgoNs : ctx.openedAtNs + 1n;
  return listGroupsWithIntents(ctx.db, ['to-publish', 'published', 'committed'], leftSinceNs);
}
