/** Pointers whose pointee had not arrived: looked for again from 5 minutes on, at most 100 times in 3 days (libxmtp 1.10.0). */
import { ConclaveError, decodeTls, encodeTls } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { NS_PER_DAY, NS_PER_HOUR, NS_PER_SECOND } from '../host.js';
import { deleteTask, insertTask, postponeTask, type Task } from '../store/tasks.js';
import { followPointer, joinFrom, type PointerFields } from './receive.js';

/** Name of these tasks in the queue. */
export const POINTER_TASK = 'welcome-pointer';

const FIRST_WAIT_NS = 300n * NS_PER_SECOND;
const MAX_WAIT_NS = 2n * NS_PER_HOUR;

/** Queues a pointer; runs inside a transaction. */
export function queuePointer(ctx: ClientContext, pointer: PointerFields, sequenceId: bigint): void {
  const nowNs = ctx.host.nowNs();
  const data = encodeTls(pointer, (writer) => {
    writer
      .u64(sequenceId)
      .u64(nowNs)
      .u8(pointer.wrapperAlgorithm)
      .opaque(pointer.hpkePublicKey)
      .opaque(pointer.welcomePointer);
  });
  insertTask(ctx.db, {
    kind: POINTER_TASK,
    dedupKey: ctx.crypto.hash('sha256', pointer.welcomePointer),
    data,
    dueNs: nowNs + FIRST_WAIT_NS,
    expiresNs: nowNs + 3n * NS_PER_DAY,
    maxAttempts: 100,
    firstWaitNs: FIRST_WAIT_NS,
    maxWaitNs: MAX_WAIT_NS,
  });
}

/** Tries one queued pointer: it is followed, postponed or given up. */
export async function runPointerTask(ctx: ClientContext, task: Task): Promise<void> {
  const { sequenceId, createdAtNs, pointer } = decodeTls(task.data, (reader) => ({
    sequenceId: reader.u64(),
    createdAtNs: reader.u64(),
    pointer: { wrapperAlgorithm: reader.u8(), hpkePublicKey: reader.opaque(), welcomePointer: reader.opaque() },
  }));
  try {
    const unwrapped = await followPointer(ctx, pointer, []);
    await joinFrom(ctx, unwrapped, { sequenceId, createdAtNs });
    deleteTask(ctx.db, task.id);
  } catch (error) {
    if (!(error instanceof ConclaveError)) throw error;
    if (error.retryable || (error instanceof ClientError && error.code === 'client/pointee-missing')) {
      postponeTask(ctx.db, task, ctx.host.nowNs());
      return;
    }
    deleteTask(ctx.db, task.id);
  }
}
