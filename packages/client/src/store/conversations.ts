/**
 * Table `conversations`: one row per MLS group that this installation is or was in, or knows from an archive. What the
 * group context says (name, admins, members) is in the MLS state and not repeated here.
 */
import { fromHex, toHex } from '@conclave/crypto';
import type { Database, SqlValue } from '@conclave/sqlite';
import { ClientError } from '../errors.js';
import { flag, isSet, nullable, present, storedNames } from './columns.js';

/** Numbers of `ConversationType` in the immutable metadata. */
export const CONVERSATION_KINDS = storedNames('conversations.kind', { group: 1, dm: 2, sync: 3, oneshot: 4 });
/** `sync` and `oneshot` never appear in lists. */
export type ConversationKind = 'group' | 'dm' | 'sync' | 'oneshot';

/** Numbers of column `conversations.membership_state`. */
export const MEMBERSHIP_STATES = storedNames('conversations.membership_state', {
  allowed: 1,
  rejected: 2,
  pending: 3,
  restored: 4,
  'pending-remove': 5,
});
/** `pending`: joined by welcome; `restored`: from an archive, without keys; `pending-remove`: we asked to leave. */
export type MembershipState = 'allowed' | 'rejected' | 'pending' | 'restored' | 'pending-remove';

/** A conversation as stored. */
export interface ConversationRow {
  /** Group id, lower-case hex. */
  readonly id: string;
  readonly kind: ConversationKind;
  readonly membershipState: MembershipState;
  /** False once we were removed, or without keys. */
  readonly active: boolean;
  readonly createdAtNs: bigint;
  readonly addedByInboxId: string;
  /** `dm:` and the two inbox ids in ascending order; the same for every group of one pair. */
  readonly dmId?: string | undefined;
  /** The welcome we joined by. */
  readonly welcomeSequenceId?: bigint | undefined;
  /** Time of the newest message of any kind. */
  readonly lastMessageNs?: bigint | undefined;
  /** When our own leaf key was last replaced; 0 for never. */
  readonly rotatedAtNs: bigint;
  /** When the identity logs of the members were last fetched; 0 for never. */
  readonly membersCheckedAtNs: bigint;
  readonly disappearFromNs?: bigint | undefined;
  readonly disappearInNs?: bigint | undefined;
  /** The version that the conversation demands and we do not have. */
  readonly pausedForVersion?: string | undefined;
  readonly maybeForked: boolean;
  /** What was seen that looks like a fork; empty when nothing. */
  readonly forkDetails: string;
  /** This inbox is a super admin: it writes the commit log of the group. In a DM both sides write, whatever stands here. */
  readonly publishCommitLog: boolean;
  /** Whose entries of the commit log count, once somebody has written; 32 bytes. */
  readonly commitLogPublicKey?: Uint8Array | undefined;
  /** A key for the commit log that was made here, for a conversation that names none: Ed25519 seed, 32 bytes. */
  readonly commitLogSigningKey?: Uint8Array | undefined;
  /** Whether this installation has left the others' line of commits; undefined while their log does not reach our epoch. */
  readonly commitLogForked?: boolean | undefined;
  /** Somebody asked to leave and we may have to remove them. */
  readonly pendingLeave: boolean;
}

interface Row {
  readonly id: Uint8Array;
  readonly kind: bigint;
  readonly membership_state: bigint;
  readonly active: bigint;
  readonly created_at_ns: bigint;
  readonly added_by_inbox_id: string;
  readonly dm_id: string | null;
  readonly welcome_sequence_id: bigint | null;
  readonly last_message_ns: bigint | null;
  readonly rotated_at_ns: bigint;
  readonly members_checked_at_ns: bigint;
  readonly disappear_from_ns: bigint | null;
  readonly disappear_in_ns: bigint | null;
  readonly paused_for_version: string | null;
  readonly maybe_forked: bigint;
  readonly fork_details: string;
  readonly publish_commit_log: bigint;
  readonly commit_log_public_key: Uint8Array | null;
  readonly commit_log_signing_key: Uint8Array | null;
  readonly commit_log_forked: bigint | null;
  readonly pending_leave: bigint;
}

