/**
 * group_messages and welcome_messages: the same log twice, with different columns. Rows leave this file encoded as the
 * messages that clients read.
 */
import { hash } from 'node:crypto';
import type { Database, Statement } from '@conclave/sqlite';
import type { ByteBudget } from '../byte-budget.js';
import type {
  PageRequest,
  Position,
  Pruned,
  PruneRequest,
  ReplayRequest,
  Stored,
  TopicCursor,
  TopicKind,
} from '../log.js';
import type { Counters } from './counters.js';
import { hashPrefix, indexTablesOf, MessageIndex } from './message-index.js';
import { MessageReader } from './message-reader.js';
import { GROUP_SHAPE, type MessageShape, WELCOME_SHAPE } from './message-shapes.js';
import type { Unindexed } from './recent-rows.js';
import type { PackedStored } from './stored-codec.js';
import { StoredCollector } from './stored-collector.js';
import type { WrittenMessage } from './write-codec.js';

/** What writes one of the two tables. */
class MessageWriter {
  readonly index: MessageIndex;
  readonly #shape: MessageShape;
  readonly #insert: Statement;
  readonly #oldest: Statement<{ id: bigint; created_ns: bigint }>;
  readonly #deletes: readonly Statement[];

  constructor(db: Database, shape: MessageShape, indexRows: number) {
    const { table, topicColumn, columns, keeps } = shape;
    const { topics, hashes } = indexTablesOf(shape);
    const marks = columns.map(() => '?').join(', ');
    this.index = new MessageIndex(db, shape, indexRows);
    this.#shape = shape;
    this.#insert = db.prepare(
      `INSERT INTO ${table} (id, created_ns, content_hash, ${columns.join(', ')}) SELECT ?, ?, ?, ${marks}
       WHERE NOT EXISTS (SELECT 1 FROM ${hashes} WHERE content_hash = ?)`,
    );
    this.#oldest = db.prepare(`SELECT id, created_ns FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`, {
      bigints: true,
    });
    const gone = `FROM ${table} WHERE id > ? AND id <= ? AND NOT (${keeps})`;
    this.#deletes = [
      `DELETE FROM ${topics} WHERE (topic, id) IN (SELECT ${topicColumn}, id ${gone})`,
      `DELETE FROM ${hashes} WHERE content_hash IN (SELECT substr(content_hash, 1, ${hashPrefix(new Uint8Array(32)).length}) ${gone})`,
      `DELETE ${gone}`,
    ].map((sql) => db.prepare(sql));
  }

  /** Inside a transaction. Times rise with the ids, so what is old stands before what is not. */
  prune({ beforeNs, maxRows }: Omit<PruneRequest, 'kind'>, counters: Counters): Pruned {
    const { kind } = this.#shape;
    const from = counters.prunedUpTo(kind);
    const page = this.#oldest.all(from, maxRows);
    const last = page.findLast((row) => row.created_ns < beforeNs);
    if (last === undefined) return { deleted: 0, done: true };
    // A content that entered the index later than its row was deleted would be refused for ever.
    if (last.id > counters.indexedUpTo(kind)) this.index.flush(counters);
    let deleted = 0;
    for (const statement of this.#deletes) deleted = statement.run(from, last.id).changes;
    counters.setPruned(kind, last.id);
    return { deleted, done: last !== page.at(-1) || page.length < maxRows };
  }

  /** Inside a transaction. Undefined where the content was stored before. */
  insert({ entry, content }: WrittenMessage, counters: Counters, wallNs: bigint): Position | undefined {
    const digest = hash('sha256', content, 'buffer');
    if (this.index.has(digest)) return undefined;
    const position = counters.next(entry.kind, wallNs);
    const { id, createdNs } = position;
    const { changes } = this.#insert.run(id, createdNs, digest, ...this.#shape.values(entry), hashPrefix(digest));
    if (changes === 0) return undefined;
    counters.take(entry.kind, position);
    this.index.add(entry.topic, id, entry.data.length, digest);
    return position;
  }
}

/** Both message tables of the connection that writes. */
export class MessageWriters {
  readonly #counters: Counters;
  readonly #group: MessageWriter;
  readonly #welcome: MessageWriter;

