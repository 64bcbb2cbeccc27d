/** commit_log: signed records of commits, append-only. */
import type { CommitLogInput, CommitLogStored, Page } from '../log.js';
import { bytesList, integerList } from './column-lists.js';
import { MAX_ID } from './message-table.js';
import type { Pool } from './pool.js';
import { shardOf } from './shards.js';
import { takeIds } from './take-ids.js';

const APPEND = `
  WITH input AS (
    SELECT * FROM unnest($2::INTEGER[], string_to_array($3, ','), string_to_array($4, ','), string_to_array($5, ','))
      WITH ORDINALITY AS i (shard, group_id, signature, entry, position)
    WHERE shard IS NOT NULL
  ),
  wanted AS (SELECT shard, count(*) AS rows FROM input GROUP BY shard),
  ${takeIds('commit-log', '$1')}
  INSERT INTO commit_log (shard, id, created_ns, group_id, signature, entry)
  SELECT i.shard, t.base_id + row_number() OVER in_order, t.base_ns + row_number() OVER in_order,
    decode(i.group_id, 'base64'), decode(i.signature, 'base64'), decode(i.entry, 'base64')
  FROM input AS i JOIN taken AS t USING (shard)
  WINDOW in_order AS (PARTITION BY i.shard ORDER BY i.position)`;

const PAGES = `
  SELECT r.ordinal, c.id, c.signature, c.entry
  FROM unnest(string_to_array($1, ','), $2::BIGINT[], $3::INTEGER[]) WITH ORDINALITY
    AS r (group_id, after, page_limit, ordinal)
  CROSS JOIN LATERAL (
    SELECT id, signature, entry FROM commit_log
    WHERE group_id = decode(r.group_id, 'base64') AND id > r.after ORDER BY id LIMIT r.page_limit
  ) AS c
  WHERE r.after IS NOT NULL ORDER BY r.ordinal, c.id`;

/** The table with its statements. */
export class CommitLogTable {
  readonly #shards: number;
  readonly #writer: Pool;
  readonly #reader: Pool;

  constructor(shards: number, writer: Pool, reader: Pool) {
    this.#shards = shards;
    this.#writer = writer;
    this.#reader = reader;
  }

  /** One transaction. It is not sent again when its connection breaks: nothing tells a record from its repetition. */
  async append(inputs: readonly CommitLogInput[], wallNs: bigint): Promise<void> {
    const parameters = [
      wallNs,
      integerList(inputs.map(({ groupId }) => shardOf(groupId, this.#shards))),
      bytesList(inputs.map(({ groupId }) => groupId)),
      bytesList(inputs.map(({ signature }) => signature)),
      bytesList(inputs.map(({ entry }) => entry)),
    ];
    await this.#writer.query(APPEND, parameters, { repeatable: false });
  }

  async pages(
    requests: readonly { readonly groupId: Uint8Array; readonly after: bigint; readonly limit: number }[],
  ): Promise<Page<CommitLogStored>[]> {
    const items = requests.map((): CommitLogStored[] => []);
    const rows = await this.#reader.query<{ ordinal: bigint; id: bigint; signature: Uint8Array; entry: Uint8Array }>(
      PAGES,
      [
        bytesList(requests.map(({ groupId }) => groupId)),
        integerList(requests.map(({ after }) => (after > MAX_ID ? MAX_ID : after))),
        integerList(requests.map(({ limit }) => limit)),
      ],
    );
    for (const { ordinal, id, signature, entry } of rows) {
      items[Number(ordinal) - 1]?.push({ sequenceId: id, signature, entry });
    }
    return items.map((page, index) => ({ items: page, full: page.length >= (requests[index]?.limit ?? 0) }));
  }
}