/** A row of `SELECT conversations.*`, read with bigints; for the queries of this folder. */
export type ConversationSqlRow = Row;

/** Reads a row of `SELECT conversations.*`; for the queries of this folder. */
export function toConversationRow(row: Row): ConversationRow {
  return {
    id: toHex(row.id),
    kind: CONVERSATION_KINDS.name(row.kind),
    membershipState: MEMBERSHIP_STATES.name(row.membership_state),
    active: isSet(row.active),
    createdAtNs: row.created_at_ns,
    addedByInboxId: row.added_by_inbox_id,
    dmId: present(row.dm_id),
    welcomeSequenceId: present(row.welcome_sequence_id),
    lastMessageNs: present(row.last_message_ns),
    rotatedAtNs: row.rotated_at_ns,
    membersCheckedAtNs: row.members_checked_at_ns,
    disappearFromNs: present(row.disappear_from_ns),
    disappearInNs: present(row.disappear_in_ns),
    pausedForVersion: present(row.paused_for_version),
    maybeForked: isSet(row.maybe_forked),
    forkDetails: row.fork_details,
    publishCommitLog: isSet(row.publish_commit_log),
    commitLogPublicKey: present(row.commit_log_public_key),
    commitLogSigningKey: present(row.commit_log_signing_key),
    commitLogForked: row.commit_log_forked === null ? undefined : isSet(row.commit_log_forked),
    pendingLeave: isSet(row.pending_leave),
  };
}

/** What a new row needs; the rest starts empty. */
export type NewConversation = Pick<
  ConversationRow,
  'id' | 'kind' | 'membershipState' | 'active' | 'createdAtNs' | 'addedByInboxId'
> &
  Partial<ConversationRow>;

/** What may change afterwards. */
export type ConversationChange = Partial<Omit<ConversationRow, 'id' | 'kind'>>;

/** Column of each property and how it is written. */
const WRITE: { readonly [Key in keyof Required<ConversationRow>]: [string, (value: never) => SqlValue] } = {
  id: ['id', (value: string) => fromHex(value)],
  kind: ['kind', (value: ConversationKind) => CONVERSATION_KINDS.number(value)],
  membershipState: ['membership_state', (value: MembershipState) => MEMBERSHIP_STATES.number(value)],
  active: ['active', flag],
  createdAtNs: ['created_at_ns', nullable<bigint>],
  addedByInboxId: ['added_by_inbox_id', nullable<string>],
  dmId: ['dm_id', nullable<string>],
  welcomeSequenceId: ['welcome_sequence_id', nullable<bigint>],
  lastMessageNs: ['last_message_ns', nullable<bigint>],
  rotatedAtNs: ['rotated_at_ns', nullable<bigint>],
  membersCheckedAtNs: ['members_checked_at_ns', nullable<bigint>],
  disappearFromNs: ['disappear_from_ns', nullable<bigint>],
  disappearInNs: ['disappear_in_ns', nullable<bigint>],
  pausedForVersion: ['paused_for_version', nullable<string>],
  maybeForked: ['maybe_forked', flag],
  forkDetails: ['fork_details', nullable<string>],
  publishCommitLog: ['publish_commit_log', flag],
  commitLogPublicKey: ['commit_log_public_key', nullable<Uint8Array>],
  commitLogSigningKey: ['commit_log_signing_key', nullable<Uint8Array>],
  commitLogForked: ['commit_log_forked', (value: boolean | undefined) => (value === undefined ? null : flag(value))],
  pendingLeave: ['pending_leave', flag],
};

function columnsOf(values: Partial<ConversationRow>): { columns: string[]; params: SqlValue[] } {
  const entries = Object.entries(values).map(([key, value]) => {
    const [column, write] = WRITE[key as keyof ConversationRow];
    return [column, (write as (value: unknown) => SqlValue)(value)] as const;
  });
  return { columns: entries.map(([column]) => column), params: entries.map(([, param]) => param) };
}

