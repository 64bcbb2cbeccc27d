/** identity_updates, inboxes and associations: the identity logs and the lookup from identifiers to inboxes. */
import { equalBytes } from '@conclave/crypto';
import type { Database, Statement } from '@conclave/sqlite';
import type { ByteBudget } from '../byte-budget.js';
import type { IdentifierKey, IdentityLogEntry, IdentityUpdateEntry, InboxHead } from '../log.js';
import type { Counters } from './counters.js';

const MAX_ID = 2n ** 63n - 1n;

/** The three tables with their statements. */
export class IdentityTables {
  readonly #updates: Statement<{ sequence_id: bigint; server_timestamp_ns: bigint; identity_update: Uint8Array }>;
  readonly #head: Statement<{ sequence_id: bigint; update_count: bigint; association_state: Uint8Array }>;
  readonly #insertUpdate: Statement;
  readonly #putHead: Statement;
  readonly #associate: Statement;
  readonly #revoke: Statement;
  readonly #inboxOf: Statement<{ inbox_id: string }>;

  constructor(db: Database) {
    const bigints = { bigints: true };
    this.#updates = db.prepare(
      'SELECT sequence_id, server_timestamp_ns, identity_update FROM identity_updates WHERE inbox_id = ? AND sequence_id > ? ORDER BY sequence_id',
      bigints,
    );
    this.#head = db.prepare(
      'SELECT sequence_id, update_count, association_state FROM inboxes WHERE inbox_id = ?',
      bigints,
    );
    this.#insertUpdate = db.prepare(
      'INSERT INTO identity_updates (sequence_id, inbox_id, server_timestamp_ns, identity_update) VALUES (?, ?, ?, ?)',
    );
    this.#putHead = db.prepare(
      `INSERT INTO inboxes (inbox_id, sequence_id, update_count, association_state) VALUES (?, ?, 1, ?)
       ON CONFLICT (inbox_id) DO UPDATE SET sequence_id = excluded.sequence_id, update_count = update_count + 1,
         association_state = excluded.association_state`,
    );
    this.#associate = db.prepare(
      'INSERT INTO associations (identifier_kind, identifier, association_sequence_id, inbox_id) VALUES (?, ?, ?, ?)',
    );
    this.#revoke = db.prepare(
      `UPDATE associations SET revocation_sequence_id = ?
       WHERE identifier_kind = ? AND identifier = ? AND inbox_id = ? AND revocation_sequence_id IS NULL`,
    );
    this.#inboxOf = db.prepare(
      `SELECT inbox_id FROM associations WHERE identifier_kind = ? AND identifier = ? AND revocation_sequence_id IS NULL
       ORDER BY association_sequence_id DESC LIMIT 1`,
    );
  }

  /** @throws NodeError `node/answer-too-large` */
  updates(requests: readonly { inboxId: string; after: bigint }[], budget: ByteBudget): IdentityLogEntry[][] {
    return requests.map(({ inboxId, after }) => {
      const entries: IdentityLogEntry[] = [];
      for (const row of this.#updates.iterate(inboxId, after > MAX_ID ? MAX_ID : after)) {
        budget.take(row.identity_update.length);
        entries.push({
          sequenceId: row.sequence_id,
          serverTimestampNs: row.server_timestamp_ns,
          update: row.identity_update,
        });
      }
      return entries;
    });
  }

  head(inboxId: string): InboxHead | undefined {
    const row = this.#head.get(inboxId);
    if (row === undefined) return undefined;
    return { sequenceId: row.sequence_id, updateCount: Number(row.update_count), state: row.association_state };
  }

  /** Inside a transaction. False, with nothing written, when another update stands where this one should. */
  append(entry: IdentityUpdateEntry, counters: Counters, wallNs: bigint): boolean {
    const { inboxId, update, state, added, removed } = entry;
    if ((this.#head.get(inboxId)?.sequence_id ?? 0n) !== entry.expectedSequenceId) {
      const next = this.#updates.get(inboxId, entry.expectedSequenceId);
      return next !== undefined && equalBytes(next.identity_update, update);
    }
    const position = counters.next('identity', wallNs);
    counters.take('identity', position);
    const { id: sequenceId, createdNs } = position;
    this.#insertUpdate.run(sequenceId, inboxId, createdNs, update);
    this.#putHead.run(inboxId, sequenceId, state);
    for (const { kind, identifier } of removed) this.#revoke.run(sequenceId, kind, identifier, inboxId);
    for (const { kind, identifier } of added) this.#associate.run(kind, identifier, sequenceId, inboxId);
    return true;
  }

  inboxIds(identifiers: readonly IdentifierKey[]): (string | undefined)[] {
    return identifiers.map(({ kind, identifier }) => this.#inboxOf.get(kind, identifier)?.inbox_id);
  }
}
