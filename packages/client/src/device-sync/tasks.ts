/** Work of device sync that survives a restart, in the task queue: names, waits, and when it is given up. */
import { utf8 } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import { NS_PER_DAY, NS_PER_SECOND } from '../host.js';
import { insertTask, rescheduleTask, withdrawTask } from '../store/tasks.js';

/** Answer a request of another installation. */
export const ANSWER_TASK = 'answer-sync-request';
/** Fetch and import an archive that this installation asked for. */
export const TAKE_ARCHIVE_TASK = 'take-sync-archive';
/** Let a new installation of ours into the conversations. */
export const LET_IN_TASK = 'let-in-installation';

const FIRST_WAIT_NS = 10n * NS_PER_SECOND;
const MAX_WAIT_NS = 300n * NS_PER_SECOND;
const MAX_ATTEMPTS = 20;

/** How long each installation that could answer leaves to the one before it. */
const TURN_NS = 5n * NS_PER_SECOND;
/** How long an answer may take that somebody has begun. */
const ACKNOWLEDGED_NS = 60n * NS_PER_SECOND;

function queueTask(ctx: ClientContext, kind: string, dedupKey: Uint8Array, data: Uint8Array, waitNs = 0n): void {
  const nowNs = ctx.host.nowNs();
  insertTask(ctx.db, {
    kind,
    dedupKey,
    data,
    dueNs: nowNs + waitNs,
    expiresNs: nowNs + NS_PER_DAY,
    maxAttempts: MAX_ATTEMPTS,
    firstWaitNs: FIRST_WAIT_NS,
    maxWaitNs: MAX_WAIT_NS,
  });
}

/** A request was read. One request is answered once, however often it is said. @param turn - how many go before us */
export function queueAnswer(ctx: ClientContext, messageId: Uint8Array, pin: string, turn: number): void {
  queueTask(ctx, ANSWER_TASK, utf8(pin), messageId, BigInt(turn) * TURN_NS);
}

/** Another installation says that it is about to answer. */
export function deferAnswer(ctx: ClientContext, pin: string): void {
  rescheduleTask(ctx.db, ANSWER_TASK, utf8(pin), ctx.host.nowNs() + ACKNOWLEDGED_NS);
}

/** Another installation has answered. */
export function dropAnswer(ctx: ClientContext, pin: string): void {
  withdrawTask(ctx.db, ANSWER_TASK, utf8(pin));
}

/** An archive that was asked for is there. */
export function queueTakeArchive(ctx: ClientContext, messageId: Uint8Array): void {
  queueTask(ctx, TAKE_ARCHIVE_TASK, messageId, messageId);
}

/** Another installation has appeared. Runs that wait are one. */
export function queueLetIn(ctx: ClientContext): void {
  queueTask(ctx, LET_IN_TASK, new Uint8Array(0), new Uint8Array(0));
}
