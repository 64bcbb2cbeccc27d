/**
 * Table `cursors`: the last id read from each topic of the node, by kind of envelope. Commits and application
 * messages of one group share the node's numbers and are tracked apart (libxmtp `refresh_state`).
 */
import { fromHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { storedNames } from './columns.js';

const KINDS = storedNames('cursors.kind', {
  welcome: 1,
  application: 2,
  'commit-log-upload': 3,
  'commit-log-download': 4,
  'fork-check-local': 5,
  'fork-check-remote': 6,
  commit: 7,
  'welcome-complete': 8,
});

/** What a cursor counts. The topic is the installation id for welcomes, the group id for the others. */
export type CursorKind =
  | 'welcome'
  | 'application'
  | 'commit-log-upload'
  | 'commit-log-download'
  | 'fork-check-local'
  | 'fork-check-remote'
  | 'commit'
  /** Up to where nothing is missing of the welcomes; what lies between it and `welcome` stands in `passed_welcomes`. */
  | 'welcome-complete';

/** The last sequence id seen; 0 when nothing was. */
export function getCursor(db: Database, topic: string, kind: CursorKind): bigint {
  const row = db
    .prepare<{ sequence_id: bigint }>('SELECT sequence_id FROM cursors WHERE topic = ? AND kind = ?', { bigints: true })
    .get(fromHex(topic), KINDS.number(kind));
  return row?.sequence_id ?? 0n;
}

/** Moves a cursor forward; a lower id than the stored one changes nothing. */
export function raiseCursor(db: Database, topic: string, kind: CursorKind, sequenceId: bigint): void {
  db.prepare(
    `INSERT INTO cursors (topic, kind, sequence_id) VALUES (?, ?, ?)
     ON CONFLICT (topic, kind) DO UPDATE SET sequence_id = max(sequence_id, excluded.sequence_id)`,
  ).run(fromHex(topic), KINDS.number(kind), sequenceId);
}

/**
 * Moves a cursor anywhere, also back: only where the state that had read so far was replaced by one that has to read
 * again from there.
 */
export function setCursor(db: Database, topic: string, kind: CursorKind, sequenceId: bigint): void {
  db.prepare('INSERT OR REPLACE INTO cursors (topic, kind, sequence_id) VALUES (?, ?, ?)').run(
    fromHex(topic),
    KINDS.number(kind),
    sequenceId,
  );
}

/** Where the next query of a group starts: the highest of its commit and application cursors. */
export function groupReadCursor(db: Database, groupId: string): bigint {
  const commit = getCursor(db, groupId, 'commit');
  const application = getCursor(db, groupId, 'application');
  return commit > application ? commit : application;
}

/** Every cursor of one topic, for debugging output. */
export function listCursors(db: Database, topic: string): { kind: CursorKind; sequenceId: bigint }[] {
  return db
    .prepare<{ kind: bigint; sequence_id: bigint }>(
      'SELECT kind, sequence_id FROM cursors WHERE topic = ? ORDER BY kind',
      { bigints: true },
    )
    .all(fromHex(topic))
    .map((row) => ({ kind: KINDS.name(row.kind), sequenceId: row.sequence_id }));
}
