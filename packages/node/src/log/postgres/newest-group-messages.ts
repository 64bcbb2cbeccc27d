/** GetNewestGroupMessage over group_messages: the last row of each of many groups, in one statement. */

import type { NodeLimits } from '../../limits.js';
import type { ByteBudget } from '../byte-budget.js';
import { encodeGroupMessageHead, encodeMessage } from '../encode-message.js';
import type { Stored } from '../log.js';
import { bytesList } from './column-lists.js';
import { GROUP_SHAPE, type GroupRow } from './message-shapes.js';
import type { Pool } from './pool.js';

const HEADS = `
  SELECT g.ordinal, m.id, m.created_ns, m.is_commit
  FROM unnest(string_to_array($1, ',')) WITH ORDINALITY AS g (group_id, ordinal)
  CROSS JOIN LATERAL (
    SELECT id, created_ns, is_commit FROM group_messages
    WHERE group_id = decode(g.group_id, 'base64') ORDER BY id DESC LIMIT 1
  ) AS m`;

/** Stops behind the row that uses up the bytes; the budget then refuses the answer. */
const WHOLE = `
  SELECT * FROM (
    SELECT g.ordinal, m.*, sum(octet_length(m.data)) OVER (ORDER BY g.ordinal) AS bytes
    FROM unnest(string_to_array($1, ',')) WITH ORDINALITY AS g (group_id, ordinal)
    CROSS JOIN LATERAL (
      SELECT id, created_ns, group_id AS topic, is_commit, should_push, sender_hmac, data FROM group_messages
      WHERE group_id = decode(g.group_id, 'base64') ORDER BY id DESC LIMIT 1
    ) AS m
  ) AS measured WHERE bytes - octet_length(data) <= $2::BIGINT`;

interface Head {
  readonly ordinal: bigint;
  readonly id: bigint;
  readonly created_ns: bigint;
  readonly is_commit: boolean;
}

interface Asked {
  readonly groupIds: readonly Uint8Array[];
  resolve(newest: (Stored | undefined)[]): void;
  reject(error: unknown): void;
}

/** Newest messages without data, HMAC and push flag. What one turn of the event loop asks is one statement. */
export class NewestHeads {
  readonly #pool: Pool;
  readonly #limits: Pick<NodeLimits, 'lookupsPerCall'>;
  #waiting: Asked[] = [];

  constructor(pool: Pool, limits: Pick<NodeLimits, 'lookupsPerCall'>) {
    this.#pool = pool;
    this.#limits = limits;
  }

  /** Positional. Cost: one index probe per group. */
  read(groupIds: readonly Uint8Array[]): Promise<(Stored | undefined)[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ groupIds, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#ask());
    });
  }

  /** Questions together, as many as stay within what a single one may name, and at least one. */
  #ask(): void {
    let together: Asked[] = [];
    let groups = 0;
    for (const asked of this.#waiting.splice(0)) {
      if (together.length > 0 && groups + asked.groupIds.length > this.#limits.lookupsPerCall) {
        void this.#answer(together);
        together = [];
        groups = 0;
      }
      together.push(asked);
      groups += asked.groupIds.length;
    }
    void this.#answer(together);
  }

  /** Never rejects. */
  async #answer(together: readonly Asked[]): Promise<void> {
    try {
      const newest = await readHeads(
        this.#pool,
        together.flatMap(({ groupIds }) => groupIds),
      );
      let end = 0;
      for (const { groupIds, resolve } of together) {
        end += groupIds.length;
        resolve(newest.slice(end - groupIds.length, end));
      }
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }
}

async function readHeads(pool: Pool, groupIds: readonly Uint8Array[]): Promise<(Stored | undefined)[]> {
  const newest = new Array<Stored | undefined>(groupIds.length).fill(undefined);
  for (const row of await pool.query<Head>(HEADS, [bytesList(groupIds)])) {
    const index = Number(row.ordinal) - 1;
    const position = { id: row.id, createdNs: row.created_ns };
    const entry = { topic: groupIds[index] as Uint8Array, isCommit: row.is_commit };
    newest[index] = { ...position, message: encodeGroupMessageHead(entry, position) };
  }
  return newest;
}

/**
 * Positional, whole.
 * @throws NodeError `node/answer-too-large`
 */
export async function newestMessages(
  pool: Pool,
  groupIds: readonly Uint8Array[],
  budget: ByteBudget,
): Promise<(Stored | undefined)[]> {
  const newest = new Array<Stored | undefined>(groupIds.length).fill(undefined);
  const rows = await pool.query<GroupRow & Head & { topic: Uint8Array; data: Uint8Array }>(WHOLE, [
    bytesList(groupIds),
    budget.left,
  ]);
  for (const row of rows) {
    const position = { id: row.id, createdNs: row.created_ns };
    const message = encodeMessage(GROUP_SHAPE.entry(row, row.topic, row.data), position);
    budget.take(message.length);
    newest[Number(row.ordinal) - 1] = { ...position, message };
  }
  return newest;
}
