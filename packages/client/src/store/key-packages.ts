/**
 * Table `key_packages`: the private parts of key packages that welcomes may still name. A superseded one stays for a
 * while (`delete_at_ns`) and is then deleted with its keys; the file is overwritten (`secure_delete`).
 */
import { equalBytes, wipe } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { nullable, present } from './columns.js';

/** A key package and its keys. */
export interface KeyPackageRow {
  /** KeyPackageRef of RFC 9420 section 5.2, 32 bytes: how an MLS Welcome names it. */
  readonly ref: Uint8Array;
  /** TLS KeyPackage, public. */
  readonly keyPackage: Uint8Array;
  /** 32 bytes; how a welcome in Curve25519 wrapping names it. */
  readonly initPublicKey: Uint8Array;
  readonly initPrivateKey: Uint8Array;
  readonly encryptionPrivateKey: Uint8Array;
  /** X-Wing, 1216 bytes; how a welcome in X-Wing wrapping names it. */
  readonly wrapperPublicKey: Uint8Array;
  /** X-Wing, 32 bytes. */
  readonly wrapperSeed: Uint8Array;
  readonly createdAtNs: bigint;
  readonly uploadedAtNs?: bigint | undefined;
  /** Undefined while it is the newest. */
  readonly deleteAtNs?: bigint | undefined;
}

/** What of a key package is no secret. */
export type PublicKeyPackage = Omit<KeyPackageRow, 'initPrivateKey' | 'encryptionPrivateKey' | 'wrapperSeed'>;

/** Overwrites the private keys of a key package in memory. What the functions of this file give is the caller's, who does so when it is done. */
export function wipeKeyPackage({ initPrivateKey, encryptionPrivateKey, wrapperSeed }: KeyPackageRow): void {
  wipe(initPrivateKey, encryptionPrivateKey, wrapperSeed);
}

interface Row {
  readonly ref: Uint8Array;
  readonly key_package: Uint8Array;
  readonly init_public_key: Uint8Array;
  readonly init_private_key: Uint8Array;
  readonly encryption_private_key: Uint8Array;
  readonly wrapper_public_key: Uint8Array;
  readonly wrapper_seed: Uint8Array;
  readonly created_at_ns: bigint;
  readonly uploaded_at_ns: bigint | null;
  readonly delete_at_ns: bigint | null;
}

type PublicRow = Omit<Row, 'init_private_key' | 'encryption_private_key' | 'wrapper_seed'>;

function toKeyPackageRow(row: Row): KeyPackageRow {
  return {
    ...toPublicKeyPackage(row),
    initPrivateKey: row.init_private_key,
    encryptionPrivateKey: row.encryption_private_key,
    wrapperSeed: row.wrapper_seed,
  };
}

function toPublicKeyPackage(row: PublicRow): PublicKeyPackage {
  return {
    ref: row.ref,
    keyPackage: row.key_package,
    initPublicKey: row.init_public_key,
    wrapperPublicKey: row.wrapper_public_key,
    createdAtNs: row.created_at_ns,
    uploadedAtNs: present(row.uploaded_at_ns),
    deleteAtNs: present(row.delete_at_ns),
  };
}

