/**
 * Which counter a topic's ids come from. One counter is one row that every append waits for in turn; with several, appends
 * to topics of different shards run side by side. A topic's shard never changes, since its ids must keep rising.
 */
import { NodeError } from '../../errors.js';
import type { Pool } from './pool.js';
import { settle } from './settings.js';

/** Counters per kind that a database may have. */
export const MAX_SHARDS = 64;

/** The kinds of row that have ids; identity updates come from one counter, so that the order of all of them is known. */
const SHARDED_KINDS = ['group', 'welcome', 'commit-log'] as const;

/** A sequence of ids. */
export type CounterKind = (typeof SHARDED_KINDS)[number] | 'identity';

/**
 * The shard of a topic, 0 to `shards` − 1: FNV-1a over its bytes, modulo the number of shards. Part of what is stored:
 * it must never change.
 */
export function shardOf(topic: Uint8Array, shards: number): number {
  if (shards === 1) return 0;
  let hash = 0x811c9dc5;
  for (const byte of topic) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % shards;
}

/**
 * The number of shards of this database: what it was set up with or, in a new one, what was asked for (default 1), with
 * their counters made.
 * @throws NodeError `node/shards-differ` when another number was asked for
 */
export async function settleShards(pool: Pool, asked: number | undefined): Promise<number> {
  const shards = Number(await settle(pool, 'shards', BigInt(asked ?? 1)));
  if (asked !== undefined && asked !== shards) throw new NodeError('node/shards-differ', { asked, shards });
  const names = [...SHARDED_KINDS.flatMap((kind) => Array.from({ length: shards }, (_, shard) => ({ kind, shard })))];
  for (const { kind, shard } of [...names, { kind: 'identity', shard: 0 }]) {
    await pool.query(
      `INSERT INTO counters (kind, shard, last_id, clock_ns) VALUES ($1, $2, 0, 0) ON CONFLICT (kind, shard) DO NOTHING`,
      [kind, shard],
    );
  }
  return shards;
}
