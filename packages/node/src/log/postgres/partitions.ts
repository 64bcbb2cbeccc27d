/**
 * Partitions of what expires, by time: what is past is dropped as a whole, in no time and without a dead row. They are made
 * ahead of time, never in the way of an insert; a row for which there is none goes to the one that takes the rest, and is
 * deleted by row when it is old. Commits have a table of their own among the partitions and stay.
 *
 * ```
 *   group_messages ── _commits
 *                  └─ _expiring ── _from_20640_to_20643 … , _rest
 * ```
 *
 * Only on PostgreSQL itself: databases that speak its language have plain tables and delete by row (prune-messages.ts).
 */
import type { Logger } from '../../logger.js';
import type { MessageEntry, Pruned, PruneRequest } from '../log.js';
import type { MessageRow, MessageShape } from './message-shapes.js';
import type { Pool } from './pool.js';
import { codeOf } from './postgres-error.js';
import { type PrunedTable, pruneMessages } from './prune-messages.js';
import { settle } from './settings.js';

const NS_PER_DAY = 24n * 3_600n * 1_000_000_000n;
/** Partitions in the time for which messages are kept: few enough for a read to look into all of them. */
const PARTITIONS_KEPT = 10;
/** Where messages are kept for ever. */
const LONGEST_DAYS = 30;
/**
 * A change of the partitions needs them for itself, and while it waits for a long reader (a backup, say) all who come after it wait behind
 * it, writers too. So it waits a moment, gives way, and is tried again after a pause; in the end, with the next round.
 */
const LOCK_TIMEOUT = '100ms';
const PAUSES_MS = [100, 200, 400, 800];
/** Another process that makes the same partition stands in nobody's way. */
const TURN_TIMEOUT = '2s';
/** lock_not_available */
const IN_USE = '55P03';
/** Rows of this time are in the partition of the rest. */
const CHECK_VIOLATION = '23514';

interface Partition {
  readonly name: string;
  /** Days since 1970; the second is exclusive. */
  readonly fromDay: number;
  readonly toDay: number;
}

/** The partitions of one table. */
export class Partitions<Entry extends MessageEntry> {
  readonly #pool: Pool;
  readonly #shape: MessageShape<Entry, MessageRow>;
  readonly #shards: number;
  readonly #widthDays: number;
  readonly #logger: Logger | undefined;

  /** @param keepDays for which messages are kept; infinite for ever */
  constructor(
    pool: Pool,
    shape: MessageShape<Entry, MessageRow>,
    shards: number,
    keepDays: number,
    logger: Logger | undefined,
  ) {
    this.#pool = pool;
    this.#shape = shape;
    this.#shards = shards;
    this.#widthDays = Number.isFinite(keepDays) ? Math.max(1, Math.ceil(keepDays / PARTITIONS_KEPT)) : LONGEST_DAYS;
    this.#logger = logger;
  }

