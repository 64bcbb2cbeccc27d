/**
 * The writer's side of the two index tables of a message table: which rows a topic has, and which contents are stored. Their keys are random,
 * so a row that entered them at once would dirty a page of each, and those pages cost more than the row itself. Rows therefore enter late,
 * many together and in the order of the tables:
 *
 * ```
 *   ids  1 … indexed │ merging: sorted, enters with the next commits │ pending
 *        index tables│ known to this thread by their hashes, to the main thread by their topics (recent-rows.ts)
 * ```
 *
 * What is merging enters bit by bit, twice as many rows in each transaction as it stores, so that no commit waits for all of it; only when
 * the last has entered does the mark `indexed` move. A process that stops before that begins again at the mark, and what has entered
 * already is passed over.
 */
import type { Database, SqlValue, Statement } from '@conclave/sqlite';
import { bytesOf, textOf } from '../../latin1.js';
import type { Counters } from './counters.js';
import type { MessageShape } from './message-shapes.js';

/** Bytes of the SHA-256 over topic and content that the index of contents holds: two contents of one prefix cannot be found. */
const HASH_BYTES = 16;
/** Rows that enter by one statement. */
const ROWS_PER_STATEMENT = 32;
/** Ids of one transaction when a file is opened. */
const ROWS_CAUGHT_UP = 65_536n;

interface Indexed {
  /** As latin1 text, whose order is that of the bytes. */
  readonly topic: string;
  readonly id: bigint;
  readonly bytes: number;
  readonly hash: string;
}

interface Merge {
  readonly byTopic: readonly Indexed[];
  readonly byHash: readonly Indexed[];
  readonly lastId: bigint;
  /** Rows of each order that have entered. */
  done: number;
}

/** Names of the index tables of a message table. */
export function indexTablesOf({ kind }: Pick<MessageShape, 'kind'>): {
  readonly topics: string;
  readonly hashes: string;
} {
  return { topics: `${kind}_message_topics`, hashes: `${kind}_message_hashes` };
}

/** What the index of contents knows a content by. */
export function hashPrefix(hash: Uint8Array): Uint8Array {
  return hash.subarray(0, HASH_BYTES);
}

