/**
 * Table `messages`: application messages and the transcript of membership changes, decrypted, in the exact bytes that
 * were received. `position` is the order of insertion and settles ties of `sent_at_ns`. A content that would not fit a page stands in
 * `large_contents`, and goes with its message by a trigger.
 */
import { EMPTY_BYTES, fromHex, toHex } from '@conclave/crypto';
import type { Database, SqlValue } from '@conclave/sqlite';
import { nullable, overValues, storedNames } from './columns.js';
import { CONTENT_TYPES, type StoredContentType } from './content-types.js';
import { raiseLastMessage } from './conversations.js';
import { addSender, findSender, type Sender } from './senders.js';

/** Numbers of column `messages.kind`. */
export const MESSAGE_KINDS = storedNames('messages.kind', { application: 1, 'membership-change': 2 });
/** Sent by somebody, or derived from a commit. */
export type MessageKind = 'application' | 'membership-change';

/** Numbers of column `messages.delivery_status`. */
export const DELIVERY_STATUSES = storedNames('messages.delivery_status', { unpublished: 1, published: 2, failed: 3 });
/** `unpublished`: queued; `published`: the node has it (and, with a sequence id, its place in the order is known); `failed`: given up. */
export type DeliveryStatus = 'unpublished' | 'published' | 'failed';

/** What counts as the last message of a conversation in a list. */
export const READABLE_MESSAGE = 'm.kind = 1 AND m.content_type IN (0, 1, 4, 6, 7, 8, 9, 10)';

/** A message as stored. Ids are lower-case hex. */
export interface StoredMessage extends Sender {
  /** Order of insertion in this database. */
  readonly position: bigint;
  readonly id: string;
  readonly groupId: string;
  /** EncodedContent as it was sent; never encode it anew. */
  readonly content: Uint8Array;
  readonly kind: MessageKind;
  readonly contentType: StoredContentType;
  /** The message that a reaction or reply refers to. */
  readonly referenceId?: string | undefined;
  readonly deliveryStatus: DeliveryStatus;
  /** The node's time once published, the sender's clock before. */
  readonly sentAtNs: bigint;
  readonly insertedAtNs: bigint;
  /** When this device deletes it. */
  readonly expireAtNs?: bigint | undefined;
  /** Id of the envelope at the node, once published. */
  readonly sequenceId?: bigint | undefined;
  /** What the id of an own message or a transcript is made with, besides the content; empty for what others sent. */
  readonly idempotencyKey: string;
}

/** A message to store. */
export type NewMessage = Omit<StoredMessage, 'position'>;

/** Bytes from which on a content stands in `large_contents`; part of the format. */
const LARGE_CONTENT_BYTES = 4096;

/** The content, wherever it stands. Of an empty one there is none elsewhere. */
const CONTENT = `iif(length(m.content) = 0, coalesce((SELECT l.bytes FROM large_contents l WHERE l.position = m.position), m.content), m.content)`;

/**
 * What is selected of `MESSAGES`. Ids come as hex from SQLite: a BLOB would be an object outside the engine's heap for each, which more than
 * doubles the time of a row.
 */
export const MESSAGE_COLUMNS = `m.position, lower(hex(m.id)) AS id, lower(hex(m.group_id)) AS group_id, ${CONTENT}, m.kind, m.content_type,
  iif(m.reference_id IS NULL, NULL, lower(hex(m.reference_id))) AS reference_id, lower(hex(s.installation_id)) AS sender_installation_id,
  s.inbox_id AS sender_inbox_id, m.delivery_status, m.sent_at_ns, m.inserted_at_ns, m.expire_at_ns, m.sequence_id, m.idempotency_key`;

/** Messages with their senders. `CROSS` is to SQLite the order in which it reads them: never first the senders. */
export const MESSAGES = 'messages m CROSS JOIN senders s ON s.id = m.sender_id';

/** How rows of `MESSAGE_COLUMNS` are read. */
export const MESSAGE_ROWS = { bigints: true, arrays: true } as const;

/** A row of `MESSAGE_COLUMNS`. */
export type MessageSqlRow = readonly [
  position: bigint,
  id: string,
  groupId: string,
  content: Uint8Array,
  kind: bigint,
  contentType: bigint,
  referenceId: string | null,
  senderInstallationId: string,
  senderInboxId: string,
  deliveryStatus: bigint,
  sentAtNs: bigint,
  insertedAtNs: bigint,
  expireAtNs: bigint | null,
  sequenceId: bigint | null,
  idempotencyKey: string,
  ...further: SqlValue[],
];

