/**
 * Lists of messages: the page an application shows, and what belongs to it (reactions, replies, receipts). Rules of
 * the deployed SDK's `ListMessagesOptions`.
 */
import { fromHex, toHex } from '@conclave/crypto';
import type { Database, SqlValue } from '@conclave/sqlite';
import { inList, overValues } from './columns.js';
import { CONTENT_TYPES, type StoredContentType } from './content-types.js';
import {
  DELIVERY_STATUSES,
  type DeliveryStatus,
  MESSAGE_COLUMNS,
  MESSAGE_KINDS,
  MESSAGE_ROWS,
  MESSAGES,
  type MessageKind,
  type MessageSqlRow,
  READABLE_MESSAGE,
  type StoredMessage,
  toStoredMessage,
} from './messages.js';

/** Which messages, in which order. All bounds are strict. */
export interface MessageQuery {
  /** Groups to read together: `stitchedIds` of the conversation. At most 128. */
  readonly groupIds: readonly string[];
  readonly sentAfterNs?: bigint | undefined;
  readonly sentBeforeNs?: bigint | undefined;
  readonly insertedAfterNs?: bigint | undefined;
  readonly insertedBeforeNs?: bigint | undefined;
  readonly limit?: number | undefined;
  readonly deliveryStatus?: DeliveryStatus | undefined;
  /** Default ascending. */
  readonly direction?: 'ascending' | 'descending' | undefined;
  /** Default sent-at; ties by order of insertion. */
  readonly sortBy?: 'sent-at' | 'inserted-at' | undefined;
  readonly contentTypes?: readonly StoredContentType[] | undefined;
  readonly excludeContentTypes?: readonly StoredContentType[] | undefined;
  readonly kind?: MessageKind | undefined;
  readonly excludeSenderInboxIds?: readonly string[] | undefined;
  /** Messages that have expired by then are left out. */
  readonly nowNs: bigint;
}

function numbersOf(types: readonly StoredContentType[]): string {
  return types.map((type) => CONTENT_TYPES.number(type)).join(', ');
}

function filter(query: MessageQuery): { where: string; params: SqlValue[] } {
  const [placeholders, params] = inList(query.groupIds.map(fromHex));
  const where = [`m.group_id IN (${placeholders})`, '(m.expire_at_ns IS NULL OR m.expire_at_ns > ?)'];
  params.push(query.nowNs);
  const compare = (condition: string, value: SqlValue | undefined): void => {
    if (value === undefined) return;
    where.push(condition);
    params.push(value);
  };
  compare('m.sent_at_ns > ?', query.sentAfterNs);
  compare('m.sent_at_ns < ?', query.sentBeforeNs);
  compare('m.inserted_at_ns > ?', query.insertedAfterNs);
  compare('m.inserted_at_ns < ?', query.insertedBeforeNs);
  if (query.deliveryStatus !== undefined) {
    compare('m.delivery_status = ?', DELIVERY_STATUSES.number(query.deliveryStatus));
  }
  if (query.kind !== undefined) compare('m.kind = ?', MESSAGE_KINDS.number(query.kind));
  if (query.contentTypes !== undefined) where.push(`m.content_type IN (${numbersOf(query.contentTypes)})`);
  if (query.excludeContentTypes?.length) where.push(`m.content_type NOT IN (${numbersOf(query.excludeContentTypes)})`);
  const excluded = query.excludeSenderInboxIds ?? [];
  for (let start = 0; start < excluded.length; start += 128) {
    const [senders, values] = inList(excluded.slice(start, start + 128));
    where.push(`m.sender_id NOT IN (SELECT id FROM senders WHERE inbox_id IN (${senders}))`);
    params.push(...values);
  }
  return { where: where.join(' AND '), params };
}

/**
 * Lists messages.
 * Cost: proportional to what is returned for one group in sent or insertion order; with several groups (a stitched DM)
 * their messages within the bounds are sorted.
 */
