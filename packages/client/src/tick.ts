/** Work that nobody asks for: done when it is due, from what stands in the database, so that it survives a restart. */
import { ConclaveError } from '@conclave/crypto';
import type { ClientContext } from './context.js';
import { completeRemovals } from './groups/leave.js';
import { syncGroup } from './groups/sync.js';
import { NS_PER_DAY, NS_PER_SECOND } from './host.js';
import { tickKeyPackages } from './identity/key-package-rotation.js';
import { registrationStatus } from './identity/registration.js';
import { getConversation } from './store/conversations.js';
import { deleteSettledIntents, listGroupsWithIntents } from './store/intents.js';
import { deleteExpiredMessages } from './store/messages.js';
import { deleteTask, listDueTasks } from './store/tasks.js';
import { transact } from './store/transact.js';
import { POINTER_TASK, runPointerTask } from './welcomes/pointer-tasks.js';

/** What a tick did; failures are counted, and due again. */
export interface TickSummary {
  readonly failures: readonly ConclaveError[];
}

/** Messages deleted in one transaction. */
const EXPIRY_BATCH = 500;
const TASKS_PER_TICK = 20;
/** Failed intents are kept this long for whoever asks why. */
const FAILED_INTENT_LIFE_NS = 7n * NS_PER_DAY;
/** What is left unsent is tried again this often. */
const RESUME_INTERVAL_NS = 10n * NS_PER_SECOND;

const lastResume = new WeakMap<ClientContext, bigint>();

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
    if (registrationStatus(ctx) !== 'registered') return { failures };
    await step(() => tickKeyPackages(ctx));
    await step(() => completeRemovals(ctx));
    await step(() => runTasks(ctx));
    await step(() => resumeIntents(ctx));
    return { failures };
  });
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

async function runTasks(ctx: ClientContext): Promise<void> {
  for (const task of listDueTasks(ctx.db, ctx.host.nowNs(), TASKS_PER_TICK)) {
    if (task.kind === POINTER_TASK) await runPointerTask(ctx, task);
    else deleteTask(ctx.db, task.id);
  }
}

/** Sends what a crash, a lost connection or a lost race left waiting. */
async function resumeIntents(ctx: ClientContext): Promise<void> {
  const nowNs = ctx.host.nowNs();
  if (nowNs - (lastResume.get(ctx) ?? 0n) < RESUME_INTERVAL_NS) return;
  lastResume.set(ctx, nowNs);
  deleteSettledIntents(ctx.db, nowNs - FAILED_INTENT_LIFE_NS);
  for (const groupId of listGroupsWithIntents(ctx.db, ['to-publish', 'committed'])) {
    if (getConversation(ctx.db, groupId)?.active === true) await syncGroup(ctx, groupId);
  }
}