/** Reads a row of `MESSAGE_COLUMNS`; for the queries of this folder. */
export function toStoredMessage(row: MessageSqlRow): StoredMessage {
  return {
    position: row[0],
    id: row[1],
    groupId: row[2],
    content: row[3],
    kind: MESSAGE_KINDS.name(row[4]),
    contentType: CONTENT_TYPES.name(row[5]),
    referenceId: row[6] ?? undefined,
    senderInstallationId: row[7],
    senderInboxId: row[8],
    deliveryStatus: DELIVERY_STATUSES.name(row[9]),
    sentAtNs: row[10],
    insertedAtNs: row[11],
    expireAtNs: row[12] ?? undefined,
    sequenceId: row[13] ?? undefined,
    idempotencyKey: row[14],
  };
}

/**
 * Stores a message unless its id is stored already, and raises the conversation's time of the last message. Call it in a transaction.
 * @returns the message as it is stored; undefined when it was there: nothing changed
 */
export function insertMessage(db: Database, message: NewMessage): StoredMessage | undefined {
  const { content } = message;
  const isLarge = content.length >= LARGE_CONTENT_BYTES;
  const values = [
    fromHex(message.id),
    fromHex(message.groupId),
    isLarge ? EMPTY_BYTES : content,
    MESSAGE_KINDS.number(message.kind),
    CONTENT_TYPES.number(message.contentType),
    message.referenceId === undefined ? null : fromHex(message.referenceId),
    DELIVERY_STATUSES.number(message.deliveryStatus),
    message.sentAtNs,
    message.insertedAtNs,
    nullable(message.expireAtNs),
    nullable(message.sequenceId),
    message.idempotencyKey,
    message.senderInboxId,
    fromHex(message.senderInstallationId),
  ];
  const insert = () => db.prepare<readonly [position: bigint]>(INSERT_MESSAGE, MESSAGE_ROWS).get(...values);
  // Nothing inserted: it was there, or it is the first of its sender.
  const row = insert() ?? (addSender(db, message) ? insert() : undefined);
  if (row === undefined) return undefined;
  const [position] = row;
  if (isLarge) db.prepare('INSERT INTO large_contents (position, bytes) VALUES (?, ?)').run(position, content);
  raiseLastMessage(db, message.groupId, message.sentAtNs);
  return { ...message, position };
}

const INSERT_MESSAGE = `INSERT OR IGNORE INTO messages (id, group_id, content, kind, content_type, reference_id, delivery_status, sent_at_ns,
    inserted_at_ns, expire_at_ns, sequence_id, idempotency_key, sender_id)
  SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, s.id FROM senders s WHERE s.inbox_id = ? AND s.installation_id = ? RETURNING position`;

/** The message with this id, expired or not. */
export function getMessage(db: Database, id: string): StoredMessage | undefined {
  const row = db
    .prepare<MessageSqlRow>(`SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES} WHERE m.id = ?`, MESSAGE_ROWS)
    .get(fromHex(id));
  return row === undefined ? undefined : toStoredMessage(row);
}

/**
 * Ids of messages in a range, both ends in it, in ascending order.
 * Cost: linear in what is found.
 */
export function listMessageIds(db: Database, first: string, last: string, limit: number): string[] {
  return db
    .prepare<{ id: Uint8Array }>('SELECT id FROM messages WHERE id >= ? AND id <= ? ORDER BY id LIMIT ?')
    .all(fromHex(first), fromHex(last), limit)
    .map(({ id }) => toHex(id));
}

/** The messages with these ids that are stored, by id. */
export function getMessages(db: Database, ids: readonly string[]): Map<string, StoredMessage> {
  const rows = overValues(ids.map(fromHex), (placeholders, values) =>
    db
      .prepare<MessageSqlRow>(
        `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES} WHERE m.id IN (${placeholders})`,
        MESSAGE_ROWS,
      )
      .all(...values),
  );
  return new Map(rows.map(toStoredMessage).map((message) => [message.id, message]));
}

