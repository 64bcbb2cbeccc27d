/** GetNewestGroupMessage over group_messages: the last row of each of many groups, in one statement. */

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

/** Positional, without data, HMAC and push flag. Cost: one index probe per group. */
export async function newestHeads(pool: Pool, groupIds: readonly Uint8Array[]): Promise<(Stored | undefined)[]> {
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
  const rows = await pool.query<GroupRow & Head>(WHOLE, [bytesList(groupIds), budget.left]);
  for (const row of rows) {
    const position = { id: row.id, createdNs: row.created_ns };
    const message = encodeMessage(GROUP_SHAPE.entry(row), position);
    budget.take(message.length);
    newest[Number(row.ordinal) - 1] = { ...position, message };
  }
  return newest;
}
