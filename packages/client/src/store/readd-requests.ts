/**
 * Table `readd_requests`: installations that lost a group's state and asked to be added again, and how far they were
 * answered (libxmtp `readd_status`). Numbers are ids of commits at the node.
 */
import { fromHex, toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { present } from './columns.js';

/** Where one installation's wish stands. */
export interface ReaddRequest {
  /** Group id, lower-case hex. */
  readonly groupId: string;
  /** Lower-case hex. */
  readonly installationId: string;
  /** Newest commit that the installation knew of when it asked. */
  readonly requestedAtSequenceId?: bigint | undefined;
  /** Newest commit that answered. */
  readonly respondedAtSequenceId?: bigint | undefined;
}

interface Row {
  readonly group_id: Uint8Array;
  readonly installation_id: Uint8Array;
  readonly requested_at_sequence_id: bigint | null;
  readonly responded_at_sequence_id: bigint | null;
}

function raise(db: Database, column: string, groupId: string, installationId: string, sequenceId: bigint): void {
  db.prepare(
    `INSERT INTO readd_requests (group_id, installation_id, ${column}) VALUES (?, ?, ?)
     ON CONFLICT (group_id, installation_id) DO UPDATE SET ${column} = max(coalesce(${column}, 0), excluded.${column})`,
  ).run(fromHex(groupId), fromHex(installationId), sequenceId);
}

/** Records a request; an older one than the stored changes nothing. */
export function recordReaddRequest(db: Database, groupId: string, installationId: string, sequenceId: bigint): void {
  raise(db, 'requested_at_sequence_id', groupId, installationId, sequenceId);
}

/** Records an answer. */
export function recordReaddResponse(db: Database, groupId: string, installationId: string, sequenceId: bigint): void {
  raise(db, 'responded_at_sequence_id', groupId, installationId, sequenceId);
}

/** Requests of a group that no answer has reached. */
export function listOpenReaddRequests(db: Database, groupId: string): ReaddRequest[] {
  return db
    .prepare<Row>(
      `SELECT * FROM readd_requests WHERE group_id = ? AND requested_at_sequence_id IS NOT NULL
       AND coalesce(responded_at_sequence_id, -1) < requested_at_sequence_id ORDER BY installation_id`,
      { bigints: true },
    )
    .all(fromHex(groupId))
    .map((row) => ({
      groupId: toHex(row.group_id),
      installationId: toHex(row.installation_id),
      requestedAtSequenceId: present(row.requested_at_sequence_id),
      respondedAtSequenceId: present(row.responded_at_sequence_id),
    }));
}
