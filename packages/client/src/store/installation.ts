/** Table `installation`, one row: who this database belongs to, and its signature key. */
import type { Database } from '@conclave/sqlite';
import { nullable, present, storedNames } from './columns.js';

/** Numbers of `IdentifierKind`. */
export const IDENTIFIER_KINDS = storedNames('identifier_kind', { ethereum: 1, passkey: 2 });

/** The row. */
export interface InstallationRow {
  readonly inboxId: string;
  /** The identifier by which the inbox was opened. */
  readonly identifierKind: 'ethereum' | 'passkey';
  readonly identifier: string;
  readonly nonce: bigint;
  /** 32-byte Ed25519 seed; secret. */
  readonly signatureSeed: Uint8Array;
  readonly createdAtNs: bigint;
  /** When the inbox's log was first seen to contain this installation. */
  readonly registeredAtNs?: bigint | undefined;
  /** When the next key package is to be uploaded; undefined before the registration. */
  readonly keyPackageDueNs?: bigint | undefined;
}

/** The row, absent in a new database. */
export function getInstallation(db: Database): InstallationRow | undefined {
  const row = db
    .prepare<{
      inbox_id: string;
      identifier_kind: bigint;
      identifier: string;
      nonce: string;
      signature_seed: Uint8Array;
      created_at_ns: bigint;
      registered_at_ns: bigint | null;
      key_package_due_ns: bigint | null;
    }>('SELECT * FROM installation WHERE id = 1', { bigints: true })
    .get();
  if (row === undefined) return undefined;
  return {
    inboxId: row.inbox_id,
    identifierKind: IDENTIFIER_KINDS.name(row.identifier_kind),
    identifier: row.identifier,
    nonce: BigInt(row.nonce),
    signatureSeed: row.signature_seed,
    createdAtNs: row.created_at_ns,
    registeredAtNs: present(row.registered_at_ns),
    keyPackageDueNs: present(row.key_package_due_ns),
  };
}

/** Stores the row of a new database. */
export function insertInstallation(db: Database, row: InstallationRow): void {
  db.prepare(
    `INSERT INTO installation (id, inbox_id, identifier_kind, identifier, nonce, signature_seed, created_at_ns,
       registered_at_ns, key_package_due_ns) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    row.inboxId,
    IDENTIFIER_KINDS.number(row.identifierKind),
    row.identifier,
    // u64, of which SQLite holds only the lower half as a number.
    row.nonce.toString(),
    row.signatureSeed,
    row.createdAtNs,
    nullable(row.registeredAtNs),
    nullable(row.keyPackageDueNs),
  );
}

/** The installation is in its inbox; keeps the time of the first call. */
export function markRegistered(db: Database, atNs: bigint): void {
  db.prepare('UPDATE installation SET registered_at_ns = coalesce(registered_at_ns, ?)').run(atNs);
}

/** Sets when the next key package is due. */
export function setKeyPackageDue(db: Database, dueNs: bigint): void {
  db.prepare('UPDATE installation SET key_package_due_ns = ?').run(dueNs);
}

/** Moves the next key package forward to `dueNs`, unless it is due sooner already. Does nothing before registration. */
export function advanceKeyPackageDue(db: Database, dueNs: bigint): void {
  db.prepare('UPDATE installation SET key_package_due_ns = min(key_package_due_ns, ?)').run(dueNs);
}