  /** @param indexRows rows that wait before they enter the index together */
  constructor(db: Database, counters: Counters, indexRows: number) {
    this.#counters = counters;
    this.#group = new MessageWriter(db, GROUP_SHAPE, indexRows);
    this.#welcome = new MessageWriter(db, WELCOME_SHAPE, indexRows);
    for (const { index } of this.#both) index.catchUp(counters);
  }

  /** Runs a transaction's body, and whatever belongs to its end. */
  within<T>(db: Database, work: () => T): T {
    try {
      const result = this.#counters.within(db, () => {
        const value = work();
        for (const { index } of this.#both) index.advance(this.#counters);
        return value;
      });
      for (const { index } of this.#both) index.committed();
      return result;
    } catch (error) {
      for (const { index } of this.#both) index.rolledBack();
      throw error;
    }
  }

  /** Inside a transaction. Undefined where the content was stored before. */
  insert(message: WrittenMessage, wallNs: bigint): Position | undefined {
    return this.#table(message.entry.kind).insert(message, this.#counters, wallNs);
  }

  /** Inside a transaction. One step of pruning. */
  prune(kind: TopicKind, step: Omit<PruneRequest, 'kind'>): Pruned {
    return this.#table(kind).prune(step, this.#counters);
  }

  get #both(): readonly [MessageWriter, MessageWriter] {
    return [this.#group, this.#welcome];
  }

  #table(kind: TopicKind): MessageWriter {
    return kind === 'group' ? this.#group : this.#welcome;
  }
}

interface WithUnindexed {
  readonly unindexed: Unindexed;
}

/** A `PageRequest` with what is not in the index. */
export type TablePageRequest = PageRequest & WithUnindexed;

/** A `ReplayRequest` with what is not in the index. */
export interface TableReplayRequest extends ReplayRequest {
  readonly cursors: readonly (TopicCursor & WithUnindexed)[];
}

/** A question for the newest message of each group, with what is not in the index. */
export interface TableNewestRequest {
  readonly groups: readonly ({ readonly topic: Uint8Array } & WithUnindexed)[];
  readonly includeContent: boolean;
}

/** Both message tables of a connection that reads. */
export class MessageTables {
  readonly #group: MessageReader;
  readonly #welcome: MessageReader;

  constructor(db: Database) {
    this.#group = new MessageReader(db, GROUP_SHAPE);
    this.#welcome = new MessageReader(db, WELCOME_SHAPE);
  }

  page({ kind, ...request }: TablePageRequest): { readonly stored: PackedStored; readonly full: boolean } {
    const collector = new StoredCollector();
    const full = this.#table(kind).page(request, collector);
    return { stored: collector.pack(), full };
  }

  /** `cursorIndexes` says of each message which cursor it answers. */
  replay(request: TableReplayRequest): {
    readonly stored: PackedStored;
    readonly cursorIndexes: Uint32Array;
    readonly exhausted: number;
  } {
    const { kind, cursors, maxMessages, maxBytes } = request;
    const collector = new StoredCollector();
    const cursorIndexes = new Uint32Array(maxMessages);
    let exhausted = 0;
    for (const [cursorIndex, { topic, after, unindexed }] of cursors.entries()) {
      // A page holds at least one message, so a round that has used up its bytes must not ask for another.
      const left = { maxMessages: maxMessages - collector.count, maxBytes: maxBytes - collector.bytes };
      if (left.maxMessages <= 0 || left.maxBytes <= 0) break;
      const from = collector.count;
      const full = this.#table(kind).page(
        { topic, direction: 'ascending', cursor: after, ...left, unindexed },
        collector,
      );
      cursorIndexes.fill(cursorIndex, from, collector.count);
      if (full) break;
      exhausted = cursorIndex + 1;
    }
    return { stored: collector.pack(), cursorIndexes: cursorIndexes.slice(0, collector.count), exhausted };
  }

  /** @throws NodeError `node/answer-too-large` */
  newest({ groups, includeContent }: TableNewestRequest, budget: ByteBudget): (Stored | undefined)[] {
    return groups.map(({ topic, unindexed }) => {
      if (!includeContent) return this.#group.newestHead(topic, unindexed);
      const collector = new StoredCollector();
      const one = { topic, direction: 'descending' as const, cursor: 0n, maxMessages: 1, maxBytes: 0, unindexed };
      this.#group.page(one, collector);
      budget.take(collector.bytes);
      return collector.last && { ...collector.last, message: collector.pack().bytes };
    });
  }

  #table(kind: TopicKind): MessageReader {
    return kind === 'group' ? this.#group : this.#welcome;
  }
}
