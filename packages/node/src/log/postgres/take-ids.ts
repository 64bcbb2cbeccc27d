/**
 * Ids and times for new rows, as the middle part of a statement: common table expressions between `wanted` (shard, rows),
 * which the caller defines, and whatever inserts rows.
 *
 * The row of a counter is locked until the statement's transaction ends. Whoever comes next waits for the commit, so ids
 * become visible in their own order, whichever process gave them: a reader at `id > last` misses nothing. Counters are
 * locked in the order of the shards, so that two statements which need several never wait for each other.
 *
 * `taken` has a row per shard: `base_id` and `base_ns`, to which the rows add 1, 2, 3 … in their order.
 */
import type { CounterKind } from './shards.js';

/** The expressions; `wallNsParameter` is the placeholder of the writer's clock, which `clock_ns` never follows backwards. */
export function takeIds(kind: CounterKind, wallNsParameter: string): string {
  return `
    locked AS MATERIALIZED (
      SELECT shard FROM counters WHERE kind = '${kind}' AND shard IN (SELECT shard FROM wanted) ORDER BY shard FOR UPDATE
    ),
    taken AS (
      UPDATE counters AS c
      SET last_id = c.last_id + w.rows, clock_ns = greatest(c.clock_ns + 1, ${wallNsParameter}::BIGINT) + w.rows - 1
      FROM wanted AS w JOIN locked USING (shard)
      WHERE c.kind = '${kind}' AND c.shard = w.shard
      RETURNING c.shard, c.last_id - w.rows AS base_id, c.clock_ns - w.rows AS base_ns
    )`;
}
