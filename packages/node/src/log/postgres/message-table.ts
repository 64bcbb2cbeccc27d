/**
 * group_messages or welcome_messages. An append is one statement: it finds out which contents are new, takes ids for
 * those and inserts them, and is its own transaction. Rows leave this file encoded as the messages that clients read, or
 * as the entries they were.
 */
import { createHash } from 'node:crypto';
import { encodePage } from '../encode-page.js';
import type {
  Committed,
  MessageEntry,
  Page,
  PageRequest,
  Position,
  Replay,
  ReplayRequest,
  Stored,
  TopicCursor,
} from '../log.js';
import { bytesFromBase64, bytesList, integerList } from './column-lists.js';
import type { MessageRow, MessageShape } from './message-shapes.js';
import { QUEUE_FULL, type Tell } from './notifications.js';
import type { Pool, SqlParameter } from './pool.js';
import { sqlStateOf } from './postgres-error.js';
import { shardOf } from './shards.js';
import { takeIds } from './take-ids.js';

/** PostgreSQL's integers are signed; a client's cursor is not. */
export const MAX_ID = 2n ** 63n - 1n;

/** A message that has been given its place, and the shard whose order that is. */
export interface Placed extends Committed {
  readonly shard: number;
}

/** What an append came to. */
export interface Appended {
  /** Positional; undefined where the content was stored before, or stands earlier in the same call. */
  readonly positions: readonly (Position | undefined)[];
  /** What is new, by shard and id. */
  readonly placed: readonly Placed[];
}

/** A range of one shard in the order of its ids. Both ends exclusive. */
export interface ShardRange {
  readonly shard: number;
  readonly after: bigint;
  readonly before: bigint;
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/** One of the two tables. */
export class MessageTable<Entry extends MessageEntry> {
  readonly #shape: MessageShape<Entry, MessageRow>;
  readonly #shards: number;
  readonly #writer: Pool;
  readonly #reader: Pool;
  readonly #statements: ReturnType<typeof statements>;

  /** @param tell tells other processes what an append stored, in its statement */
  constructor(shape: MessageShape<Entry, MessageRow>, shards: number, writer: Pool, reader: Pool, tell?: Tell) {
    this.#shape = shape;
    this.#shards = shards;
    this.#writer = writer;
    this.#reader = reader;
    this.#statements = statements(shape, tell);
  }

