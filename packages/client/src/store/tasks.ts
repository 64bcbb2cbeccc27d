/**
 * Table `tasks`: work that must survive a restart and is tried again with growing waits, such as a welcome whose
 * pointee has not arrived (5 minutes, factor 1.5, at most 2 hours, 100 tries or 3 days).
 */
import type { Database } from '@conclave/sqlite';
import { NS_PER_DAY } from '../host.js';

/** A piece of work. */
export interface Task {
  readonly id: bigint;
  /** What to do; the worker that knows the name does it. */
  readonly kind: string;
  /** The same work is not queued twice: one task per kind and key. */
  readonly dedupKey: Uint8Array;
  /** Arguments, in the encoding of the kind. */
  readonly data: Uint8Array;
  readonly dueNs: bigint;
  /** Given up after it. */
  readonly expiresNs: bigint;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly firstWaitNs: bigint;
  readonly maxWaitNs: bigint;
}

interface Row {
  readonly id: bigint;
  readonly kind: string;
  readonly dedup_key: Uint8Array;
  readonly data: Uint8Array;
  readonly due_ns: bigint;
  readonly expires_ns: bigint;
  readonly attempts: bigint;
  readonly max_attempts: bigint;
  readonly first_wait_ns: bigint;
  readonly max_wait_ns: bigint;
}

/** Queues work; a task with the same kind and key stays as it is. @returns false when there was one */
export function insertTask(db: Database, task: Omit<Task, 'id' | 'attempts'>): boolean {
  const { changes } = db
    .prepare(
      `INSERT OR IGNORE INTO tasks (kind, dedup_key, data, due_ns, expires_ns, attempts, max_attempts, first_wait_ns,
         max_wait_ns) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)`,
    )
    .run(
      task.kind,
      task.dedupKey,
      task.data,
      task.dueNs,
      task.expiresNs,
      task.maxAttempts,
      task.firstWaitNs,
      task.maxWaitNs,
    );
  return changes > 0;
}

/** No task waits longer: one that is due later was queued before the clock was set back, and is due now. */
const LONGEST_WAIT_NS = NS_PER_DAY;

/** Tasks that are due, the longest waiting first. */
export function listDueTasks(db: Database, nowNs: bigint, limit: number): Task[] {
  return db
    .prepare<Row>('SELECT * FROM tasks WHERE due_ns <= ? OR due_ns > ? ORDER BY due_ns, id LIMIT ?', { bigints: true })
    .all(nowNs, nowNs + LONGEST_WAIT_NS, limit)
    .map(toTask);
}

function toTask(row: Row): Task {
  return {
    id: row.id,
    kind: row.kind,
    dedupKey: row.dedup_key,
    data: row.data,
    dueNs: row.due_ns,
    expiresNs: row.expires_ns,
    attempts: Number(row.attempts),
    maxAttempts: Number(row.max_attempts),
    firstWaitNs: row.first_wait_ns,
    maxWaitNs: row.max_wait_ns,
  };
}

/** The task, if it is still there. */
export function getTask(db: Database, id: bigint): Task | undefined {
  const row = db.prepare<Row>('SELECT * FROM tasks WHERE id = ?', { bigints: true }).get(id);
  return row === undefined ? undefined : toTask(row);
}

/** The task of this kind with this key, if there is one. */
export function findTask(db: Database, kind: string, dedupKey: Uint8Array): Task | undefined {
  const row = db
    .prepare<Row>('SELECT * FROM tasks WHERE kind = ? AND dedup_key = ?', { bigints: true })
    .get(kind, dedupKey);
  return row === undefined ? undefined : toTask(row);
}

/** Moves a task that is still there to another time. */
export function rescheduleTask(db: Database, kind: string, dedupKey: Uint8Array, dueNs: bigint): void {
  db.prepare('UPDATE tasks SET due_ns = ? WHERE kind = ? AND dedup_key = ?').run(dueNs, kind, dedupKey);
}

/** There is no point any more in a task, if it is still there. */
export function withdrawTask(db: Database, kind: string, dedupKey: Uint8Array): void {
  db.prepare('DELETE FROM tasks WHERE kind = ? AND dedup_key = ?').run(kind, dedupKey);
}

/** The wait after `attempts` failures: the first wait times 1.5 per failure before the last, at most the largest wait. */
export function taskWaitNs(task: Pick<Task, 'firstWaitNs' | 'maxWaitNs'>, attempts: number): bigint {
  let waitNs = task.firstWaitNs;
  for (let i = 1; i < attempts && waitNs < task.maxWaitNs; i++) waitNs = (waitNs * 3n) / 2n;
  return waitNs < task.maxWaitNs ? waitNs : task.maxWaitNs;
}

/** A try failed: the task waits for its next one, or is deleted when it has none. @returns false when it was given up */
export function postponeTask(db: Database, task: Task, nowNs: bigint): boolean {
  const attempts = task.attempts + 1;
  const dueNs = nowNs + taskWaitNs(task, attempts);
  if (attempts >= task.maxAttempts || dueNs > task.expiresNs) {
    deleteTask(db, task.id);
    return false;
  }
  db.prepare('UPDATE tasks SET attempts = ?, due_ns = ? WHERE id = ?').run(attempts, dueNs, task.id);
  return true;
}

/** The work is done, or there is no point in it any more. */
export function deleteTask(db: Database, id: bigint): void {
  db.prepare('DELETE FROM tasks WHERE id = ?').run(id);
}
