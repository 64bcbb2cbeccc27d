/**
 * Table `passed_welcomes`: which welcomes of late were taken, beyond those up to which all are. The cursor alone says how far a
 * stream has come, not that it has left nothing out. A welcome is never taken twice: it would lead back into a conversation that was left.
 */
import type { Database } from '@conclave/sqlite';
import { getCursor, raiseCursor } from './cursors.js';

/** Welcomes of late that are known one by one; what is missing before them is given up. */
export const MAX_PASSED_WELCOMES = 100;

/** Notes that a welcome was taken, or given up, and moves the cursor to it; 0 is none. Runs inside a transaction. */
export function passWelcome(db: Database, topic: string, sequenceId: bigint, nowNs: bigint): void {
  if (sequenceId <= getCursor(db, topic, 'welcome-complete')) return;
  raiseCursor(db, topic, 'welcome', sequenceId);
  db.prepare('INSERT OR IGNORE INTO passed_welcomes (sequence_id, passed_at_ns) VALUES (?, ?)').run(sequenceId, nowNs);
  const beyond = db
    .prepare<{ sequence_id: bigint }>(
      `SELECT sequence_id FROM passed_welcomes ORDER BY sequence_id DESC LIMIT 1 OFFSET ${MAX_PASSED_WELCOMES}`,
      { bigints: true },
    )
    .get();
  if (beyond !== undefined) completeUpTo(db, topic, beyond.sequence_id);
}

/** Whether a welcome was taken or given up. */
export function isWelcomePassed(db: Database, topic: string, sequenceId: bigint): boolean {
  if (sequenceId > getCursor(db, topic, 'welcome')) return false;
  if (sequenceId <= getCursor(db, topic, 'welcome-complete')) return true;
  return db.prepare('SELECT 1 FROM passed_welcomes WHERE sequence_id = ?').get(sequenceId) !== undefined;
}

/** When the oldest welcome was passed behind which others may be missing; undefined where there is none. */
export function oldestUnsettledNs(db: Database): bigint | undefined {
  const row = db
    .prepare<{ oldest: bigint | null }>('SELECT min(passed_at_ns) AS oldest FROM passed_welcomes', { bigints: true })
    .get();
  return row?.oldest ?? undefined;
}

/** The node was asked for everything: what was passed until then has nothing missing before it. Runs inside a transaction. */
export function settleWelcomes(db: Database, topic: string, passedUntilNs: bigint): void {
  const row = db
    .prepare<{ newest: bigint | null }>(
      'SELECT max(sequence_id) AS newest FROM passed_welcomes WHERE passed_at_ns <= ?',
      {
        bigints: true,
      },
    )
    .get(passedUntilNs);
  if (row?.newest != null) completeUpTo(db, topic, row.newest);
}

function completeUpTo(db: Database, topic: string, sequenceId: bigint): void {
  raiseCursor(db, topic, 'welcome-complete', sequenceId);
  db.prepare('DELETE FROM passed_welcomes WHERE sequence_id <= ?').run(sequenceId);
}
