/**
 * Lists of conversations, and the several MLS groups that make up one direct message conversation.
 *
 * Both sides may create a DM at once, and several installations may, so many groups can share a dm_id. Readers see one
 * conversation: the group with the greatest time of the last message stands for it (tie: the larger id), messages of
 * all of them are read together (libxmtp 1.10.0, observable behaviour of `conversation_list`).
 */
import { fromHex, toHex } from '@conclave/crypto';
import type { Database, SqlValue } from '@conclave/sqlite';
import { CONSENT_STATES, type ConsentState } from './consent.js';
import {
  CONVERSATION_KINDS,
  type ConversationKind,
  type ConversationRow,
  type ConversationSqlRow,
  MEMBERSHIP_STATES,
  toConversationRow,
} from './conversations.js';
import { READABLE_MESSAGE } from './messages.js';

/** Which conversations, in which order. */
export interface ConversationQuery {
  /** Default `allowed` and `unknown`. */
  readonly consentStates?: readonly ConsentState[] | undefined;
  /** Default `group` and `dm`. */
  readonly kinds?: readonly ConversationKind[] | undefined;
  /** Strictly later. */
  readonly createdAfterNs?: bigint | undefined;
  /** Strictly earlier. */
  readonly createdBeforeNs?: bigint | undefined;
  /** True: every group of a DM, not only the one that stands for it. */
  readonly includeDuplicateDms?: boolean | undefined;
  readonly limit?: number | undefined;
  /** Both newest first; `last-activity` is the last readable message, else the creation. Default `created-at`. */
  readonly orderBy?: 'created-at' | 'last-activity' | undefined;
  /** Counts what others wrote since this inbox read; `MAX_UNREAD` is as far as it counts. Costs a look at those messages. */
  readonly countUnreadOf?: string | undefined;
  /** Hides messages that have expired by then from `last-activity` and `lastMessageId`. */
  readonly nowNs: bigint;
}

/** A line of a list. */
export interface ConversationListEntry {
  readonly conversation: ConversationRow;
  /** Time of the last readable message, else of the creation. */
  readonly lastActivityNs: bigint;
  /** The last readable message, in any group of the DM; lower-case hex. */
  readonly lastMessageId?: string | undefined;
  /** With `countUnreadOf`. */
  readonly unreadCount?: number | undefined;
}

/** Unread messages of a conversation are counted up to here. */
export const MAX_UNREAD = 1000;

interface ListRow extends ConversationSqlRow {
  readonly last_position: bigint | null;
  readonly last_activity_ns: bigint;
  readonly last_id: Uint8Array | null;
  readonly unread?: bigint;
}

const DEFAULT_CONSENT: readonly ConsentState[] = ['allowed', 'unknown'];
const DEFAULT_KINDS: readonly ConversationKind[] = ['group', 'dm'];

/**
 * The group that stands for its DM is the one that no other group of the DM comes after. One that came from an archive, from which
 * nothing can be sent, stands for it only as long as there is no other.
 */
const STANDS_FOR_DM = `NOT EXISTS (
  SELECT 1 FROM conversations other WHERE other.dm_id = c.dm_id
  AND (other.membership_state <> ${MEMBERSHIP_STATES.number('restored')}, coalesce(other.last_message_ns, 0), other.id)
    > (c.membership_state <> ${MEMBERSHIP_STATES.number('restored')}, coalesce(c.last_message_ns, 0), c.id))`;

/** What others said in the groups of the conversation after the newest mark of them; contents that belong to other messages do not count. */
const UNREAD = `(
  SELECT count(*) FROM (
    SELECT 1 FROM messages m
    WHERE m.group_id IN (SELECT id FROM conversations s WHERE s.id = c.id OR s.dm_id = c.dm_id)
      AND m.sent_at_ns > (SELECT max(coalesce(r.read_at_ns, 0)) FROM conversations r WHERE r.id = c.id OR r.dm_id = c.dm_id)
      AND m.kind = 1 AND m.content_type NOT IN (2, 3, 4, 5, 11, 16) AND m.sender_id NOT IN (SELECT id FROM senders WHERE inbox_id = ?)
      AND (m.expire_at_ns IS NULL OR m.expire_at_ns > ?) LIMIT ${MAX_UNREAD}
  )) AS unread`;

/**
 * Lists conversations.
 * Cost: one index look-up per conversation for its last message, and one per DM for its duplicates.
 */
