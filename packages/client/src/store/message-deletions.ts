/**
 * Table `message_deletions`: delete messages that were received (XIP-76). They are kept apart from the messages because
 * one may come before its target and is checked again when it is shown.
 */
import { fromHex, toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { flag, isSet, overValues } from './columns.js';

/** A request to hide a message. */
export interface MessageDeletion {
  /** Id of the delete message itself; lower-case hex. */
  readonly id: string;
  readonly groupId: string;
  /** The message to hide. */
  readonly messageId: string;
  readonly deletedByInboxId: string;
  /** The deleter was a super admin when the request arrived. */
  readonly bySuperAdmin: boolean;
  readonly deletedAtNs: bigint;
}

/** Stores a deletion, once. */
export function insertMessageDeletion(db: Database, deletion: MessageDeletion): void {
  db.prepare(
    `INSERT OR IGNORE INTO message_deletions (id, group_id, message_id, deleted_by_inbox_id, by_super_admin, deleted_at_ns)
     VALUES (?, ?, ?, ?, ?, ?)`,
  ).run(
    fromHex(deletion.id),
    fromHex(deletion.groupId),
    fromHex(deletion.messageId),
    deletion.deletedByInboxId,
    flag(deletion.bySuperAdmin),
    deletion.deletedAtNs,
  );
}

/** Deletions of these messages, by message, oldest first. Whether they are valid is the caller's to judge. */
export function getMessageDeletions(db: Database, messageIds: readonly string[]): Map<string, MessageDeletion[]> {
  // Most people have never been sent one.
  if (db.prepare('SELECT 1 FROM message_deletions LIMIT 1').get() === undefined) return new Map();
  const rows = overValues(messageIds.map(fromHex), (placeholders, values) =>
    db
      .prepare<{
        id: Uint8Array;
        group_id: Uint8Array;
        message_id: Uint8Array;
        deleted_by_inbox_id: string;
        by_super_admin: bigint;
        deleted_at_ns: bigint;
      }>(`SELECT * FROM message_deletions WHERE message_id IN (${placeholders}) ORDER BY deleted_at_ns, id`, {
        bigints: true,
      })
      .all(...values),
  );
  const deletions = new Map<string, MessageDeletion[]>();
  for (const row of rows) {
    const deletion: MessageDeletion = {
      id: toHex(row.id),
      groupId: toHex(row.group_id),
      messageId: toHex(row.message_id),
      deletedByInboxId: row.deleted_by_inbox_id,
      bySuperAdmin: isSet(row.by_super_admin),
      deletedAtNs: row.deleted_at_ns,
    };
    const list = deletions.get(deletion.messageId);
    if (list === undefined) deletions.set(deletion.messageId, [deletion]);
    else list.push(deletion);
  }
  return deletions;
}
