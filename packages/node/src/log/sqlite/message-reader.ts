/**
 * Reads one message table. The index of topics says which rows a page is made of and how large they are; the rows themselves come as a few
 * values for many of them, their contents behind one another: a value for every column of every row took three times as long, most of it in
 * the collector. They leave encoded as the messages that clients read.
 */
import type { Database, Statement } from '@conclave/sqlite';
import { unfilledBytes } from '../../unfilled-bytes.js';
import { encodedMessageSize, encodeGroupMessageHead, writeMessage } from '../encode-message.js';
import type { MessageEntry, PageRequest, Position, Stored } from '../log.js';
import { indexTablesOf } from './message-index.js';
import { type MessageShape, NO_PART } from './message-shapes.js';
import type { RecentRow, Unindexed } from './recent-rows.js';
import type { StoredCollector } from './stored-collector.js';

/** SQLite's integers are signed; a client's cursor is not. */
const MAX_ID = 2n ** 63n - 1n;

/** Data of the rows that are read by one statement, unless a single one is larger. Larger blocks of memory are dear to come by. */
const CHUNK_BYTES = 112 * 1024;

/** What a page is asked for with, when some rows are not in the index. */
export interface UnindexedPageRequest extends Omit<PageRequest, 'kind'> {
  readonly unindexed: Unindexed;
}

/** Hex digits of a row's head: id, time, flags, algorithm, then the length of each part. */
const DIGITS = { id: 16, createdNs: 16, flags: 2, algorithm: 8, length: 8 } as const;
const HEAD_BYTES = (DIGITS.id + DIGITS.createdNs + DIGITS.flags + DIGITS.algorithm) / 2;
const LENGTH_BYTES = DIGITS.length / 2;

interface Chunk {
  readonly heads: string | null;
  readonly part0: Uint8Array | null;
  readonly part1: Uint8Array | null;
  readonly part2: Uint8Array | null;
}

interface Row {
  readonly position: Position;
  readonly entry: MessageEntry;
  /** Bytes of the message. */
  readonly size: number;
}

/** The statements that read one table. */
export class MessageReader {
  readonly #shape: MessageShape;
  readonly #ascending: Statement<{ rows: string | null }>;
  readonly #descending: Statement<{ rows: string | null }>;
  readonly #chunk: Statement<Chunk>;
  readonly #head: Statement<{ created_ns: bigint; flags: bigint }>;

