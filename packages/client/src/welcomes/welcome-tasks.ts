/**
 * Welcomes that could not be followed when they came, for a reason of their own: a pointer whose pointee had not arrived, a member
 * whose identity log could not be checked. They are looked at again from 5 minutes on, at most 100 times in 3 days (libxmtp 1.10.0,
 * which does so for pointers), and the others are not held up.
 */
import { ConclaveError } from '@conclave/crypto';
import { decodeProto, toBinary, type WelcomeMessage, WelcomeMessageSchema } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { isStorageFailure } from '../errors.js';
import { NS_PER_DAY, NS_PER_HOUR, NS_PER_SECOND } from '../host.js';
import { deleteTask, insertTask, postponeTask, type Task } from '../store/tasks.js';
import { followWelcome } from './follow-welcome.js';
import { WELCOME_LOCK } from './welcome-lock.js';

/** Name of these tasks in the queue. */
export const WELCOME_TASK = 'welcome';

const FIRST_WAIT_NS = 300n * NS_PER_SECOND;
const MAX_WAIT_NS = 2n * NS_PER_HOUR;

/** Queues a welcome; runs inside a transaction. */
export function queueWelcome(ctx: ClientContext, welcome: WelcomeMessage): void {
  const nowNs = ctx.host.nowNs();
  const data = toBinary(WelcomeMessageSchema, welcome);
  insertTask(ctx.db, {
    kind: WELCOME_TASK,
    dedupKey: ctx.crypto.hash('sha256', data),
    data,
    dueNs: nowNs + FIRST_WAIT_NS,
    expiresNs: nowNs + 3n * NS_PER_DAY,
    maxAttempts: 100,
    firstWaitNs: FIRST_WAIT_NS,
    maxWaitNs: MAX_WAIT_NS,
  });
}

/** Tries one queued welcome: it is followed, postponed or given up. @throws what is wrong with this device */
export async function runWelcomeTask(ctx: ClientContext, task: Task): Promise<void> {
  try {
    const welcome = decodeProto(WelcomeMessageSchema, task.data);
    await ctx.locks.run(WELCOME_LOCK, () => followWelcome(ctx, welcome, []));
    deleteTask(ctx.db, task.id);
  } catch (error) {
    if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
    if (error.retryable) postponeTask(ctx.db, task, ctx.host.nowNs());
    else deleteTask(ctx.db, task.id);
  }
}
