/**
 * Tables `local_commit_log` and `remote_commit_log`: what each commit did to our state, and what other members say it
 * did to theirs. Comparing them shows a fork.
 */
import { fromHex, toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { nullable, present, presentHex, storedNames } from './columns.js';

/** Numbers of `CommitResult`. */
export const COMMIT_RESULTS = storedNames('commit_log.result', {
  unspecified: 0,
  applied: 1,
  'wrong-epoch': 2,
  undecryptable: 3,
  invalid: 4,
});
/** How a commit went on one installation; `unspecified` is what deployed clients write for failures of other kinds. */
export type CommitLogResult = 'unspecified' | 'applied' | 'wrong-epoch' | 'undecryptable' | 'invalid';

/** One commit as it went here. */
export interface LocalCommitLogEntry {
  /** Order of the entries; the cursor of uploading. */
  readonly id: bigint;
  /** Group id, lower-case hex. */
  readonly groupId: string;
  /** Id of the commit at the node; 0 for entries that no reader uses. */
  readonly commitSequenceId: bigint;
  readonly lastEpochAuthenticator: Uint8Array;
  readonly result: CommitLogResult;
  readonly appliedEpoch: bigint;
  readonly appliedEpochAuthenticator: Uint8Array;
  readonly senderInboxId?: string | undefined;
  /** Lower-case hex. */
  readonly senderInstallationId?: string | undefined;
  /** For debugging output. */
  readonly commitKind?: string | undefined;
  /** Code of the error, when not applied. */
  readonly error?: string | undefined;
}

interface LocalRow {
  readonly id: bigint;
  readonly group_id: Uint8Array;
  readonly commit_sequence_id: bigint;
  readonly last_epoch_authenticator: Uint8Array;
  readonly result: bigint;
  readonly applied_epoch: bigint;
  readonly applied_epoch_authenticator: Uint8Array;
  readonly sender_inbox_id: string | null;
  readonly sender_installation_id: Uint8Array | null;
  readonly commit_kind: string | null;
  readonly error: string | null;
}

/** Newest refusals kept per group: anybody can send refusable commits to a topic, and they must not fill the disk. */
export const MAX_REFUSALS_LOGGED = 200;

/** Appends what a commit did; of refused commits, drops the oldest beyond the bound. */
export function insertLocalCommitLog(db: Database, entry: Omit<LocalCommitLogEntry, 'id'>): void {
  const group = fromHex(entry.groupId);
  db.prepare(
    `INSERT INTO local_commit_log (group_id, commit_sequence_id, last_epoch_authenticator, result, applied_epoch,
       applied_epoch_authenticator, sender_inbox_id, sender_installation_id, commit_kind, error)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    group,
    entry.commitSequenceId,
    entry.lastEpochAuthenticator,
    COMMIT_RESULTS.number(entry.result),
    entry.appliedEpoch,
    entry.appliedEpochAuthenticator,
    nullable(entry.senderInboxId),
    entry.senderInstallationId === undefined ? null : fromHex(entry.senderInstallationId),
    nullable(entry.commitKind),
    nullable(entry.error),
  );
  if (entry.result === 'applied') return;
  db.prepare(
    `DELETE FROM local_commit_log WHERE group_id = ? AND result <> 1 AND id <=
       (SELECT id FROM local_commit_log WHERE group_id = ? AND result <> 1
        ORDER BY id DESC LIMIT 1 OFFSET ${MAX_REFUSALS_LOGGED})`,
  ).run(group, group);
}

/** Entries of a group after an entry id, oldest first. */
export function listLocalCommitLog(db: Database, groupId: string, afterId = 0n, limit = 1000): LocalCommitLogEntry[] {
  return db
    .prepare<LocalRow>('SELECT * FROM local_commit_log WHERE group_id = ? AND id > ? ORDER BY id LIMIT ?', {
      bigints: true,
    })
    .all(fromHex(groupId), afterId, limit)
    .map(toLocal);
}

/** Groups of the newest entries of all groups, each once. Cost: the entries looked at. */
export function latelyChangedGroups(db: Database, entries: number): string[] {
  const rows = db
    .prepare<{ group_id: Uint8Array }>('SELECT group_id FROM local_commit_log ORDER BY id DESC LIMIT ?')
    .all(entries);
  return [...new Set(rows.map(({ group_id }) => toHex(group_id)))];
}

/**
 * What the others should be told after an entry id, oldest first: every commit that took effect (not the one that let us
 * in: we do not know the epoch before), and the newest refusal
 * when nothing took effect after it. A refusal says at which state we stayed, so the newest says what those before it said.
 */
export function listUploadableCommitLog(
  db: Database,
  groupId: string,
  afterId: bigint,
  limit: number,
): LocalCommitLogEntry[] {
  const group = fromHex(groupId);
  return db
    .prepare<LocalRow>(
      `SELECT * FROM local_commit_log WHERE group_id = ? AND id > ? AND commit_sequence_id > 0 AND length(last_epoch_authenticator) > 0
         AND (result = 1 OR id = (SELECT max(id) FROM local_commit_log WHERE group_id = ?)) ORDER BY id LIMIT ?`,
      { bigints: true },
    )
    .all(group, afterId, group, limit)
    .map(toLocal);
}

/** Id of the newest entry of a group; 0 when there is none. */
export function newestLocalCommitLogId(db: Database, groupId: string): bigint {
  const row = db
    .prepare<{ id: bigint | null }>('SELECT max(id) AS id FROM local_commit_log WHERE group_id = ?', { bigints: true })
    .get(fromHex(groupId));
  return row?.id ?? 0n;
}

/** The newest entry of a kind, such as `welcome`. */
export function latestLocalCommitLog(db: Database, groupId: string, kind: string): LocalCommitLogEntry | undefined {
  const row = db
    .prepare<LocalRow>(
      'SELECT * FROM local_commit_log WHERE group_id = ? AND commit_kind = ? ORDER BY id DESC LIMIT 1',
      {
        bigints: true,
      },
    )
    .get(fromHex(groupId), kind);
  return row === undefined ? undefined : toLocal(row);
}

function toLocal(row: LocalRow): LocalCommitLogEntry {
  return {
    id: row.id,
    groupId: toHex(row.group_id),
    commitSequenceId: row.commit_sequence_id,
    lastEpochAuthenticator: row.last_epoch_authenticator,
    result: COMMIT_RESULTS.name(row.result),
    appliedEpoch: row.applied_epoch,
    appliedEpochAuthenticator: row.applied_epoch_authenticator,
    senderInboxId: present(row.sender_inbox_id),
    senderInstallationId: presentHex(row.sender_installation_id),
    commitKind: present(row.commit_kind),
    error: present(row.error),
  };
}

/** One commit as another member signed it. */
export interface RemoteCommitLogEntry {
  readonly groupId: string;
  /** Id of the entry in the node's commit log. */
  readonly logSequenceId: bigint;
  readonly commitSequenceId: bigint;
  readonly result: CommitLogResult;
  readonly appliedEpoch: bigint;
  readonly appliedEpochAuthenticator: Uint8Array;
}

interface RemoteRow {
  readonly group_id: Uint8Array;
  readonly log_sequence_id: bigint;
  readonly commit_sequence_id: bigint;
  readonly result: bigint;
  readonly applied_epoch: bigint;
  readonly applied_epoch_authenticator: Uint8Array;
}

function toRemote(row: RemoteRow): RemoteCommitLogEntry {
  return {
    groupId: toHex(row.group_id),
    logSequenceId: row.log_sequence_id,
    commitSequenceId: row.commit_sequence_id,
    result: COMMIT_RESULTS.name(row.result),
    appliedEpoch: row.applied_epoch,
    appliedEpochAuthenticator: row.applied_epoch_authenticator,
  };
}

/** Stores an accepted entry, once. */
export function insertRemoteCommitLog(db: Database, entry: RemoteCommitLogEntry): void {
  db.prepare(
    `INSERT OR IGNORE INTO remote_commit_log (group_id, log_sequence_id, commit_sequence_id, result, applied_epoch,
       applied_epoch_authenticator) VALUES (?, ?, ?, ?, ?, ?)`,
  ).run(
    fromHex(entry.groupId),
    entry.logSequenceId,
    entry.commitSequenceId,
    COMMIT_RESULTS.number(entry.result),
    entry.appliedEpoch,
    entry.appliedEpochAuthenticator,
  );
}

/** Accepted entries of a group after an id, oldest first. */
export function listRemoteCommitLog(
  db: Database,
  groupId: string,
  afterLogSequenceId = 0n,
  limit = 1000,
): RemoteCommitLogEntry[] {
  return db
    .prepare<RemoteRow>(
      'SELECT * FROM remote_commit_log WHERE group_id = ? AND log_sequence_id > ? ORDER BY log_sequence_id LIMIT ?',
      { bigints: true },
    )
    .all(fromHex(groupId), afterLogSequenceId, limit)
    .map(toRemote);
}

/** The newest accepted entry of a group, with the given result if one is named. */
export function latestRemoteCommitLog(
  db: Database,
  groupId: string,
  result?: CommitLogResult,
): RemoteCommitLogEntry | undefined {
  const row = db
    .prepare<RemoteRow>(
      `SELECT * FROM remote_commit_log WHERE group_id = ? ${result === undefined ? '' : 'AND result = ?'}
       ORDER BY log_sequence_id DESC LIMIT 1`,
      { bigints: true },
    )
    .get(fromHex(groupId), ...(result === undefined ? [] : [COMMIT_RESULTS.number(result)]));
  return row === undefined ? undefined : toRemote(row);
}

/** One commit that both logs tell of. */
export interface CommonCommit {
  /** Id of our entry. */
  readonly localId: bigint;
  readonly commitSequenceId: bigint;
  readonly ourAuthenticator: Uint8Array;
  readonly theirAuthenticator: Uint8Array;
}

/** The newest commit, from an entry id of ours on, that the others have told of as well. Cost: the entries from there on. */
export function newestCommonCommit(db: Database, groupId: string, fromLocalId: bigint): CommonCommit | undefined {
  const row = db
    .prepare<{ id: bigint; sequence_id: bigint; ours: Uint8Array; theirs: Uint8Array }>(
      `SELECT l.id, l.commit_sequence_id AS sequence_id, l.applied_epoch_authenticator AS ours,
         r.applied_epoch_authenticator AS theirs
       FROM local_commit_log l JOIN remote_commit_log r
         ON r.group_id = l.group_id AND r.commit_sequence_id = l.commit_sequence_id
       WHERE l.group_id = ? AND l.id >= ? AND l.commit_sequence_id > 0 ORDER BY l.id DESC LIMIT 1`,
      { bigints: true },
    )
    .get(fromHex(groupId), fromLocalId);
  if (row === undefined) return undefined;
  const { id: localId, sequence_id: commitSequenceId, ours: ourAuthenticator, theirs: theirAuthenticator } = row;
  return { localId, commitSequenceId, ourAuthenticator, theirAuthenticator };
}

/** Whether a commit took effect here after an entry id. */
export function hasAppliedAfter(db: Database, groupId: string, localId: bigint): boolean {
  const row = db
    .prepare(
      'SELECT 1 FROM local_commit_log WHERE group_id = ? AND id > ? AND result = 1 AND commit_sequence_id > 0 LIMIT 1',
    )
    .get(fromHex(groupId), localId);
  return row !== undefined;
}

/**
 * Whether a commit took effect for the others, within the part of the order that we have been through, of which our log
 * knows nothing: we never saw it.
 * @param after - commits up to this one are not asked for
 * @param readUpTo - where our next query starts
 * @param joinedEpoch - commits that led to it or to an earlier epoch were before our time
 */
export function hasMissedCommit(
  db: Database,
  groupId: string,
  { after, readUpTo, joinedEpoch }: { readonly after: bigint; readonly readUpTo: bigint; readonly joinedEpoch: bigint },
): boolean {
  const row = db
    .prepare(
      `SELECT 1 FROM remote_commit_log r WHERE r.group_id = ? AND r.result = 1 AND r.commit_sequence_id > ?
         AND r.commit_sequence_id <= ? AND r.applied_epoch > ? AND NOT EXISTS (
           SELECT 1 FROM local_commit_log l WHERE l.group_id = r.group_id AND l.commit_sequence_id = r.commit_sequence_id)
       LIMIT 1`,
    )
    .get(fromHex(groupId), after, readUpTo, joinedEpoch);
  return row !== undefined;
}

/** Lines kept per group of what everybody has agreed on, for people who debug. */
export const MAX_AGREED_LOGGED = 1000;

/** Drops the oldest lines of both logs, beyond the bound, that lie before a commit on which both agree. Of our own, how we joined stays. */
export function pruneCommitLogs(db: Database, groupId: string, agreed: CommonCommit): void {
  const group = fromHex(groupId);
  db.prepare(
    `DELETE FROM local_commit_log WHERE group_id = ? AND id < ? AND commit_kind IS NOT 'welcome' AND id <=
       (SELECT id FROM local_commit_log WHERE group_id = ? ORDER BY id DESC LIMIT 1 OFFSET ${MAX_AGREED_LOGGED})`,
  ).run(group, agreed.localId, group);
  db.prepare(
    `DELETE FROM remote_commit_log WHERE group_id = ? AND commit_sequence_id < ? AND log_sequence_id <=
       (SELECT log_sequence_id FROM remote_commit_log WHERE group_id = ?
        ORDER BY log_sequence_id DESC LIMIT 1 OFFSET ${MAX_AGREED_LOGGED})`,
  ).run(group, agreed.commitSequenceId, group);
}

/** Forgets both logs of a group. */
export function deleteCommitLogs(db: Database, groupId: string): void {
  db.prepare('DELETE FROM local_commit_log WHERE group_id = ?').run(fromHex(groupId));
  deleteRemoteCommitLog(db, groupId);
}

/** Forgets what others have said about a group. */
export function deleteRemoteCommitLog(db: Database, groupId: string): void {
  db.prepare('DELETE FROM remote_commit_log WHERE group_id = ?').run(fromHex(groupId));
}
