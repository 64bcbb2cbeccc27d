/**
 * Table `rejected_envelopes`: what was passed because it can never be used, with the reason. Bounded per topic, so
 * that somebody who floods a group with garbage does not fill the disk of its members.
 */
import { fromHex, toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { nullable, present, storedNames } from './columns.js';

const KINDS = storedNames('rejected_envelopes.kind', { welcome: 1, group: 2 });

/** Newest rejections kept per topic. */
export const MAX_REJECTED_PER_TOPIC = 200;

/** An envelope that was given up. */
export interface RejectedEnvelope {
  /** Group id, or installation id for welcomes; lower-case hex. */
  readonly topic: string;
  readonly kind: 'welcome' | 'group';
  readonly sequenceId: bigint;
  /** Code of the error, of whatever package. */
  readonly code: string;
  /** Name of the rule that was broken, where the error names one. */
  readonly rule?: string | undefined;
  readonly rejectedAtNs: bigint;
}

/** Records a rejection, once per envelope, and drops the oldest beyond the bound. */
export function insertRejectedEnvelope(db: Database, rejected: RejectedEnvelope): void {
  const topic = fromHex(rejected.topic);
  const kind = KINDS.number(rejected.kind);
  const { changes } = db
    .prepare(
      `INSERT OR IGNORE INTO rejected_envelopes (topic, kind, sequence_id, code, rule, rejected_at_ns)
       VALUES (?, ?, ?, ?, ?, ?)`,
    )
    .run(topic, kind, rejected.sequenceId, rejected.code, nullable(rejected.rule), rejected.rejectedAtNs);
  if (changes === 0) return;
  db.prepare(
    `DELETE FROM rejected_envelopes WHERE topic = ? AND kind = ? AND sequence_id <=
       (SELECT sequence_id FROM rejected_envelopes WHERE topic = ? AND kind = ?
        ORDER BY sequence_id DESC LIMIT 1 OFFSET ${MAX_REJECTED_PER_TOPIC})`,
  ).run(topic, kind, topic, kind);
}

/** Rejections of one topic, oldest first. */
export function listRejectedEnvelopes(db: Database, topic: string): RejectedEnvelope[] {
  return db
    .prepare<{
      topic: Uint8Array;
      kind: bigint;
      sequence_id: bigint;
      code: string;
      rule: string | null;
      rejected_at_ns: bigint;
    }>('SELECT * FROM rejected_envelopes WHERE topic = ? ORDER BY kind, sequence_id', { bigints: true })
    .all(fromHex(topic))
    .map((row) => ({
      topic: toHex(row.topic),
      kind: KINDS.name(row.kind),
      sequenceId: row.sequence_id,
      code: row.code,
      rule: present(row.rule),
      rejectedAtNs: row.rejected_at_ns,
    }));
}
