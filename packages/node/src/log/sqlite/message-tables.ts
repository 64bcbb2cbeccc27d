/**
 * group_messages and welcome_messages: the same log twice, with different columns. Rows leave this file encoded as the
 * messages that clients read.
 */
import { hash } from 'node:crypto';
import type { Database, SqlValue, Statement } from '@conclave/sqlite';
import type { ByteBudget } from '../byte-budget.js';
import { encodeGroupMessageHead, encodeMessage } from '../encode-message.js';
import type {
  MessageEntry,
  Page,
  PageRequest,
  Position,
  Pruned,
  PruneRequest,
  Replay,
  ReplayRequest,
  Stored,
  TopicKind,
} from '../log.js';
import type { Counters } from './counters.js';
import type { WrittenMessage } from './write-codec.js';

/** SQLite's integers are signed; a client's cursor is not. */
const MAX_ID = 2n ** 63n - 1n;

/** A row of either table. */
interface Row {
  id: bigint;
  created_ns: bigint;
}

/** What differs between the two tables. */
interface Shape<R extends Row> {
  readonly table: string;
  readonly topicColumn: string;
  readonly columns: readonly string[];
  /** What is read of a row besides its id and time, as a list of expressions: as few values as may be, each costs a microsecond. */
  readonly read: string;
  /** What pruning leaves alone, as a condition. */
  readonly keeps: string;
  values(entry: MessageEntry): SqlValue[];
  encode(topic: Uint8Array, row: R): Uint8Array;
}

interface GroupRow extends Row {
  /** 1 for push, 2 for a commit. */
  flags: bigint;
  sender_hmac: Uint8Array;
  data: Uint8Array;
}

interface WelcomeRow extends Row {
  is_pointer: bigint;
  wrapper_algorithm: bigint;
  welcome_metadata: Uint8Array;
  hpke_public_key: Uint8Array;
  data: Uint8Array;
}

const GROUP: Shape<GroupRow> = {
  table: 'group_messages',
  topicColumn: 'group_id',
  keeps: 'is_commit = 1',
  columns: ['group_id', 'is_commit', 'should_push', 'sender_hmac', 'data'],
  read: 'is_commit * 2 + should_push AS flags, sender_hmac, data',
  values: (e) => (e.kind === 'group' ? [e.topic, Number(e.isCommit), Number(e.shouldPush), e.senderHmac, e.data] : []),
  encode: (topic, row) =>
    encodeMessage(
      {
        kind: 'group',
        topic,
        data: row.data,
        senderHmac: row.sender_hmac,
        shouldPush: (row.flags & 1n) !== 0n,
        isCommit: (row.flags & 2n) !== 0n,
      },
      { id: row.id, createdNs: row.created_ns },
    ),
};

const WELCOME: Shape<WelcomeRow> = {
  table: 'welcome_messages',
  topicColumn: 'installation_key',
  keeps: 'FALSE',
  columns: ['installation_key', 'is_pointer', 'wrapper_algorithm', 'welcome_metadata', 'hpke_public_key', 'data'],
  read: 'is_pointer, wrapper_algorithm, welcome_metadata, hpke_public_key, data',
  values: (e) =>
    e.kind === 'welcome'
      ? [e.topic, Number(e.form === 'pointer'), e.wrapperAlgorithm, e.welcomeMetadata, e.hpkePublicKey, e.data]
      : [],
  encode: (topic, row) =>
    encodeMessage(
      {
        kind: 'welcome',
        topic,
        form: row.is_pointer === 0n ? 'v1' : 'pointer',
        data: row.data,
        hpkePublicKey: row.hpke_public_key,
        wrapperAlgorithm: Number(row.wrapper_algorithm),
        welcomeMetadata: row.welcome_metadata,
      },
      { id: row.id, createdNs: row.created_ns },
    ),
};

/** One of the two tables with its statements. */
class MessageTable<R extends Row> {
  readonly #shape: Shape<R>;
  readonly #insert: Statement;
  readonly #ascending: Statement<R>;
  readonly #descending: Statement<R>;
  readonly #oldest: Statement<Row>;
  readonly #delete: Statement;

