/** Table `pending_removals`: members who asked to leave and whom a super admin has still to remove (XIP-75). */
import { fromHex, toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';

/** A wish to leave. */
export interface PendingRemoval {
  /** Group id, lower-case hex. */
  readonly groupId: string;
  readonly inboxId: string;
  /** The leave request. */
  readonly messageId: string;
}

/** Records a wish; a second one of the same inbox changes nothing. */
export function insertPendingRemoval(db: Database, removal: PendingRemoval): void {
  db.prepare('INSERT OR IGNORE INTO pending_removals (group_id, inbox_id, message_id) VALUES (?, ?, ?)').run(
    fromHex(removal.groupId),
    removal.inboxId,
    fromHex(removal.messageId),
  );
}

/** The wishes in a group, in the order of inbox ids. */
export function listPendingRemovals(db: Database, groupId: string): PendingRemoval[] {
  return db
    .prepare<{ group_id: Uint8Array; inbox_id: string; message_id: Uint8Array }>(
      'SELECT * FROM pending_removals WHERE group_id = ? ORDER BY inbox_id',
    )
    .all(fromHex(groupId))
    .map((row) => ({ groupId: toHex(row.group_id), inboxId: row.inbox_id, messageId: toHex(row.message_id) }));
}

/** Forgets the wishes of inboxes that are no longer members. */
export function deletePendingRemovals(db: Database, groupId: string, inboxIds: readonly string[]): void {
  const drop = db.prepare('DELETE FROM pending_removals WHERE group_id = ? AND inbox_id = ?');
  for (const inboxId of inboxIds) drop.run(fromHex(groupId), inboxId);
}

/** Forgets all wishes in a group. */
export function forgetPendingRemovals(db: Database, groupId: string): void {
  db.prepare('DELETE FROM pending_removals WHERE group_id = ?').run(fromHex(groupId));
}