/** Stores a new key package. Call it before anybody else can know the package. */
export function insertKeyPackage(db: Database, row: KeyPackageRow): void {
  db.prepare(
    `INSERT INTO key_packages (ref, key_package, init_public_key, init_private_key, encryption_private_key,
       wrapper_public_key, wrapper_seed, created_at_ns, uploaded_at_ns, delete_at_ns)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    row.ref,
    row.keyPackage,
    row.initPublicKey,
    row.initPrivateKey,
    row.encryptionPrivateKey,
    row.wrapperPublicKey,
    row.wrapperSeed,
    row.createdAtNs,
    nullable(row.uploadedAtNs),
    nullable(row.deleteAtNs),
  );
}

function getBy(db: Database, column: 'ref' | 'init_public_key' | 'wrapper_public_key', value: Uint8Array) {
  const row = db.prepare<Row>(`SELECT * FROM key_packages WHERE ${column} = ?`, { bigints: true }).get(value);
  return row === undefined ? undefined : toKeyPackageRow(row);
}

/** By the reference inside an MLS Welcome. */
export function getKeyPackageByRef(db: Database, ref: Uint8Array): KeyPackageRow | undefined {
  return getBy(db, 'ref', ref);
}

/**
 * Finds key packages for a Welcome, whose author may have named hundreds of thousands of other people's: all references are read once, so that
 * those cost no query. For the length of one call.
 */
export function keyPackageLookup(db: Database): (ref: Uint8Array) => KeyPackageRow | undefined {
  const own = db
    .prepare<Pick<Row, 'ref'>>('SELECT ref FROM key_packages')
    .all()
    .map(({ ref }) => ref);
  return (ref) => (own.some((each) => equalBytes(each, ref)) ? getKeyPackageByRef(db, ref) : undefined);
}

/** By the key that a welcome was wrapped to. */
export function getKeyPackageByWrapperKey(
  db: Database,
  algorithm: 'curve25519' | 'xwing',
  publicKey: Uint8Array,
): KeyPackageRow | undefined {
  return getBy(db, algorithm === 'xwing' ? 'wrapper_public_key' : 'init_public_key', publicKey);
}

/** The newest key package that nothing supersedes, uploaded or not: in the order of insertion, since clocks are set back. */
export function getCurrentKeyPackage(db: Database): PublicKeyPackage | undefined {
  const row = db
    .prepare<PublicRow>(
      `SELECT ref, key_package, init_public_key, wrapper_public_key, created_at_ns, uploaded_at_ns, delete_at_ns
         FROM key_packages WHERE delete_at_ns IS NULL ORDER BY rowid DESC LIMIT 1`,
      { bigints: true },
    )
    .get();
  return row === undefined ? undefined : toPublicKeyPackage(row);
}

/** The node has it. */
export function markKeyPackageUploaded(db: Database, ref: Uint8Array, atNs: bigint): void {
  db.prepare('UPDATE key_packages SET uploaded_at_ns = ? WHERE ref = ?').run(atNs, ref);
}

/** Every other key package gets this end, unless it has an earlier one. */
export function supersedeKeyPackages(db: Database, currentRef: Uint8Array, deleteAtNs: bigint): void {
  db.prepare(
    'UPDATE key_packages SET delete_at_ns = ? WHERE ref <> ? AND (delete_at_ns IS NULL OR delete_at_ns > ?)',
  ).run(deleteAtNs, currentRef, deleteAtNs);
}

/** Deletes what has passed its end. @returns how many */
export function deleteExpiredKeyPackages(db: Database, nowNs: bigint): number {
  return db.prepare('DELETE FROM key_packages WHERE delete_at_ns <= ?').run(nowNs).changes;
}

/** Deletes all but the newest ones, whatever their end. @returns how many were deleted */
export function keepNewestKeyPackages(db: Database, count: number): number {
  return db
    .prepare(
      `DELETE FROM key_packages WHERE ref NOT IN (
         SELECT ref FROM key_packages ORDER BY rowid DESC LIMIT ?)`,
    )
    .run(count).changes;
}

/** When the last superseded key package is to be deleted. */
export function lastKeyPackageDeletion(db: Database): bigint | undefined {
  const row = db
    .prepare<{ last: bigint | null }>('SELECT max(delete_at_ns) AS last FROM key_packages', { bigints: true })
    .get();
  return row?.last ?? undefined;
}

/** When the next superseded key package is to be deleted. */
export function nextKeyPackageDeletion(db: Database): bigint | undefined {
  const row = db
    .prepare<{ next: bigint | null }>(
      'SELECT min(delete_at_ns) AS next FROM key_packages WHERE delete_at_ns IS NOT NULL',
      { bigints: true },
    )
    .get();
  return row?.next ?? undefined;
}