  /** Makes what is missing of the next two widths. Never rejects: without it, rows go to the rest. */
  async makeAhead(nowNs: bigint): Promise<void> {
    try {
      const today = Number(nowNs / NS_PER_DAY);
      let from = Math.max(today, ...(await this.#list()).map(({ toDay }) => toDay));
      while (from < today + 2 * this.#widthDays) {
        const to = from + this.#widthDays;
        from = (await this.#make(from, to)) ? to : from + 1;
      }
    } catch (error) {
      this.#logger?.warn({ event: 'partitions-not-made', table: this.#shape.table, reason: codeOf(error) });
    }
  }

  /** One step: the contents of a partition that is past are forgotten, then it is dropped; else the rest, row by row. */
  async prune(step: Omit<PruneRequest, 'kind'>): Promise<Pruned> {
    const past = (await this.#list()).find(({ toDay }) => BigInt(toDay) * NS_PER_DAY <= step.beforeNs);
    if (past === undefined) return pruneMessages(this.#pool, this.#rest(), this.#shards, step);
    let rows = 0;
    let forgotten = true;
    for (let shard = 0; shard < this.#shards; shard++) {
      const seen = await this.#forget(past, shard, step.maxRows);
      rows += seen;
      if (seen === step.maxRows) forgotten = false;
    }
    const inUse = forgotten && !(await this.#drop(past));
    return { deleted: rows, done: inUse };
  }

  async #list(): Promise<Partition[]> {
    const rows = await this.#pool.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
       WHERE i.inhparent = CAST($1 AS regclass)`,
      [this.#parent],
      { waitMs: 0 },
    );
    const partitions = rows.flatMap(({ name }) => {
      const match = /_from_(\d+)_to_(\d+)$/.exec(name);
      return match === null ? [] : [{ name, fromDay: Number(match[1]), toDay: Number(match[2]) }];
    });
    return partitions.sort((a, b) => a.fromDay - b.fromDay);
  }

  /** False when rows of that time are in the partition of the rest. */
  async #make(fromDay: number, toDay: number): Promise<boolean> {
    const name = `${this.#shape.table}_from_${fromDay}_to_${toDay}`;
    const bounds = `FROM (${BigInt(fromDay) * NS_PER_DAY}) TO (${BigInt(toDay) * NS_PER_DAY})`;
    try {
      await this.#giveWay(async (run) => {
        await run(`SET LOCAL lock_timeout = '${TURN_TIMEOUT}'`);
        // One process at a time; the next finds what this one has made.
        await run("UPDATE settings SET value = value WHERE name = 'shards'");
        const there = (await run(`SELECT 1 FROM pg_class WHERE relname = '${name}'`)) as readonly unknown[];
        if (there.length > 0) return;
        await run(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
        await run(`CREATE TABLE ${name} (LIKE ${this.#parent} INCLUDING ALL)`);
        await run(`ALTER TABLE ${this.#parent} ATTACH PARTITION ${name} FOR VALUES ${bounds}`);
      });
      return true;
    } catch (error) {
      if (codeOf(error) === CHECK_VIOLATION) return false;
      throw error;
    }
  }

  /** Deletes hashes of a page of rows, which may then be sent again. @returns rows of the page */
  async #forget({ name }: Partition, shard: number, maxRows: number): Promise<number> {
    const mark = `forgotten_${name}_${shard}`;
    const from = await settle(this.#pool, mark, 0n);
    const [row] = await this.#pool.query<{ last: bigint | null; seen: bigint }>(
      `WITH page AS (SELECT id, content_hash FROM ${name} WHERE shard = $1 AND id > $2 ORDER BY id LIMIT $3),
       gone AS (DELETE FROM ${this.#shape.hashTable} WHERE content_hash IN (SELECT content_hash FROM page))
       SELECT (SELECT max(id) FROM page) AS last, (SELECT count(*) FROM page) AS seen`,
      [shard, from, maxRows],
      { waitMs: 0 },
    );
    if (row?.last === undefined || row.last === null) return 0;
    await this.#pool.query('UPDATE settings SET value = $2 WHERE name = $1', [mark, row.last], { waitMs: 0 });
    return Number(row.seen);
  }

  /** False while somebody reads it. */
  async #drop({ name }: Partition): Promise<boolean> {
    try {
      await this.#giveWay(async (run) => {
        await run(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
        await run(`DROP TABLE IF EXISTS ${name}`);
        await run(`DELETE FROM settings WHERE name LIKE 'forgotten_${name}_%'`);
      });
      return true;
    } catch (error) {
      if (codeOf(error) !== IN_USE) throw error;
      this.#logger?.warn({ event: 'partition-in-use', partition: name });
      return false;
    }
  }

  /** Makes a change in a transaction that may be cut short by its lock timeout, again after each pause. */
  async #giveWay(change: (run: (text: string) => Promise<unknown>) => Promise<void>): Promise<void> {
    for (const pauseMs of PAUSES_MS) {
      try {
        return await this.#pool.transaction(change);
      } catch (error) {
        if (codeOf(error) !== IN_USE) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    await this.#pool.transaction(change);
  }

  get #parent(): string {
    return this.#shape.kind === 'group' ? `${this.#shape.table}_expiring` : this.#shape.table;
  }

  #rest(): PrunedTable {
    const { table, hashTable } = this.#shape;
    return { table: `${table}_rest`, hashTable, keeps: 'FALSE', mark: `${table}_rest` };
  }
}
