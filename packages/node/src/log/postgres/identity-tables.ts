/**
 * identity_updates, inboxes and associations: the identity logs and the lookup from identifiers to inboxes. An append is
 * one statement which takes effect only onto the head that the update was validated against. Whether there is such a head
 * is asked with the inbox's row locked, or, for a first update, by inserting that row.
 */
import { equalBytes, utf8 } from '@conclave/crypto';
import type { ByteBudget } from '../byte-budget.js';
import type { IdentifierKey, IdentityLogEntry, IdentityUpdateEntry, InboxHead } from '../log.js';
import { bytesList, integerList } from './column-lists.js';
import { MAX_ID } from './message-table.js';
import type { Pool } from './pool.js';
import { sqlStateOf } from './postgres-error.js';
import { takeIds } from './take-ids.js';

// $1 clock, $2 inbox, $3 update, $4 state, $5 and $6 added, $7 and $8 removed, $9 expected head.
const append = (wanted: string, putHead: string) => `
  WITH wanted AS (${wanted}),
  ${takeIds('identity', '$1')},
  head AS (${putHead}),
  revoked AS (
    UPDATE associations AS a SET revocation_sequence_id = t.base_id + 1
    FROM taken AS t, unnest($7::INTEGER[], string_to_array($8, ',')) AS r (kind, identifier)
    WHERE r.kind IS NOT NULL AND a.identifier_kind = r.kind AND a.identifier = decode(r.identifier, 'base64')
      AND a.inbox_id = $2 AND a.revocation_sequence_id IS NULL
  ),
  associated AS (
    INSERT INTO associations (identifier_kind, identifier, association_sequence_id, inbox_id)
    SELECT n.kind, decode(n.identifier, 'base64'), t.base_id + 1, $2
    FROM taken AS t, unnest($5::INTEGER[], string_to_array($6, ',')) AS n (kind, identifier) WHERE n.kind IS NOT NULL
  )
  INSERT INTO identity_updates (sequence_id, server_timestamp_ns, inbox_id, identity_update)
  SELECT base_id + 1, base_ns + 1, $2, $3 FROM taken RETURNING sequence_id`;

const APPEND_FIRST = append(
  'SELECT 0 AS shard, CAST(1 AS BIGINT) AS rows WHERE $9::BIGINT = 0',
  `INSERT INTO inboxes (inbox_id, sequence_id, update_count, association_state)
   SELECT $2, base_id + 1, 1, $4 FROM taken`,
);

const APPEND_NEXT = append(
  `SELECT 0 AS shard, CAST(1 AS BIGINT) AS rows
   FROM (SELECT 1 FROM inboxes WHERE inbox_id = $2 AND sequence_id = $9 FOR UPDATE) AS expected`,
  `UPDATE inboxes SET sequence_id = t.base_id + 1, update_count = update_count + 1, association_state = $4
   FROM taken AS t WHERE inbox_id = $2`,
);

const UPDATES = `
  SELECT ordinal, sequence_id, server_timestamp_ns, identity_update FROM (
    SELECT r.ordinal, u.*, sum(octet_length(u.identity_update)) OVER (ORDER BY r.ordinal, u.sequence_id) AS bytes
    FROM unnest(string_to_array($1, ','), $2::BIGINT[]) WITH ORDINALITY AS r (inbox_id, after, ordinal)
    JOIN identity_updates AS u ON u.inbox_id = decode(r.inbox_id, 'base64') AND u.sequence_id > r.after
  ) AS measured WHERE bytes - octet_length(identity_update) <= $3::BIGINT ORDER BY ordinal, sequence_id`;

const HEAD = 'SELECT sequence_id, update_count, association_state FROM inboxes WHERE inbox_id = $1';

const INBOX_IDS = `
  SELECT r.ordinal, a.inbox_id
  FROM unnest($1::INTEGER[], string_to_array($2, ',')) WITH ORDINALITY AS r (kind, identifier, ordinal)
  CROSS JOIN LATERAL (
    SELECT inbox_id FROM associations
    WHERE identifier_kind = r.kind AND identifier = decode(r.identifier, 'base64') AND revocation_sequence_id IS NULL
    ORDER BY association_sequence_id DESC LIMIT 1
  ) AS a`;