  /** Shards whose counters an append of these entries needs, ascending. */
  shardsOf(entries: readonly Entry[]): number[] {
    return [...new Set(entries.map(({ topic }) => shardOf(topic, this.#shards)))].sort((a, b) => a - b);
  }

  /** One transaction. Cost: one round trip, and the bytes once more as base64. */
  async append(entries: readonly Entry[], wallNs: bigint): Promise<Appended> {
    const unique = new Map<string, { readonly index: number; readonly hash: Uint8Array }>();
    for (const [index, { topic, data }] of entries.entries()) {
      const hash = createHash('sha256').update(topic).update(data).digest();
      const key = hash.toString('latin1');
      if (!unique.has(key)) unique.set(key, { index, hash });
    }
    const chosen = [...unique.values()];
    const rows = chosen.map(({ index }) => entries[index] as Entry);
    const shards = rows.map(({ topic }) => shardOf(topic, this.#shards));
    const places = await this.#store([
      wallNs,
      integerList(shards),
      bytesList(chosen.map(({ hash }) => hash)),
      bytesList(rows.map(({ topic }) => topic)),
      ...this.#shape.columns.map((column) => column.list(rows)),
    ]);
    const positions = new Array<Position | undefined>(entries.length).fill(undefined);
    const placed: Placed[] = [];
    for (const { shard, first_id: firstId, first_ns: firstNs, fresh } of places) {
      for (const [at, position] of fresh.split(',').entries()) {
        const row = Number(position) - 1;
        const place = { id: firstId + BigInt(at), createdNs: firstNs + BigInt(at) };
        positions[(chosen[row] as { index: number }).index] = place;
        placed.push({ shard, ...place, entry: rows[row] as Entry });
      }
    }
    return { positions, placed };
  }

  /** Whether the others hear of it is not what a write may fail for: they look at the counters. */
  async #store(parameters: readonly SqlParameter[]): Promise<PlacesRow[]> {
    const { append, appendUntold } = this.#statements;
    try {
      return await this.#writer.query<PlacesRow>(append, parameters);
    } catch (error) {
      if (sqlStateOf(error) !== QUEUE_FULL) throw error;
      return await this.#writer.query<PlacesRow>(appendUntold, parameters);
    }
  }

  /** One page of one topic. */
  async page({ topic, direction, cursor, maxMessages, maxBytes }: Omit<PageRequest, 'kind'>): Promise<Page<Stored>> {
    const ascending = direction === 'ascending';
    const from = clamp(cursor === 0n && !ascending ? MAX_ID : cursor);
    const statement = ascending ? this.#statements.ascending : this.#statements.descending;
    const parameters = [topic, from, maxMessages, maxBytes];
    const rows = await this.#reader.queryEach(statement, parameters, (row: DataRow) => this.#committed(topic, row));
    const { items, bytes } = encodePage(rows, maxBytes);
    // Bytes that are used up may have ended the page in the database already.
    return { items, full: items.length >= maxMessages || items.length < rows.length || bytes >= maxBytes };
  }

  /** The next messages of many topics. */
  async replay({ cursors, maxMessages, maxBytes }: Omit<ReplayRequest, 'kind'>): Promise<Replay> {
    if (cursors.length === 0) return { items: [], exhausted: 0 };
    const parameters = [
      bytesList(cursors.map(({ topic }) => topic)),
      integerList(cursors.map(({ after }) => clamp(after))),
      maxMessages,
      maxBytes,
    ];
    const read = (row: DataRow & { readonly ordinal: bigint }) => {
      const cursorIndex = Number(row.ordinal) - 1;
      return { cursorIndex, ...this.#committed((cursors[cursorIndex] as TopicCursor).topic, row) };
    };
    const rows = await this.#reader.queryEach(this.#statements.replay, parameters, read);
    const { items, bytes } = encodePage(rows, maxBytes);
    const full = items.length >= maxMessages || bytes >= maxBytes;
    // Of the topic of a row that had no room there is more, and of the last one there may be.
    const unread = rows[items.length] ?? (full ? rows.at(-1) : undefined);
    return {
      items: items.map((stored, at) => ({ ...stored, cursorIndex: rows[at]?.cursorIndex ?? 0 })),
      exhausted: unread?.cursorIndex ?? cursors.length,
    };
  }

  /** What stands in a shard between two ids, for the tail. Empty only when there is nothing. */
  async range({ shard, after, before, maxMessages, maxBytes }: ShardRange): Promise<Committed[]> {
    const parameters = [shard, after, before, maxMessages, maxBytes];
    const read = (row: DataRow & { readonly topic: Uint8Array }) => this.#committed(row.topic, row);
    return this.#reader.queryEach(this.#statements.range, parameters, read, { waitMs: 0 });
  }

  #committed(topic: Uint8Array, row: DataRow): Committed {
    const entry = this.#shape.entry(row, topic, bytesFromBase64(row.data));
    return { id: row.id, createdNs: row.created_ns, entry };
  }
}

/** What became new in one shard: its first place, and which of the entries, from 1, are there one after the other. */
interface PlacesRow {
  readonly shard: number;
  readonly first_id: bigint;
  readonly first_ns: bigint;
  readonly fresh: string;
}

/** A row whose data comes as base64. */
type DataRow = MessageRow & { readonly data: string };

function clamp(cursor: bigint): bigint {
  return cursor > MAX_ID ? MAX_ID : cursor;
}

/** The statements of one table. */
function statements<Entry extends MessageEntry>(shape: MessageShape<Entry, MessageRow>, tell: Tell | undefined) {
  const { kind, table, hashTable, topicColumn, columns } = shape;
  const names = columns.map(({ name }) => name);
  const row = `id, created_ns, ${names.join(', ')}`;
  const read = ['id', 'created_ns', ...names.filter((name) => name !== 'data'), "encode(data, 'base64') AS data"];

  /**
   * Ends rows, which come in `order`, behind the one that fills the bytes; what is cut is never fetched. Data comes as base64: a third less
   * to move and a third of the time to read, beside the hex text of a `bytea`.
   */
  const bounded = (rows: string, order: string, maxBytes: string, further: readonly string[] = []) =>
    `SELECT ${[...further, ...read].join(', ')} FROM (
       SELECT *, sum(octet_length(data)) OVER (ORDER BY ${order}) AS bytes FROM (${rows}) AS candidates
     ) AS measured WHERE bytes - octet_length(data) < ${maxBytes}::BIGINT ORDER BY ${order}`;

  // $1 clock, $2 shards, $3 hashes, $4 topics, then the other columns.
  const lists = columns.map(({ type }, index) => unnested(type, `$${index + 5}`));
  const append = (told: string) => `
    WITH input AS (
      SELECT i.shard, decode(i.hash, 'base64') AS content_hash, i.position
      FROM unnest($2::INTEGER[], string_to_array($3, ',')) WITH ORDINALITY AS i (shard, hash, position)
      WHERE i.shard IS NOT NULL
    ),
    fresh AS (
      INSERT INTO ${hashTable} (content_hash) SELECT content_hash FROM input ORDER BY content_hash
      ON CONFLICT (content_hash) DO NOTHING RETURNING content_hash
    ),
    wanted AS (SELECT i.shard, count(*) AS rows FROM input AS i JOIN fresh USING (content_hash) GROUP BY i.shard),
    ${takeIds(kind, '$1')},
    numbered AS (
      SELECT i.position, i.shard, i.content_hash,
        t.base_id + row_number() OVER in_order AS id, t.base_ns + row_number() OVER in_order AS created_ns
      FROM input AS i JOIN fresh USING (content_hash) JOIN taken AS t USING (shard)
      WINDOW in_order AS (PARTITION BY i.shard ORDER BY i.position)
    ),
    stored AS (
      INSERT INTO ${table} (shard, id, created_ns, content_hash, ${topicColumn}, ${names.join(', ')})
      SELECT n.shard, n.id, n.created_ns, n.content_hash, decode(b.topic, 'base64'),
        ${columns.map(({ name, type }) => (type === 'bytes' ? `decode(b.${name}, 'base64')` : `b.${name}`)).join(', ')}
      FROM numbered AS n
      JOIN unnest(string_to_array($4, ','), ${lists.join(', ')}) WITH ORDINALITY
        AS b (topic, ${names.join(', ')}, position) USING (position)
    )
    SELECT shard, min(id) AS first_id, min(created_ns) AS first_ns,
      string_agg(CAST(position AS TEXT), ',' ORDER BY position) AS fresh ${told}
    FROM numbered GROUP BY shard ORDER BY shard`;

  const paged = (comparison: '<' | '>', order: 'ASC' | 'DESC') =>
    bounded(
      `SELECT ${row} FROM ${table} WHERE ${topicColumn} = $1 AND id ${comparison} $2 ORDER BY id ${order} LIMIT $3`,
      `id ${order}`,
      '$4',
    );

  // The sorted subquery lets the server go through the topics in their order and stop at the limit.
  const replay = bounded(
    `SELECT c.ordinal, m.* FROM (
       SELECT decode(topic, 'base64') AS topic, after, ordinal
       FROM unnest(string_to_array($1, ','), $2::BIGINT[]) WITH ORDINALITY AS c (topic, after, ordinal)
       WHERE after IS NOT NULL ORDER BY ordinal
     ) AS c CROSS JOIN LATERAL (
       SELECT ${row} FROM ${table} WHERE ${topicColumn} = c.topic AND id > c.after ORDER BY id LIMIT $3
     ) AS m ORDER BY c.ordinal, m.id LIMIT $3`,
    'ordinal, id',
    '$4',
    ['ordinal'],
  );

  const range = bounded(
    `SELECT ${row}, ${topicColumn} AS topic FROM ${table} WHERE shard = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4`,
    'id',
    '$5',
    ['topic'],
  );
  return {
    append: append(tell === undefined ? '' : `, ${tell(kind, 'shard', 'max(id)')} AS told`),
    appendUntold: append(''),
    ascending: paged('>', 'ASC'),
    descending: paged('<', 'DESC'),
    replay,
    range,
  };
}

function unnested(type: 'bytes' | 'integer' | 'boolean', parameter: string): string {
  if (type === 'bytes') return `string_to_array(${parameter}, ',')`;
  return `${parameter}::${type === 'integer' ? 'INTEGER' : 'BOOLEAN'}[]`;
}
