/**
 * Tables `inbox_updates` and `inbox_states`: identity logs, verified. Beside each update lies what its signatures
 * prove, so that it is verified once in the life of the database; the newest state of each inbox is kept ready, older
 * ones are replayed from the updates without any cryptography.
 */
import type { Database } from '@conclave/sqlite';
import { overValues } from './columns.js';

/** One verified entry of a log. */
export interface InboxUpdateRow {
  /** The node's number; strictly increasing within an inbox, with gaps. */
  readonly sequenceId: bigint;
  readonly serverTimestampNs: bigint;
  /** IdentityUpdate in our own encoding. */
  readonly payload: Uint8Array;
  /** What its signatures prove (`identity/verified-signatures.ts`). */
  readonly verified: Uint8Array;
}

/** The newest known state of an inbox. */
export interface InboxStateRow {
  readonly sequenceId: bigint;
  /** `encodeAssociationState` of @conclave/identity. */
  readonly state: Uint8Array;
}

/** Appends to a log and replaces its newest state. */
export function insertInboxUpdates(
  db: Database,
  inboxId: string,
  updates: readonly InboxUpdateRow[],
  newest: InboxStateRow,
): void {
  const insert = db.prepare(
    `INSERT INTO inbox_updates (inbox_id, sequence_id, server_timestamp_ns, payload, verified) VALUES (?, ?, ?, ?, ?)`,
  );
  for (const { sequenceId, serverTimestampNs, payload, verified } of updates) {
    insert.run(inboxId, sequenceId, serverTimestampNs, payload, verified);
  }
  db.prepare('INSERT OR REPLACE INTO inbox_states (inbox_id, sequence_id, state) VALUES (?, ?, ?)').run(
    inboxId,
    newest.sequenceId,
    newest.state,
  );
}

/** The newest state of an inbox. */
export function getInboxState(db: Database, inboxId: string): InboxStateRow | undefined {
  const row = db
    .prepare<{ sequence_id: bigint; state: Uint8Array }>(
      'SELECT sequence_id, state FROM inbox_states WHERE inbox_id = ?',
      { bigints: true },
    )
    .get(inboxId);
  return row === undefined ? undefined : { sequenceId: row.sequence_id, state: row.state };
}

/** Sequence id of the newest stored update; 0 when there is none. */
export function getInboxSequenceId(db: Database, inboxId: string): bigint {
  const row = db
    .prepare<{ sequence_id: bigint }>('SELECT sequence_id FROM inbox_states WHERE inbox_id = ?', { bigints: true })
    .get(inboxId);
  return row?.sequence_id ?? 0n;
}

/** As `getInboxSequenceId`, for many inboxes in few queries. */
export function getInboxSequenceIds(db: Database, inboxIds: readonly string[]): Map<string, bigint> {
  const newest = new Map<string, bigint>(inboxIds.map((inboxId) => [inboxId, 0n]));
  const rows = overValues(inboxIds, (placeholders, values) =>
    db
      .prepare<{ inbox_id: string; sequence_id: bigint }>(
        `SELECT inbox_id, sequence_id FROM inbox_states WHERE inbox_id IN (${placeholders})`,
        { bigints: true },
      )
      .all(...values),
  );
  for (const { inbox_id: inboxId, sequence_id: sequenceId } of rows) newest.set(inboxId, sequenceId);
  return newest;
}

/** Updates of a log up to a sequence id, oldest first; all of them when it is left out. */
export function listInboxUpdates(db: Database, inboxId: string, upTo?: bigint): InboxUpdateRow[] {
  const all = db.prepare<{
    sequence_id: bigint;
    server_timestamp_ns: bigint;
    payload: Uint8Array;
    verified: Uint8Array;
  }>(
    `SELECT sequence_id, server_timestamp_ns, payload, verified FROM inbox_updates
     WHERE inbox_id = ? ${upTo === undefined ? '' : 'AND sequence_id <= ?'} ORDER BY sequence_id`,
    { bigints: true },
  );
  const rows = upTo === undefined ? all.all(inboxId) : all.all(inboxId, upTo);
  return rows.map((row) => ({
    sequenceId: row.sequence_id,
    serverTimestampNs: row.server_timestamp_ns,
    payload: row.payload,
    verified: row.verified,
  }));
}

/** Sequence id of the last stored update that is not above `upTo`. */
export function lastSequenceIdUpTo(db: Database, inboxId: string, upTo: bigint): bigint | undefined {
  const row = db
    .prepare<{ last: bigint | null }>(
      'SELECT max(sequence_id) AS last FROM inbox_updates WHERE inbox_id = ? AND sequence_id <= ?',
      { bigints: true },
    )
    .get(inboxId, upTo);
  return row?.last ?? undefined;
}

/** Number of stored updates of an inbox. */
export function countInboxUpdates(db: Database, inboxId: string): number {
  const row = db
    .prepare<{ count: number | bigint }>('SELECT count(*) AS count FROM inbox_updates WHERE inbox_id = ?')
    .get(inboxId);
  return Number(row?.count ?? 0);
}
