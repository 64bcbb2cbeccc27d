/**
 * One step of pruning a message table: the oldest rows of each shard from where the last step ended. Times rise with the
 * ids of a shard, so what is old stands before what is not, and no further index is needed. Several processes may prune
 * at once; what one has deleted the other does not find.
 */
import type { Pruned, PruneRequest } from '../log.js';
import type { Pool } from './pool.js';
import { settle } from './settings.js';

/** What is pruned: a table of messages, or a partition of one. */
export interface PrunedTable {
  readonly table: string;
  readonly hashTable: string;
  /** What is left alone, as a condition over `m`. */
  readonly keeps: string;
  /** Under which name the end of the last step is kept. */
  readonly mark: string;
}

// $1 shard, $2 where the last step ended, $3 rows, $4 time.
const statement = ({ table, hashTable, keeps }: PrunedTable) => `
  WITH page AS (SELECT id, created_ns FROM ${table} WHERE shard = $1 AND id > $2 ORDER BY id LIMIT $3),
  old AS (SELECT max(id) AS last FROM page WHERE created_ns < $4),
  gone AS (
    DELETE FROM ${table} AS m USING old
    WHERE m.shard = $1 AND m.id > $2 AND m.id <= old.last AND NOT ${keeps} RETURNING m.content_hash
  ),
  forgotten AS (DELETE FROM ${hashTable} WHERE content_hash IN (SELECT content_hash FROM gone))
  SELECT (SELECT last FROM old) AS last, (SELECT count(*) FROM gone) AS deleted,
    (SELECT count(*) FROM page) AS seen, (SELECT max(id) FROM page) AS end_of_page`;

interface Row {
  readonly last: bigint | null;
  readonly deleted: bigint;
  readonly seen: bigint;
  readonly end_of_page: bigint | null;
}

/** Prunes every shard by one step. */
export async function pruneMessages(
  pool: Pool,
  pruned: PrunedTable,
  shards: number,
  { beforeNs, maxRows }: Omit<PruneRequest, 'kind'>,
): Promise<Pruned> {
  const sql = statement(pruned);
  let deleted = 0;
  let done = true;
  for (let shard = 0; shard < shards; shard++) {
    const mark = `pruned_${pruned.mark}_${shard}`;
    const from = await settle(pool, mark, 0n);
    const [row] = await pool.query<Row>(sql, [shard, from, maxRows, beforeNs], { waitMs: 0 });
    if (row === undefined || row.last === null) continue;
    deleted += Number(row.deleted);
    if (row.last === row.end_of_page && Number(row.seen) === maxRows) done = false;
    // The mark only saves work: a step that is repeated from an older one finds the commits again and nothing else.
    await pool.query('UPDATE settings SET value = greatest(value, $2) WHERE name = $1', [mark, row.last], {
      waitMs: 0,
    });
  }
  return { deleted, done };
}
