/**
 * Table `readd_requests`: installations that lost a group's state and asked to be added again, and how far they were
 * answered (libxmtp `readd_status`). Sequence ids are those of commits at the node. Our own wish is in it too.
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
  /** When the newest wish was recorded here. */
  readonly requestedAtNs?: bigint | undefined;
  /** Newest commit that answered. */
  readonly respondedAtSequenceId?: bigint | undefined;
  /** When the newest answer was recorded here. */
  readonly respondedAtNs?: bigint | undefined;
}

interface Row {
  readonly group_id: Uint8Array;
  readonly installation_id: Uint8Array;
  readonly requested_at_sequence_id: bigint | null;
  readonly requested_at_ns: bigint | null;
  readonly responded_at_sequence_id: bigint | null;
  readonly responded_at_ns: bigint | null;
}

/** A commit at the node, and when it was recorded here. */
export interface ReaddMark {
  readonly sequenceId: bigint;
  readonly nowNs: bigint;
}

function raise(db: Database, mark: 'requested' | 'responded', groupId: string, id: string, at: ReaddMark): void {
  const sequence = `${mark}_at_sequence_id`;
  db.prepare(
    `INSERT INTO readd_requests (group_id, installation_id, ${sequence}, ${mark}_at_ns) VALUES (?, ?, ?, ?)
     ON CONFLICT (group_id, installation_id) DO UPDATE SET
       ${sequence} = max(coalesce(${sequence}, 0), excluded.${sequence}), ${mark}_at_ns = excluded.${mark}_at_ns`,
  ).run(fromHex(groupId), fromHex(id), at.sequenceId, at.nowNs);
}

/** Records a request; the position of an older one than the stored changes nothing. */
export function recordReaddRequest(db: Database, groupId: string, installationId: string, at: ReaddMark): void {
  raise(db, 'requested', groupId, installationId, at);
}

/** Records an answer. */
export function recordReaddResponse(db: Database, groupId: string, installationId: string, at: ReaddMark): void {
  raise(db, 'responded', groupId, installationId, at);
}

const OPEN =
  'requested_at_sequence_id IS NOT NULL AND coalesce(responded_at_sequence_id, -1) < requested_at_sequence_id';

/** Requests of a group that no answer has reached. */
export function listOpenReaddRequests(db: Database, groupId: string): ReaddRequest[] {
  return db
    .prepare<Row>(`SELECT * FROM readd_requests WHERE group_id = ? AND ${OPEN} ORDER BY installation_id`, {
      bigints: true,
    })
    .all(fromHex(groupId))
    .map(toRequest);
}

/** Groups in which another installation than this one waits for an answer. */
export function listGroupsWithOpenReadds(db: Database, ownInstallationId: string): string[] {
  return db
    .prepare<{ group_id: Uint8Array }>(
      `SELECT DISTINCT group_id FROM readd_requests WHERE installation_id <> ? AND ${OPEN} ORDER BY group_id`,
    )
    .all(fromHex(ownInstallationId))
    .map((row) => toHex(row.group_id));
}

/** Where the wish of one installation stands, if it ever had one or was ever answered. */
export function getReaddRequest(db: Database, groupId: string, installationId: string): ReaddRequest | undefined {
  const row = db
    .prepare<Row>('SELECT * FROM readd_requests WHERE group_id = ? AND installation_id = ?', { bigints: true })
    .get(fromHex(groupId), fromHex(installationId));
  return row === undefined ? undefined : toRequest(row);
}

/** When anybody was last added again in this group; 0 for never. */
export function lastReaddNs(db: Database, groupId: string): bigint {
  const row = db
    .prepare<{ at: bigint | null }>('SELECT max(responded_at_ns) AS at FROM readd_requests WHERE group_id = ?', {
      bigints: true,
    })
    .get(fromHex(groupId));
  return row?.at ?? 0n;
}

/** Forgets what an installation wished; when it was last answered stays. */
export function withdrawReaddRequest(db: Database, groupId: string, installationId: string): void {
  db.prepare(
    'UPDATE readd_requests SET requested_at_sequence_id = NULL, requested_at_ns = NULL WHERE group_id = ? AND installation_id = ?',
  ).run(fromHex(groupId), fromHex(installationId));
}

function toRequest(row: Row): ReaddRequest {
  return {
    groupId: toHex(row.group_id),
    installationId: toHex(row.installation_id),
    requestedAtSequenceId: present(row.requested_at_sequence_id),
    requestedAtNs: present(row.requested_at_ns),
    respondedAtSequenceId: present(row.responded_at_sequence_id),
    respondedAtNs: present(row.responded_at_ns),
  };
}
