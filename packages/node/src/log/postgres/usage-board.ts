/**
 * limit_usage: what callers used of their limits at each process, for the others to read. A row lives for a minute. Each process numbers its
 * rows itself, so that a reader who remembers the last number of every process misses none, whatever order they are committed in.
 */
import { randomBytes } from 'node:crypto';
import type { LimitUsage, UsageBoard } from '../log.js';
import type { Pool } from './pool.js';
import { settle } from './settings.js';

/** Older news is not heard: the tokens have come back since, or will soon. */
const HEARD_MS = 10_000;
const KEPT_MS = 60_000;
/** Exchanges between two times that old rows are deleted. */
const SWEEP_EVERY = 30;
const NOW_MS = 'CAST(extract(epoch FROM now()) * 1000 AS BIGINT)';
const ONCE = { waitMs: 0 };
/** Settings hold 63 bits each. */
const KEY_PARTS = 4;

/** The board of a database. @throws NodeError as `Pool.query` */
export async function openUsageBoard(pool: Pool): Promise<UsageBoard> {
  const key = Buffer.alloc(8 * KEY_PARTS);
  for (let part = 0; part < KEY_PARTS; part++) {
    key.writeBigInt64BE(await settle(pool, `limit_key_${part}`, randomBytes(8).readBigUInt64BE() >> 1n), part * 8);
  }
  return new PostgresUsageBoard(pool, key);
}

class PostgresUsageBoard implements UsageBoard {
  readonly key: Uint8Array;
  readonly #pool: Pool;
  /** Names this process among those on the database. */
  readonly #process = randomBytes(8).readBigUInt64BE() >> 1n;
  readonly #heard = new Map<bigint, bigint>();
  #tick = 0n;
  #exchanges = 0;

  constructor(pool: Pool, key: Uint8Array) {
    this.#pool = pool;
    this.key = key;
  }

  async exchange(spent: readonly LimitUsage[]): Promise<readonly LimitUsage[]> {
    if (spent.length > 0) {
      const usage = JSON.stringify(spent.map(({ bucket, spent: tokens }) => [bucket, tokens]));
      await this.#pool.query(
        `INSERT INTO limit_usage (process, tick, at_ms, usage) VALUES ($1, $2, ${NOW_MS}, $3)`,
        [this.#process, ++this.#tick, usage],
        { ...ONCE, repeatable: false },
      );
    }
    const rows = await this.#pool.query<{ process: bigint; tick: bigint; usage: string }>(
      `SELECT process, tick, usage FROM limit_usage WHERE process <> $1 AND at_ms > ${NOW_MS} - ${HEARD_MS} ORDER BY process, tick`,
      [this.#process],
      ONCE,
    );
    if (this.#exchanges++ % SWEEP_EVERY === 0) {
      await this.#pool.query(`DELETE FROM limit_usage WHERE at_ms < ${NOW_MS} - ${KEPT_MS}`, [], ONCE);
      // Who has not been heard of among these is gone, or has numbered on.
      const present = new Set(rows.map(({ process }) => process));
      for (const process of this.#heard.keys()) if (!present.has(process)) this.#heard.delete(process);
    }
    return rows.flatMap((row) => (this.#isNew(row) ? read(row.usage) : []));
  }

  #isNew({ process, tick }: { readonly process: bigint; readonly tick: bigint }): boolean {
    if (tick <= (this.#heard.get(process) ?? 0n)) return false;
    this.#heard.set(process, tick);
    return true;
  }
}

function read(usage: string): readonly LimitUsage[] {
  return (JSON.parse(usage) as readonly (readonly [string, number])[]).map(([bucket, spent]) => ({ bucket, spent }));
}