export function listMessages(db: Database, query: MessageQuery): StoredMessage[] {
  const { where, params } = filter(query);
  const direction = query.direction === 'descending' ? 'DESC' : 'ASC';
  const column = query.sortBy === 'inserted-at' ? 'inserted_at_ns' : 'sent_at_ns';
  const limit = query.limit === undefined ? '' : 'LIMIT ?';
  if (query.limit !== undefined) params.push(query.limit);
  return db
    .prepare<MessageSqlRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES} WHERE ${where} ORDER BY m.${column} ${direction}, m.position ${direction} ${limit}`,
      MESSAGE_ROWS,
    )
    .all(...params)
    .map(toStoredMessage);
}

/** Number of messages that `listMessages` would give; its limit applies too. */
export function countMessages(db: Database, query: MessageQuery): number {
  const { where, params } = filter(query);
  const row = db
    .prepare<{ count: number | bigint }>(`SELECT count(*) AS count FROM messages m WHERE ${where}`)
    .get(...params);
  const count = Number(row?.count ?? 0);
  return query.limit === undefined ? count : Math.min(count, query.limit);
}

/** Those of these messages to which others refer, in whatever way. Cost: one query. */
export function referredTo(db: Database, messageIds: readonly string[]): Set<string> {
  const rows = overValues(messageIds.map(fromHex), (placeholders, values) =>
    db
      .prepare<{ id: string }>(
        `SELECT DISTINCT lower(hex(reference_id)) AS id FROM messages WHERE reference_id IN (${placeholders})`,
      )
      .all(...values),
  );
  return new Set(rows.map(({ id }) => id));
}

/** Messages that refer to these ones (reactions, replies), by the id they refer to, in sent order. */
export function listReferences(
  db: Database,
  messageIds: readonly string[],
  contentTypes: readonly StoredContentType[],
  nowNs: bigint,
): Map<string, StoredMessage[]> {
  const rows = overValues(messageIds.map(fromHex), (placeholders, values) =>
    db
      .prepare<MessageSqlRow>(
        `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES} WHERE m.reference_id IN (${placeholders})
         AND m.content_type IN (${numbersOf(contentTypes)}) AND (m.expire_at_ns IS NULL OR m.expire_at_ns > ?)
         ORDER BY m.sent_at_ns, m.position`,
        MESSAGE_ROWS,
      )
      .all(...values, nowNs),
  );
  const references = new Map<string, StoredMessage[]>();
  for (const message of rows.map(toStoredMessage)) {
    const list = references.get(message.referenceId as string);
    if (list === undefined) references.set(message.referenceId as string, [message]);
    else list.push(message);
  }
  return references;
}

/** Number of replies to each of these messages; those without any are left out. */
export function countReplies(db: Database, messageIds: readonly string[], nowNs: bigint): Map<string, number> {
  const rows = overValues(messageIds.map(fromHex), (placeholders, values) =>
    db
      .prepare<{ reference_id: Uint8Array; count: number | bigint }>(
        `SELECT reference_id, count(*) AS count FROM messages WHERE reference_id IN (${placeholders})
         AND content_type = ${CONTENT_TYPES.number('reply')} AND (expire_at_ns IS NULL OR expire_at_ns > ?)
         GROUP BY reference_id`,
      )
      .all(...values, nowNs),
  );
  return new Map(rows.map((row) => [toHex(row.reference_id), Number(row.count)]));
}

/** Time of the newest read receipt of each sender. */
export function lastReadTimes(db: Database, groupIds: readonly string[]): Map<string, bigint> {
  const times = new Map<string, bigint>();
  const rows = overValues(groupIds.map(fromHex), (placeholders, values) =>
    db
      .prepare<{ sender_inbox_id: string; read_at_ns: bigint }>(
        `SELECT s.inbox_id AS sender_inbox_id, max(m.sent_at_ns) AS read_at_ns FROM ${MESSAGES} WHERE m.group_id IN (${placeholders})
         AND m.content_type = ${CONTENT_TYPES.number('read-receipt')} GROUP BY s.inbox_id`,
        { bigints: true },
      )
      .all(...values),
  );
  for (const { sender_inbox_id: sender, read_at_ns: readAtNs } of rows) {
    if (readAtNs > (times.get(sender) ?? -1n)) times.set(sender, readAtNs);
  }
  return times;
}

/** The newest message of the groups that a list would show as their last. */
export function lastReadableMessage(
  db: Database,
  groupIds: readonly string[],
  nowNs: bigint,
): StoredMessage | undefined {
  const [placeholders, values] = inList(groupIds.map(fromHex));
  const row = db
    .prepare<MessageSqlRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES} WHERE m.group_id IN (${placeholders}) AND ${READABLE_MESSAGE}
       AND (m.expire_at_ns IS NULL OR m.expire_at_ns > ?) ORDER BY m.sent_at_ns DESC, m.position DESC LIMIT 1`,
      MESSAGE_ROWS,
    )
    .get(...values, nowNs);
  return row === undefined ? undefined : toStoredMessage(row);
}