/** One table's index, of the one connection that writes. What a transaction did is kept by `committed` or undone by `rolledBack`. */
export class MessageIndex {
  readonly #shape: MessageShape;
  readonly #db: Database;
  readonly #mergeRows: number;
  readonly #topics: Statements;
  readonly #hashes: Statements;
  /** Contents that have not entered. */
  readonly #known = new Set<string>();
  #pending: Indexed[] = [];
  #merging: Merge | undefined;
  /** Of the transaction that runs. */
  #added: Indexed[] = [];
  #finished: Merge[] = [];
  #before: {
    readonly pending: Indexed[];
    readonly length: number;
    readonly merging: Merge | undefined;
    readonly done: number;
  };

  /** @param mergeRows rows that wait before they are merged */
  constructor(db: Database, shape: MessageShape, mergeRows: number) {
    const { topics, hashes } = indexTablesOf(shape);
    this.#db = db;
    this.#shape = shape;
    this.#mergeRows = mergeRows;
    this.#topics = insertsInto(db, topics, 3);
    this.#hashes = insertsInto(db, hashes, 1);
    this.#before = this.#state();
  }

  /**
   * Before any row is added: lets in what an earlier process left, or all that a file of an older version holds, some rows to a
   * transaction.
   */
  catchUp(counters: Counters): void {
    const { kind, table, topicColumn } = this.#shape;
    const { topics, hashes } = indexTablesOf(this.#shape);
    const range = `FROM ${table} WHERE id > ? AND id <= ?`;
    const [intoTopics, intoHashes] = [
      `INSERT OR IGNORE INTO ${topics} SELECT ${topicColumn}, id, length(data) ${range} ORDER BY ${topicColumn}, id`,
      `INSERT OR IGNORE INTO ${hashes} SELECT substr(content_hash, 1, ${HASH_BYTES}) AS hash ${range} ORDER BY hash`,
    ].map((sql) => this.#db.prepare(sql)) as [Statement, Statement];
    const last = counters.last(kind);
    for (let from = counters.indexedUpTo(kind); from < last; from = counters.indexedUpTo(kind)) {
      const to = from + ROWS_CAUGHT_UP < last ? from + ROWS_CAUGHT_UP : last;
      counters.within(this.#db, () => {
        intoTopics.run(from, to);
        intoHashes.run(from, to);
        counters.setIndexed(kind, to);
      });
    }
  }

  /** True for a content that has a row which has not entered. */
  has(hash: Uint8Array): boolean {
    return this.#known.has(textOf(hashPrefix(hash)));
  }

  /** A row was stored. */
  add(topic: Uint8Array, id: bigint, bytes: number, hash: Uint8Array): void {
    const row = { topic: textOf(topic), id, bytes, hash: textOf(hashPrefix(hash)) };
    this.#pending.push(row);
    this.#added.push(row);
    this.#known.add(row.hash);
  }

  /** Inside the transaction that added rows: lets twice as many in. */
  advance(counters: Counters): void {
    if (this.#added.length === 0) return;
    if (this.#merging === undefined && this.#pending.length >= this.#mergeRows) this.#beginMerge();
    if (this.#merging !== undefined) this.#merge(this.#merging, this.#added.length * 2, counters);
  }

  /** Inside a transaction: lets all rows in. */
  flush(counters: Counters): void {
    if (this.#merging !== undefined) this.#merge(this.#merging, Number.POSITIVE_INFINITY, counters);
    if (this.#pending.length > 0) this.#merge(this.#beginMerge(), Number.POSITIVE_INFINITY, counters);
  }

  committed(): void {
    for (const { byHash } of this.#finished) for (const { hash } of byHash) this.#known.delete(hash);
    this.#added = [];
    this.#finished = [];
    this.#before = this.#state();
  }

  rolledBack(): void {
    const { pending, length, merging, done } = this.#before;
    for (const { hash } of this.#added) this.#known.delete(hash);
    pending.length = length;
    this.#pending = pending;
    this.#merging = merging;
    if (merging !== undefined) merging.done = done;
    this.#added = [];
    this.#finished = [];
  }

  #state() {
    const { length } = this.#pending;
    return { pending: this.#pending, length, merging: this.#merging, done: this.#merging?.done ?? 0 };
  }

  #beginMerge(): Merge {
    const rows = this.#pending;
    this.#pending = [];
    const merge = {
      byTopic: rows.toSorted((a, b) => (a.topic === b.topic ? Number(a.id - b.id) : a.topic < b.topic ? -1 : 1)),
      byHash: rows.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)),
      lastId: (rows.at(-1) as Indexed).id,
      done: 0,
    };
    this.#merging = merge;
    return merge;
  }

  #merge(merge: Merge, rows: number, counters: Counters): void {
    const from = merge.done;
    const to = Math.min(from + rows, merge.byTopic.length);
    this.#topics.insert(merge.byTopic.slice(from, to), ({ topic, id, bytes }) => [bytesOf(topic), id, bytes]);
    this.#hashes.insert(merge.byHash.slice(from, to), ({ hash }) => [bytesOf(hash)]);
    merge.done = to;
    if (to < merge.byTopic.length) return;
    counters.setIndexed(this.#shape.kind, merge.lastId);
    this.#finished.push(merge);
    this.#merging = undefined;
  }
}

interface Statements {
  insert(rows: readonly Indexed[], values: (row: Indexed) => SqlValue[]): void;
}

/** Inserts that pass over what is there, many rows to a statement. */
function insertsInto(db: Database, table: string, columns: number): Statements {
  const marks = `(${new Array(columns).fill('?').join(', ')})`;
  const statement = (rows: number): Statement =>
    db.prepare(`INSERT OR IGNORE INTO ${table} VALUES ${new Array(rows).fill(marks).join(', ')}`);
  const one = statement(1);
  const many = statement(ROWS_PER_STATEMENT);
  return {
    insert(rows, values) {
      let at = 0;
      for (; at + ROWS_PER_STATEMENT <= rows.length; at += ROWS_PER_STATEMENT) {
        many.run(...rows.slice(at, at + ROWS_PER_STATEMENT).flatMap(values));
      }
      for (const row of rows.slice(at)) one.run(...values(row));
    },
  };
}