  constructor(db: Database, shape: MessageShape) {
    const { topics } = indexTablesOf(shape);
    // A bare `LIMIT ?` would have SQLite compile the statement anew at every use, for it looks at the value when it plans.
    const index = (above: string, order: string) =>
      db.prepare<{ rows: string | null }>(
        `SELECT group_concat(id || ' ' || bytes) AS rows FROM (
           SELECT id, bytes FROM ${topics} WHERE topic = ? ${above} AND id <= ? ORDER BY id ${order} LIMIT ? + 0
         )`,
      );
    this.#shape = shape;
    this.#ascending = index('AND id > ?', 'ASC');
    this.#descending = index('', 'DESC');
    const { flags, algorithm, parts, table } = shape;
    const lengths = parts.map((part) => `, length(m.${part})`).join('');
    const format = `%016x%016x%02x%08x${parts.map(() => '%08x').join('')}`;
    const contents = parts.map((part, i) => `, CAST(group_concat(m.${part}, '') AS BLOB) AS part${i}`).join('');
    // Bytes as text are the bytes, behind one another in the order of the heads.
    this.#chunk = db.prepare(
      `SELECT group_concat(printf('${format}', m.id, m.created_ns, ${flags}, ${algorithm}${lengths}), '') AS heads${contents}
       FROM json_each(?) AS wanted CROSS JOIN ${table} AS m ON m.id = wanted.value`,
    );
    this.#head = db.prepare(`SELECT created_ns, ${flags} AS flags FROM ${table} AS m WHERE id = ?`, { bigints: true });
  }

  /**
   * Adds a page to what was collected before; its bytes may exceed `maxBytes` only by its first message.
   * @returns whether it ended because it is full
   */
  page(request: UnindexedPageRequest, collector: StoredCollector): boolean {
    const { topic, maxMessages, maxBytes } = request;
    const wanted = this.#wanted(request);
    const bytesBefore = collector.bytes;
    let isFirst = true;
    for (let from = 0; from < wanted.length; ) {
      const to = endOfChunk(wanted, from, maxBytes - (collector.bytes - bytesBefore));
      const rows = this.#rows(topic, wanted.slice(from, to));
      const fitting = isFirst
        ? Math.max(1, fits(rows, maxBytes))
        : fits(rows, maxBytes - (collector.bytes - bytesBefore));
      collect(rows.slice(0, fitting), collector);
      // The row that did not fit is read again by the next page.
      if (fitting < rows.length) return true;
      if (rows.length > 0) isFirst = false;
      from = to;
    }
    return wanted.length >= maxMessages;
  }

  /** The newest message of a topic without data, HMAC and push flag. */
  newestHead(topic: Uint8Array, unindexed: Unindexed): Stored | undefined {
    const wanted = this.#wanted({ topic, direction: 'descending', cursor: 0n, maxMessages: 1, maxBytes: 0, unindexed });
    for (const { id } of wanted) {
      const row = this.#head.get(id);
      if (row === undefined) continue;
      const position = { id, createdNs: row.created_ns };
      return { ...position, message: encodeGroupMessageHead({ topic, isCommit: (row.flags & 2n) !== 0n }, position) };
    }
    return undefined;
  }

  /** What a page may hold, in its order. */
  #wanted({ topic, direction, cursor, maxMessages, unindexed }: UnindexedPageRequest): RecentRow[] {
    const upTo = clamp(unindexed.indexedUpTo);
    if (direction === 'ascending') {
      const indexed = parseRows(this.#ascending.get(topic, clamp(cursor), upTo, maxMessages)?.rows);
      return indexed.concat(unindexed.rows.slice(0, maxMessages - indexed.length));
    }
    const recent = unindexed.rows.slice(-maxMessages).reverse();
    if (recent.length >= maxMessages) return recent;
    // One bound alone: of two on the same side, SQLite would look for one and pass over what lies between.
    const last = cursor === 0n || cursor > upTo ? upTo : cursor - 1n;
    return recent.concat(parseRows(this.#descending.get(topic, last, maxMessages - recent.length)?.rows));
  }

  /** The rows with these ids, in this order; those that were deleted meanwhile are missing. */
  #rows(topic: Uint8Array, wanted: readonly RecentRow[]): Row[] {
    const chunk = this.#chunk.get(`[${wanted.map(({ id }) => id).join(',')}]`);
    if (chunk === undefined || chunk.heads === null) return [];
    const heads = Buffer.from(chunk.heads, 'hex');
    const { parts } = this.#shape;
    const contents = [chunk.part0, chunk.part1, chunk.part2].map((part) => part ?? NO_PART) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const ends: [number, number, number] = [0, 0, 0];
    const rows: Row[] = [];
    for (let at = 0; at < heads.length; ) {
      const position = { id: heads.readBigInt64BE(at), createdNs: heads.readBigInt64BE(at + 8) };
      const flags = heads.readUInt8(at + 16);
      const algorithm = heads.readUInt32BE(at + 17);
      at += HEAD_BYTES;
      const take = (part: 0 | 1 | 2): Uint8Array => {
        if (part >= parts.length) return NO_PART;
        const start = ends[part];
        ends[part] += heads.readUInt32BE(at + part * LENGTH_BYTES);
        return contents[part].subarray(start, ends[part]);
      };
      const entry = this.#shape.entry(topic, flags, algorithm, {
        data: take(0),
        second: take(1),
        welcomeMetadata: take(2),
      });
      at += parts.length * LENGTH_BYTES;
      rows.push({ position, entry, size: encodedMessageSize(entry, position) });
    }
    return rows;
  }
}

function parseRows(text: string | null | undefined): RecentRow[] {
  if (text === null || text === undefined) return [];
  return text.split(',').map((row) => {
    const space = row.indexOf(' ');
    return { id: BigInt(row.slice(0, space)), bytes: Number(row.slice(space + 1)) };
  });
}

/** The end of a run that has some data to it: what one statement reads. */
function endOfChunk(rows: readonly RecentRow[], from: number, left: number): number {
  const most = Math.min(CHUNK_BYTES, Math.max(left, 0));
  let bytes = 0;
  for (let to = from; to < rows.length; to++) {
    bytes += (rows[to] as RecentRow).bytes;
    if (to > from && bytes > most) return to;
  }
  return rows.length;
}

/** How many rows, from the first, have room as messages. */
function fits(rows: readonly Row[], maxBytes: number): number {
  let bytes = 0;
  const end = rows.findIndex(({ size }) => {
    bytes += size;
    return bytes > maxBytes;
  });
  return end === -1 ? rows.length : end;
}

function collect(rows: readonly Row[], collector: StoredCollector): void {
  const before = collector.bytes;
  for (const { position, size } of rows) collector.add(position, size);
  const out = unfilledBytes(collector.bytes - before);
  let at = 0;
  for (const { entry, position } of rows) at = writeMessage(out, at, entry, position);
  collector.addChunk(out);
}

function clamp(cursor: bigint): bigint {
  return cursor > MAX_ID ? MAX_ID : cursor;
}