export function listConversations(db: Database, query: ConversationQuery): ConversationListEntry[] {
  const { countUnreadOf } = query;
  const params: SqlValue[] = [query.nowNs];
  if (countUnreadOf !== undefined) params.push(countUnreadOf, query.nowNs);
  const where: string[] = [];
  const kinds = (query.kinds ?? DEFAULT_KINDS).map((kind) => CONVERSATION_KINDS.number(kind));
  where.push(`c.kind IN (${kinds.join(', ')})`);
  const states = new Set(query.consentStates ?? DEFAULT_CONSENT);
  if (states.size < CONSENT_STATES.names.length) {
    const numbers = [...states].map((state) => CONSENT_STATES.number(state));
    where.push(
      `coalesce((SELECT state FROM consent WHERE entity_type = 1 AND entity = lower(hex(c.id))), 1) IN (${numbers.join(', ')})`,
    );
  }
  if (query.createdAfterNs !== undefined) {
    where.push('c.created_at_ns > ?');
    params.push(query.createdAfterNs);
  }
  if (query.createdBeforeNs !== undefined) {
    where.push('c.created_at_ns < ?');
    params.push(query.createdBeforeNs);
  }
  if (!query.includeDuplicateDms) where.push(`(c.dm_id IS NULL OR ${STANDS_FOR_DM})`);
  const order = query.orderBy === 'last-activity' ? 'last_activity_ns' : 'created_at_ns';
  const limit = query.limit === undefined ? '' : 'LIMIT ?';
  if (query.limit !== undefined) params.push(query.limit);
  return db
    .prepare<ListRow>(
      `SELECT listed.*, coalesce(last.sent_at_ns, listed.created_at_ns) AS last_activity_ns, last.id AS last_id
       FROM (
         SELECT c.*, (
           SELECT m.position FROM messages m
           WHERE m.group_id IN (SELECT id FROM conversations s WHERE s.id = c.id OR s.dm_id = c.dm_id)
             AND ${READABLE_MESSAGE} AND (m.expire_at_ns IS NULL OR m.expire_at_ns > ?)
           ORDER BY m.sent_at_ns DESC, m.position DESC LIMIT 1
         ) AS last_position${countUnreadOf === undefined ? '' : `, ${UNREAD}`}
         FROM conversations c WHERE ${where.join(' AND ')}
       ) listed LEFT JOIN messages last ON last.position = listed.last_position
       ORDER BY ${order} DESC, listed.id DESC ${limit}`,
      { bigints: true },
    )
    .all(...params)
    .map((row) => ({
      conversation: toConversationRow(row),
      lastActivityNs: row.last_activity_ns,
      lastMessageId: row.last_id === null ? undefined : toHex(row.last_id),
      unreadCount: row.unread === undefined ? undefined : Number(row.unread),
    }));
}

/** Every group of the conversation's DM, the one that stands for it first; the conversation alone when it is no DM. */
export function stitchedConversations(db: Database, conversation: ConversationRow): ConversationRow[] {
  return conversation.dmId === undefined ? [conversation] : listDmGroups(db, conversation.dmId);
}

/** The groups of a DM, the one that stands for it first. */
export function listDmGroups(db: Database, dmId: string): ConversationRow[] {
  return db
    .prepare<ConversationSqlRow>(
      `SELECT * FROM conversations WHERE dm_id = ?
       ORDER BY membership_state = ?, coalesce(last_message_ns, 0) DESC, id DESC`,
      { bigints: true },
    )
    .all(dmId, MEMBERSHIP_STATES.number('restored'))
    .map(toConversationRow);
}

/** The group to use for a DM: the one that stands for it among those with keys (not restored from an archive). */
export function activeDmGroup(db: Database, dmId: string): ConversationRow | undefined {
  return listDmGroups(db, dmId).find((group) => group.membershipState !== 'restored');
}

/** Ids of the groups whose messages are read together with those of `id`; `id` alone when it is no DM or unknown. */
export function stitchedIds(db: Database, id: string): string[] {
  const bytes = fromHex(id);
  const rows = db
    .prepare<{ id: Uint8Array }>(
      'SELECT id FROM conversations WHERE dm_id = (SELECT dm_id FROM conversations WHERE id = ?) OR id = ?',
    )
    .all(bytes, bytes);
  return rows.length === 0 ? [id] : rows.map((row) => toHex(row.id));
}

/** Conversations in one of the states, oldest first: for workers. */
export function listByMembership(db: Database, state: ConversationRow['membershipState']): ConversationRow[] {
  return db
    .prepare<ConversationSqlRow>('SELECT * FROM conversations WHERE membership_state = ? ORDER BY created_at_ns, id', {
      bigints: true,
    })
    .all(MEMBERSHIP_STATES.number(state))
    .map(toConversationRow);
}

/** Groups and DMs that the user takes part in, oldest first: those whose commit log is read and written. */
export function listConsented(db: Database): ConversationRow[] {
  return db
    .prepare<ConversationSqlRow>(
      `SELECT c.* FROM conversations c
       JOIN consent ON consent.entity_type = 1 AND consent.entity = lower(hex(c.id)) AND consent.state = ?
       WHERE c.active = 1 AND c.kind IN (1, 2) AND c.membership_state <> ? ORDER BY c.created_at_ns, c.id`,
      { bigints: true },
    )
    .all(CONSENT_STATES.number('allowed'), MEMBERSHIP_STATES.number('restored'))
    .map(toConversationRow);
}

/** Conversations in which somebody waits to be removed. */
export function listPendingLeaves(db: Database): ConversationRow[] {
  return db
    .prepare<ConversationSqlRow>('SELECT * FROM conversations WHERE pending_leave = 1 ORDER BY id', { bigints: true })
    .all()
    .map(toConversationRow);
}

/** Conversations that wait for a newer client. */
export function listPaused(db: Database): ConversationRow[] {
  return db
    .prepare<ConversationSqlRow>('SELECT * FROM conversations WHERE paused_for_version IS NOT NULL ORDER BY id', {
      bigints: true,
    })
    .all()
    .map(toConversationRow);
}

/** Ids of the conversations whose envelopes are taken in: everything active, duplicate DMs and sync groups included. */
export function listSubscribable(db: Database): string[] {
  return db
    .prepare<{ id: Uint8Array }>('SELECT id FROM conversations WHERE active = 1 ORDER BY id')
    .all()
    .map((row) => toHex(row.id));
}