const UNIQUE_VIOLATION = '23505';
/** The kinds are numbers of an enum; whatever else a client sends names nobody. */
const MAX_KIND = 2 ** 31 - 1;

interface UpdateRow {
  readonly ordinal: bigint;
  readonly sequence_id: bigint;
  readonly server_timestamp_ns: bigint;
  readonly identity_update: Uint8Array;
}

/** The three tables with their statements. */
export class IdentityTables {
  readonly #writer: Pool;
  readonly #reader: Pool;

  constructor(writer: Pool, reader: Pool) {
    this.#writer = writer;
    this.#reader = reader;
  }

  /** @throws NodeError `node/answer-too-large` */
  async updates(
    requests: readonly { readonly inboxId: string; readonly after: bigint }[],
    budget: ByteBudget,
  ): Promise<IdentityLogEntry[][]> {
    const updates = requests.map((): IdentityLogEntry[] => []);
    const rows = await this.#reader.query<UpdateRow>(UPDATES, [
      bytesList(requests.map(({ inboxId }) => utf8(inboxId))),
      integerList(requests.map(({ after }) => (after > MAX_ID ? MAX_ID : after))),
      budget.left,
    ]);
    for (const row of rows) {
      budget.take(row.identity_update.length);
      updates[Number(row.ordinal) - 1]?.push({
        sequenceId: row.sequence_id,
        serverTimestampNs: row.server_timestamp_ns,
        update: row.identity_update,
      });
    }
    return updates;
  }

  async head(inboxId: string): Promise<InboxHead | undefined> {
    const [row] = await this.#reader.query<{
      sequence_id: bigint;
      update_count: number;
      association_state: Uint8Array;
    }>(HEAD, [utf8(inboxId)]);
    return row && { sequenceId: row.sequence_id, updateCount: row.update_count, state: row.association_state };
  }

  /** False when another update stands where this one should. */
  async append(entry: IdentityUpdateEntry, wallNs: bigint): Promise<boolean> {
    const { inboxId, expectedSequenceId, update, state, added, removed } = entry;
    const keys = (identifiers: readonly IdentifierKey[]): [string, string] => [
      integerList(identifiers.map(({ kind }) => kind)),
      bytesList(identifiers.map(({ identifier }) => utf8(identifier))),
    ];
    const statement = expectedSequenceId === 0n ? APPEND_FIRST : APPEND_NEXT;
    const parameters = [wallNs, utf8(inboxId), update, state, ...keys(added), ...keys(removed), expectedSequenceId];
    try {
      const stored = await this.#writer.query(statement, parameters);
      if (stored.length > 0) return true;
    } catch (error) {
      if (sqlStateOf(error) !== UNIQUE_VIOLATION) throw error;
    }
    // Somebody was first. It may have been this very update, sent to another process or before a connection broke.
    const next = await this.#writer.query<{ identity_update: Uint8Array }>(
      'SELECT identity_update FROM identity_updates WHERE inbox_id = $1 AND sequence_id > $2 ORDER BY sequence_id LIMIT 1',
      [utf8(inboxId), expectedSequenceId],
    );
    return next[0] !== undefined && equalBytes(next[0].identity_update, update);
  }

  async inboxIds(identifiers: readonly IdentifierKey[]): Promise<(string | undefined)[]> {
    const found = new Array<string | undefined>(identifiers.length).fill(undefined);
    const rows = await this.#reader.query<{ ordinal: bigint; inbox_id: Uint8Array }>(INBOX_IDS, [
      integerList(identifiers.map(({ kind }) => (kind > MAX_KIND ? MAX_KIND : kind))),
      bytesList(identifiers.map(({ identifier }) => utf8(identifier))),
    ]);
    for (const { ordinal, inbox_id: inboxId } of rows) {
      found[Number(ordinal) - 1] = Buffer.from(inboxId).toString('utf8');
    }
    return found;
  }
}
