/**
 * Table `message_texts`: the words of messages, for search (SQLite's FTS5, which every engine of `@conclave/sqlite` has). It holds words and
 * positions alone, inside the database and so encrypted as it is, and a message that is deleted takes its words along (trigger
 * `message_texts_gone`; `secure-delete` overwrites them).
 *
 * It is filled when somebody searches, with what came since the last search: whoever never searches pays nothing for it.
 */
import type { Database, SqlValue } from '@conclave/sqlite';
import { inList } from './columns.js';
import { CONTENT_TYPES } from './content-types.js';
import {
  MESSAGE_COLUMNS,
  MESSAGE_ROWS,
  MESSAGES,
  type MessageSqlRow,
  type StoredMessage,
  toStoredMessage,
} from './messages.js';

/** Which messages are searched. */
export interface TextQuery {
  /** What `matchOf` made. */
  readonly match: string;
  /** Default: all groups and DMs. At most 128. */
  readonly groupIds?: readonly Uint8Array[];
  /** Strictly earlier: the next page. */
  readonly sentBeforeNs?: bigint | undefined;
  readonly limit: number;
  /** Messages that have expired by then are left out. */
  readonly nowNs: bigint;
}

/** Messages taken into the index in one transaction. */
const INDEX_BATCH = 500;

/** Messages that are not in the index yet, oldest first. */
function unindexed(db: Database): StoredMessage[] {
  return db
    .prepare<MessageSqlRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES} WHERE m.position > (SELECT position FROM message_texts_progress) AND m.kind = 1
       ORDER BY m.position LIMIT ?`,
      MESSAGE_ROWS,
    )
    .all(INDEX_BATCH)
    .map(toStoredMessage);
}

/**
 * Takes in what came since the last call.
 * @param textOf - the words of a message; undefined when it has none
 * Cost: proportional to what came.
 */
export function indexTexts(db: Database, textOf: (message: StoredMessage) => string | undefined): void {
  for (;;) {
    const count = db.transaction(() => {
      const messages = unindexed(db);
      const insert = db.prepare('INSERT INTO message_texts (rowid, text) VALUES (?, ?)');
      for (const message of messages) {
        const text = textOf(message);
        if (text !== undefined && text !== '') insert.run(message.position, text);
      }
      const last = messages.at(-1);
      if (last !== undefined) db.prepare('UPDATE message_texts_progress SET position = ?').run(last.position);
      return messages.length;
    });
    if (count < INDEX_BATCH) return;
  }
}

/** A message with the words, and the time under which it is listed: for an edit, that of the message it edits. */
export interface FoundText {
  readonly message: StoredMessage;
  readonly shownAtNs: bigint;
}

/** When what a row says is shown: an edit in the place of what it edits. */
const SHOWN_AT = 'coalesce(edited.sent_at_ns, m.sent_at_ns)';

/** Messages with these words, newest first. Cost: the messages that match, sorted. */
export function searchTexts(db: Database, query: TextQuery): FoundText[] {
  const where = ['message_texts MATCH ?', 'c.kind IN (1, 2)', '(m.expire_at_ns IS NULL OR m.expire_at_ns > ?)'];
  const params: SqlValue[] = [query.match, query.nowNs];
  if (query.groupIds !== undefined) {
    const [placeholders, values] = inList(query.groupIds);
    where.push(`m.group_id IN (${placeholders})`);
    params.push(...values);
  }
  if (query.sentBeforeNs !== undefined) {
    where.push(`${SHOWN_AT} < ?`);
    params.push(query.sentBeforeNs);
  }
  return db
    .prepare<MessageSqlRow>(
      `SELECT ${MESSAGE_COLUMNS}, ${SHOWN_AT} AS shown_at_ns
       FROM message_texts t JOIN messages m ON m.position = t.rowid JOIN conversations c ON c.id = m.group_id JOIN senders s ON s.id = m.sender_id
       LEFT JOIN messages edited ON m.content_type = ${CONTENT_TYPES.number('edit-message')} AND edited.id = m.reference_id
       WHERE ${where.join(' AND ')} ORDER BY shown_at_ns DESC, m.position DESC LIMIT ?`,
      MESSAGE_ROWS,
    )
    .all(...params, query.limit)
    .map((row) => ({ message: toStoredMessage(row), shownAtNs: row.at(-1) as bigint }));
}