/**
 * Stores a new conversation.
 * @throws SqliteError `sqlite/constraint` when the id is taken
 */
export function insertConversation(db: Database, conversation: NewConversation): void {
  const { columns, params } = columnsOf({
    rotatedAtNs: 0n,
    membersCheckedAtNs: 0n,
    maybeForked: false,
    forkDetails: '',
    publishCommitLog: false,
    pendingLeave: false,
    ...conversation,
  });
  db.prepare(`INSERT INTO conversations (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`).run(
    ...params,
  );
}

/**
 * Changes the named properties; one that is named with `undefined` is emptied.
 * @throws ClientError `client/conversation-not-found`
 */
export function updateConversation(db: Database, id: string, change: ConversationChange): void {
  const { columns, params } = columnsOf(change);
  if (columns.length === 0) return;
  const { changes } = db
    .prepare(`UPDATE conversations SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`)
    .run(...params, fromHex(id));
  if (changes === 0) throw new ClientError('client/conversation-not-found', { id });
}

/** Raises the time of the newest message; an older one changes nothing. */
export function raiseLastMessage(db: Database, id: string, sentAtNs: bigint): void {
  db.prepare('UPDATE conversations SET last_message_ns = max(coalesce(last_message_ns, 0), ?) WHERE id = ?').run(
    sentAtNs,
    fromHex(id),
  );
}

/** The conversation with this id. */
export function getConversation(db: Database, id: string): ConversationRow | undefined {
  const row = db.prepare<Row>('SELECT * FROM conversations WHERE id = ?', { bigints: true }).get(fromHex(id));
  return row === undefined ? undefined : toConversationRow(row);
}

/** @throws ClientError `client/conversation-not-found` */
export function requireConversation(db: Database, id: string): ConversationRow {
  const conversation = getConversation(db, id);
  if (conversation === undefined) throw new ClientError('client/conversation-not-found', { id });
  return conversation;
}

/** What decides whether anything can be taken in or sent now. */
export type ConversationGate = Pick<ConversationRow, 'id' | 'active' | 'pausedForVersion'>;

/**
 * The gate of a conversation, for every envelope.
 * @throws ClientError `client/conversation-not-found`
 */
export function requireGate(db: Database, id: string): ConversationGate {
  const row = db
    .prepare<{ active: number; paused_for_version: string | null }>(
      'SELECT active, paused_for_version FROM conversations WHERE id = ?',
    )
    .get(fromHex(id));
  if (row === undefined) throw new ClientError('client/conversation-not-found', { id });
  return { id, active: row.active !== 0, pausedForVersion: present(row.paused_for_version) };
}

/**
 * How long messages of a conversation are shown, for every message.
 * @throws ClientError `client/conversation-not-found`
 */
export function requireDisappearing(
  db: Database,
  id: string,
): Pick<ConversationRow, 'disappearFromNs' | 'disappearInNs'> {
  const row = db
    .prepare<{ disappear_from_ns: bigint | null; disappear_in_ns: bigint | null }>(
      'SELECT disappear_from_ns, disappear_in_ns FROM conversations WHERE id = ?',
      { bigints: true },
    )
    .get(fromHex(id));
  if (row === undefined) throw new ClientError('client/conversation-not-found', { id });
  return { disappearFromNs: present(row.disappear_from_ns), disappearInNs: present(row.disappear_in_ns) };
}

/**
 * Forgets the row alone; messages, intents, cursors and MLS state have their own functions.
 * @returns false when there was none
 */
export function deleteConversation(db: Database, id: string): boolean {
  return db.prepare('DELETE FROM conversations WHERE id = ?').run(fromHex(id)).changes > 0;
}

/** Everything in the conversation up to this time was read. A mark never goes back. */
export function raiseReadMark(db: Database, id: string, readAtNs: bigint): void {
  db.prepare('UPDATE conversations SET read_at_ns = ? WHERE id = ? AND coalesce(read_at_ns, 0) < ?').run(
    readAtNs,
    fromHex(id),
    readAtNs,
  );
}
