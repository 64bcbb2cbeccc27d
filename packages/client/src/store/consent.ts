/**
 * Table `consent`: what the user thinks of conversations and inboxes. Records travel between a user's installations;
 * the newer wins, by the time at which the user decided.
 */
import type { Database } from '@conclave/sqlite';
import { overValues, storedNames } from './columns.js';

/** Numbers of the device sync format (`ConsentSave`). */
export const CONSENT_STATES = storedNames('consent.state', { unknown: 1, allowed: 2, denied: 3 });
const ENTITY_TYPES = storedNames('consent.entity_type', { conversation: 1, inbox: 2 });

/** `unknown` is also what an entity without a record has. */
export type ConsentState = 'unknown' | 'allowed' | 'denied';
/** What a consent record is about. */
export type ConsentEntityType = 'conversation' | 'inbox';

/** A decision. `entity` is a group id in hex or an inbox id. */
export interface ConsentRecord {
  readonly entityType: ConsentEntityType;
  readonly entity: string;
  readonly state: ConsentState;
  readonly consentedAtNs: bigint;
}

interface Row {
  readonly entity_type: bigint;
  readonly entity: string;
  readonly state: bigint;
  readonly consented_at_ns: bigint;
}

function toRecord(row: Row): ConsentRecord {
  return {
    entityType: ENTITY_TYPES.name(row.entity_type),
    entity: row.entity,
    state: CONSENT_STATES.name(row.state),
    consentedAtNs: row.consented_at_ns,
  };
}

/** The record of an entity, if there is one. */
export function getConsentRecord(db: Database, type: ConsentEntityType, entity: string): ConsentRecord | undefined {
  const row = db
    .prepare<Row>('SELECT * FROM consent WHERE entity_type = ? AND entity = ?', { bigints: true })
    .get(ENTITY_TYPES.number(type), entity);
  return row === undefined ? undefined : toRecord(row);
}

/** The state of an entity. */
export function getConsentState(db: Database, type: ConsentEntityType, entity: string): ConsentState {
  return getConsentRecord(db, type, entity)?.state ?? 'unknown';
}

/** The states of many entities; those without a record are `unknown`. */
export function getConsentStates(
  db: Database,
  type: ConsentEntityType,
  entities: readonly string[],
): Map<string, ConsentState> {
  const states = new Map<string, ConsentState>(entities.map((entity) => [entity, 'unknown']));
  const rows = overValues(entities, (placeholders, values) =>
    db
      .prepare<Row>(`SELECT * FROM consent WHERE entity_type = ? AND entity IN (${placeholders})`, { bigints: true })
      .all(ENTITY_TYPES.number(type), ...values),
  );
  for (const row of rows) states.set(row.entity, CONSENT_STATES.name(row.state));
  return states;
}

/** All records, in the order of their key: what an archive or a new installation gets. */
export function listConsentRecords(db: Database): ConsentRecord[] {
  return db.prepare<Row>('SELECT * FROM consent ORDER BY entity_type, entity', { bigints: true }).all().map(toRecord);
}

function upsert(db: Database, record: ConsentRecord): void {
  db.prepare('INSERT OR REPLACE INTO consent (entity_type, entity, state, consented_at_ns) VALUES (?, ?, ?, ?)').run(
    ENTITY_TYPES.number(record.entityType),
    record.entity,
    CONSENT_STATES.number(record.state),
    record.consentedAtNs,
  );
}

/**
 * Stores decisions made here and now. A time not later than the stored one (a clock that was set back) is raised
 * above it, so that the decision wins on the other installations too.
 * @returns the records that changed the state, as stored: the ones to tell and to sync
 */
export function setConsent(db: Database, records: readonly ConsentRecord[]): ConsentRecord[] {
  const changed: ConsentRecord[] = [];
  for (const record of records) {
    const stored = getConsentRecord(db, record.entityType, record.entity);
    if (stored?.state === record.state) continue;
    const earliestNs = stored === undefined ? 0n : stored.consentedAtNs + 1n;
    const written = record.consentedAtNs < earliestNs ? { ...record, consentedAtNs: earliestNs } : record;
    upsert(db, written);
    if ((stored?.state ?? 'unknown') !== record.state) changed.push(written);
  }
  return changed;
}

/**
 * Takes over decisions made elsewhere (another installation, an archive) where they are newer than ours.
 * @returns the records that changed the state
 */
export function mergeConsent(db: Database, records: readonly ConsentRecord[]): ConsentRecord[] {
  const changed: ConsentRecord[] = [];
  for (const record of records) {
    const stored = getConsentRecord(db, record.entityType, record.entity);
    if (stored !== undefined && stored.consentedAtNs >= record.consentedAtNs) continue;
    upsert(db, record);
    if ((stored?.state ?? 'unknown') !== record.state) changed.push(record);
  }
  return changed;
}
