/**
 * Tables `local_commit_log` and `remote_commit_log`: what each commit did to our state, and what other members say it
 * did to theirs. Comparing them shows a fork.
 */
import { fromHex, toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { nullable, present, presentHex, storedNames } from './columns.js';

/** Numbers of `CommitResult`. */
export const COMMIT_RESULTS = storedNames('commit_log.result', {
  applied: 1,
  'wrong-epoch': 2,
  undecryptable: 3,
  invalid: 4,
});
/** How a commit went on one installation. */
export type CommitLogResult = 'applied' | 'wrong-epoch' | 'undecryptable' | 'invalid';

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

/** Appends what a commit did. */
export function insertLocalCommitLog(db: Database, entry: Omit<LocalCommitLogEntry, 'id'>): void {
  db.prepare(
    `INSERT INTO local_commit_log (group_id, commit_sequence_id, last_epoch_authenticator, result, applied_epoch,
       applied_epoch_authenticator, sender_inbox_id, sender_installation_id, commit_kind, error)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    fromHex(entry.groupId),
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
}

/** Entries of a group after an entry id, oldest first. */
export function listLocalCommitLog(db: Database, groupId: string, afterId = 0n, limit = 1000): LocalCommitLogEntry[] {
  return db
    .prepare<LocalRow>('SELECT * FROM local_commit_log WHERE group_id = ? AND id > ? ORDER BY id LIMIT ?', {
      bigints: true,
    })
    .all(fromHex(groupId), afterId, limit)
    .map((row) => ({
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
    }));
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
