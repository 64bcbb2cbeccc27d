/**
 * Table `earlier_states`: of a conversation that somebody has let us into again by less than the right to replace its state, the last state
 * from before. The store does not look inside (`welcomes/known-state.ts`).
 */
import { fromHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';

/** Keeps a state in place of the one that is kept. */
export function setEarlierState(db: Database, groupId: string, state: Uint8Array): void {
  db.prepare('INSERT OR REPLACE INTO earlier_states (group_id, state) VALUES (?, ?)').run(fromHex(groupId), state);
}

/** The state that is kept for a conversation. */
export function getEarlierState(db: Database, groupId: string): Uint8Array | undefined {
  return db.prepare<{ state: Uint8Array }>('SELECT state FROM earlier_states WHERE group_id = ?').get(fromHex(groupId))
    ?.state;
}

/** Forgets it. */
export function deleteEarlierState(db: Database, groupId: string): void {
  db.prepare('DELETE FROM earlier_states WHERE group_id = ?').run(fromHex(groupId));
}