  constructor(db: Database, shape: Shape<R>) {
    const { table, topicColumn, columns, read } = shape;
    const marks = columns.map(() => '?').join(', ');
    const row = `id, created_ns, ${read}`;
    this.#shape = shape;
    this.#insert = db.prepare(
      `INSERT INTO ${table} (id, created_ns, content_hash, ${columns.join(', ')}) VALUES (?, ?, ?, ${marks})
       ON CONFLICT (content_hash) DO NOTHING`,
    );
    this.#ascending = db.prepare(
      `SELECT ${row} FROM ${table} WHERE ${topicColumn} = ? AND id > ? ORDER BY id ASC LIMIT ?`,
      { bigints: true },
    );
    this.#descending = db.prepare(
      `SELECT ${row} FROM ${table} WHERE ${topicColumn} = ? AND id < ? ORDER BY id DESC LIMIT ?`,
      { bigints: true },
    );
    this.#oldest = db.prepare(`SELECT id, created_ns FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`, {
      bigints: true,
    });
    this.#delete = db.prepare(`DELETE FROM ${table} WHERE id > ? AND id <= ? AND NOT (${shape.keeps})`);
  }

  /** Inside a transaction. Times rise with the ids, so what is old stands before what is not. */
  prune(kind: TopicKind, { beforeNs, maxRows }: Omit<PruneRequest, 'kind'>, counters: Counters): Pruned {
    const from = counters.prunedUpTo(kind);
    const page = this.#oldest.all(from, maxRows);
    const last = page.findLast((row) => row.created_ns < beforeNs);
    if (last === undefined) return { deleted: 0, done: true };
    const { changes } = this.#delete.run(from, last.id);
    counters.setPruned(kind, last.id);
    return { deleted: changes, done: last !== page.at(-1) || page.length < maxRows };
  }

  insert({ entry, content }: WrittenMessage, counters: Counters, wallNs: bigint): Position | undefined {
    const position = counters.next(entry.kind, wallNs);
    const { changes } = this.#insert.run(
      position.id,
      position.createdNs,
      hash('sha256', content, 'buffer'),
      ...this.#shape.values(entry),
    );
    if (changes === 0) return undefined;
    counters.take(entry.kind, position);
    return position;
  }

  page(request: Omit<PageRequest, 'kind'>): Page<Stored> {
    const { topic, direction, cursor, maxMessages, maxBytes } = request;
    const ascending = direction === 'ascending';
    const from = clamp(cursor === 0n && !ascending ? MAX_ID : cursor);
    const rows = (ascending ? this.#ascending : this.#descending).iterate(topic, from, maxMessages);
    const items: Stored[] = [];
    let bytes = 0;
    for (const row of rows) {
      const stored = this.#stored(topic, row);
      bytes += stored.message.length;
      // Leaving the loop closes the cursor; the row that did not fit is read again by the next page.
      if (items.length > 0 && bytes > maxBytes) return { items, full: true };
      items.push(stored);
    }
    return { items, full: items.length >= maxMessages };
  }

  #stored(topic: Uint8Array, row: R): Stored {
    return { id: row.id, createdNs: row.created_ns, message: this.#shape.encode(topic, row) };
  }
}

/** Both message tables. */
export class MessageTables {
  readonly #group: MessageTable<GroupRow>;
  readonly #welcome: MessageTable<WelcomeRow>;
  readonly #newestHead: Statement<{ id: bigint; created_ns: bigint; is_commit: bigint }>;

  constructor(db: Database) {
    this.#group = new MessageTable(db, GROUP);
    this.#welcome = new MessageTable(db, WELCOME);
    this.#newestHead = db.prepare(
      'SELECT id, created_ns, is_commit FROM group_messages WHERE group_id = ? ORDER BY id DESC LIMIT 1',
      { bigints: true },
    );
  }

  /** Inside a transaction. Undefined where the content was stored before. */
  insert(message: WrittenMessage, counters: Counters, wallNs: bigint): Position | undefined {
    return this.#table(message.entry.kind).insert(message, counters, wallNs);
  }

  /** Inside a transaction. One step of pruning. */
  prune(kind: TopicKind, step: Omit<PruneRequest, 'kind'>, counters: Counters): Pruned {
    return this.#table(kind).prune(kind, step, counters);
  }

  page(request: PageRequest): Page<Stored> {
    return this.#table(request.kind).page(request);
  }

  replay(request: ReplayRequest): Replay {
    const { kind, cursors } = request;
    const items: Replay['items'][number][] = [];
    let messages = request.maxMessages;
    let bytes = request.maxBytes;
    let exhausted = 0;
    for (const [cursorIndex, { topic, after }] of cursors.entries()) {
      // A page holds at least one message, so a round that has used up its bytes must not ask for another.
      if (messages <= 0 || bytes <= 0) break;
      const page = this.#table(kind).page({
        topic,
        direction: 'ascending',
        cursor: after,
        maxMessages: messages,
        maxBytes: bytes,
      });
      for (const stored of page.items) {
        items.push({ ...stored, cursorIndex });
        bytes -= stored.message.length;
      }
      messages -= page.items.length;
      if (page.full) break;
      exhausted = cursorIndex + 1;
    }
    return { items, exhausted };
  }

  /** @throws NodeError `node/answer-too-large` */
  newest(
    request: { groupIds: readonly Uint8Array[]; includeContent: boolean },
    budget: ByteBudget,
  ): (Stored | undefined)[] {
    return request.groupIds.map((topic) => {
      if (request.includeContent) {
        const one = { topic, direction: 'descending' as const, cursor: 0n, maxMessages: 1, maxBytes: 0 };
        const stored = this.#group.page(one).items[0];
        budget.take(stored?.message.length ?? 0);
        return stored;
      }
      const row = this.#newestHead.get(topic);
      if (row === undefined) return undefined;
      const position = { id: row.id, createdNs: row.created_ns };
      return { ...position, message: encodeGroupMessageHead({ topic, isCommit: row.is_commit !== 0n }, position) };
    });
  }

  #table(kind: TopicKind): MessageTable<GroupRow> | MessageTable<WelcomeRow> {
    return kind === 'group' ? this.#group : this.#welcome;
  }
}

function clamp(cursor: bigint): bigint {
  return cursor > MAX_ID ? MAX_ID : cursor;
}
