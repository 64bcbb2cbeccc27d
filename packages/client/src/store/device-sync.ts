/**
 * Tables `unsent_preferences` and `sync_requests`: what the person's other installations have not been told yet, and whose answers
 * this installation waits for. Only names stand here; values are read when they are sent, so the newest goes out once.
 */
import { toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { type ConsentEntityType, type ConsentRecord, getConsentRecord } from './consent.js';
import { type ConversationRow, type ConversationSqlRow, toConversationRow } from './conversations.js';
import {
  MESSAGE_COLUMNS,
  MESSAGE_ROWS,
  MESSAGES,
  type MessageSqlRow,
  type StoredMessage,
  toStoredMessage,
} from './messages.js';

/** Numbers of column `unsent_preferences.entity_type`: those of `consent`, and one for the root of the push keys. */
const UNSENT = { conversation: 1, inbox: 2, 'hmac-root': 3 } as const;
type UnsentKind = keyof typeof UNSENT;

/** What waits to be told. */
export interface UnsentPreferences {
  readonly consents: readonly ConsentRecord[];
  readonly hmacRoot: boolean;
}

function queue(db: Database, kind: UnsentKind, entity: string): void {
  db.prepare('INSERT OR IGNORE INTO unsent_preferences (entity_type, entity) VALUES (?, ?)').run(UNSENT[kind], entity);
}

/** Decisions that changed; runs in the transaction that changed them. */
export function queueConsents(db: Database, records: readonly ConsentRecord[]): void {
  for (const { entityType, entity } of records) queue(db, entityType, entity);
}

/** A new root of the push keys; runs in the transaction that made it. */
export function queueHmacRoot(db: Database): void {
  queue(db, 'hmac-root', '');
}

/** The next to tell, at most `limit` decisions, as they now are. */
export function listUnsentPreferences(db: Database, limit: number): UnsentPreferences {
  const rows = db
    .prepare<{ entity_type: number | bigint; entity: string }>(
      'SELECT entity_type, entity FROM unsent_preferences ORDER BY entity_type DESC, entity LIMIT ?',
    )
    .all(limit);
  const consents = rows.flatMap(({ entity_type: type, entity }) => {
    const kind = (Object.keys(UNSENT) as UnsentKind[]).find((name) => UNSENT[name] === Number(type));
    return kind === undefined || kind === 'hmac-root'
      ? []
      : (getConsentRecord(db, kind as ConsentEntityType, entity) ?? []);
  });
  return { consents, hmacRoot: rows.some(({ entity_type: type }) => Number(type) === UNSENT['hmac-root']) };
}

/** They are on their way. */
export function forgetUnsentPreferences(db: Database, { consents, hmacRoot }: UnsentPreferences): void {
  const forget = db.prepare('DELETE FROM unsent_preferences WHERE entity_type = ? AND entity = ?');
  for (const { entityType, entity } of consents) forget.run(UNSENT[entityType], entity);
  if (hmacRoot) forget.run(UNSENT['hmac-root'], '');
}

/** This installation asks for an archive under this pin. */
export function insertSyncRequest(db: Database, pin: string, requestedAtNs: bigint): void {
  db.prepare('INSERT OR REPLACE INTO sync_requests (pin, requested_at_ns) VALUES (?, ?)').run(pin, requestedAtNs);
}

/** Whether this installation asked under this pin. */
export function hasSyncRequest(db: Database, pin: string): boolean {
  return db.prepare('SELECT 1 AS found FROM sync_requests WHERE pin = ?').get(pin) !== undefined;
}

/** Sync groups that this installation is in, the newest first. */
export function listSyncGroups(db: Database): ConversationRow[] {
  return db
    .prepare<ConversationSqlRow>(
      'SELECT * FROM conversations WHERE kind = 3 AND active = 1 ORDER BY created_at_ns DESC, id DESC',
      { bigints: true },
    )
    .all()
    .map(toConversationRow);
}

/** What was said in all sync groups since a time, a page of it, the newest first. */
export function pageSyncMessages(db: Database, sinceNs: bigint, offset: number, limit: number): StoredMessage[] {
  return db
    .prepare<MessageSqlRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES} JOIN conversations c ON c.id = m.group_id AND c.kind = 3
       WHERE m.kind = 1 AND m.sent_at_ns >= ? ORDER BY m.sent_at_ns DESC, m.position DESC LIMIT ? OFFSET ?`,
      MESSAGE_ROWS,
    )
    .all(sinceNs, limit, offset)
    .map(toStoredMessage);
}

/** Ids of conversations in which something happened since a time, accepted or not answered yet. */
export function listRecentConversations(db: Database, sinceNs: bigint): string[] {
  return db
    .prepare<{ id: Uint8Array }>(
      `SELECT c.id FROM conversations c WHERE c.active = 1 AND c.kind IN (1, 2)
         AND coalesce(c.last_message_ns, c.created_at_ns) > ?
         AND coalesce((SELECT state FROM consent WHERE entity_type = 1 AND entity = lower(hex(c.id))), 1) <> 3
       ORDER BY coalesce(c.last_message_ns, c.created_at_ns) DESC`,
    )
    .all(sinceNs)
    .map(({ id }) => toHex(id));
}