/** The message that came in this envelope of the group. */
export function getMessageBySequenceId(db: Database, groupId: string, sequenceId: bigint): StoredMessage | undefined {
  const row = db
    .prepare<MessageSqlRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES} WHERE m.group_id = ? AND m.sequence_id = ? LIMIT 1`,
      MESSAGE_ROWS,
    )
    .get(fromHex(groupId), sequenceId);
  return row === undefined ? undefined : toStoredMessage(row);
}

/** What the network gave to an own message. */
export interface Publication {
  readonly sentAtNs: bigint;
  readonly sequenceId: bigint;
  readonly expireAtNs?: bigint | undefined;
}

/** The node acknowledged an own message: it is stored there, its place and time come with the next sync. */
export function acknowledgeMessage(db: Database, id: string): void {
  db.prepare('UPDATE messages SET delivery_status = 2 WHERE id = ? AND delivery_status = 1').run(fromHex(id));
}

/**
 * An own message was seen in the order of the network: published, at the node's time. What makes it disappear counts from when it
 * was written.
 * @returns it; undefined when it is not stored, or was seen before
 */
export function markMessagePublished(db: Database, id: string, publication: Publication): StoredMessage | undefined {
  const { changes } = db
    .prepare(
      `UPDATE messages SET delivery_status = 2, sent_at_ns = ?, sequence_id = ?, expire_at_ns = coalesce(expire_at_ns, ?)
       WHERE id = ? AND sequence_id IS NULL`,
    )
    .run(publication.sentAtNs, publication.sequenceId, nullable(publication.expireAtNs), fromHex(id));
  if (changes === 0) return undefined;
  const message = getMessage(db, id) as StoredMessage;
  raiseLastMessage(db, message.groupId, publication.sentAtNs);
  return message;
}

/** An own message was given up, or queued again; one that was seen in the order of the network stays published. */
export function setDeliveryStatus(db: Database, id: string, status: 'unpublished' | 'failed'): void {
  db.prepare('UPDATE messages SET delivery_status = ? WHERE id = ? AND sequence_id IS NULL').run(
    DELIVERY_STATUSES.number(status),
    fromHex(id),
  );
}

/** Deletes a message's row. @returns the message as it was */
export function deleteMessage(db: Database, id: string): StoredMessage | undefined {
  const message = getMessage(db, id);
  if (message !== undefined) db.prepare('DELETE FROM messages WHERE id = ?').run(fromHex(id));
  return message;
}

/** When the next message expires, if one does. */
export function nextExpiry(db: Database): bigint | undefined {
  const row = db
    .prepare<{ next: bigint | null }>('SELECT min(expire_at_ns) AS next FROM messages WHERE expire_at_ns IS NOT NULL', {
      bigints: true,
    })
    .get();
  return row?.next ?? undefined;
}

/** Deletes at most `limit` messages that have expired. @returns them as they were */
export function deleteExpiredMessages(db: Database, nowNs: bigint, limit: number): StoredMessage[] {
  const rows = db
    .prepare<MessageSqlRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES} WHERE m.expire_at_ns <= ? ORDER BY m.expire_at_ns LIMIT ?`,
      MESSAGE_ROWS,
    )
    .all(nowNs, limit);
  const drop = db.prepare('DELETE FROM messages WHERE position = ?');
  const messages = rows.map(toStoredMessage);
  for (const { position } of messages) drop.run(position);
  return messages;
}

/** Deletes all messages of a group. */
export function deleteGroupMessages(db: Database, groupId: string): void {
  db.prepare('DELETE FROM messages WHERE group_id = ?').run(fromHex(groupId));
}

/** Time of the newest message of a group, of whatever kind. */
export function lastMessageNs(db: Database, groupId: string): bigint | undefined {
  const row = db
    .prepare<{ last: bigint | null }>('SELECT max(sent_at_ns) AS last FROM messages WHERE group_id = ?', {
      bigints: true,
    })
    .get(fromHex(groupId));
  return row?.last ?? undefined;
}

/** Whether an installation has written into a group. Cost: reads the group's messages until it finds one. */
export function hasWritten(db: Database, groupId: string, sender: Sender): boolean {
  const number = findSender(db, sender);
  if (number === undefined) return false;
  const row = db
    .prepare('SELECT 1 AS found FROM messages WHERE group_id = ? AND sender_id = ? AND kind = 1 LIMIT 1')
    .get(fromHex(groupId), number);
  return row !== undefined;
}
