/** The client's database file: where it lies, how its key is written, what is said when it cannot be encrypted. */
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { deployedInboxId, readSchemaVersion, SCHEMA_VERSION } from '@conclave/client';
import { fromHex, toHex } from '@conclave/crypto';
import { type HexString, isHexString, SdkError, type XmtpEnv } from '@conclave/sdk';
import { type Database, SqliteError } from '@conclave/sqlite';
import { openDatabase } from '@conclave/sqlite/node';
import type { ClientOptions } from '../options.js';

const NO_KEY =
  'The database of this client is not encrypted, because no dbEncryptionKey was given: whoever can read its file can read all messages and act as this installation.';

/** Path of the database of an inbox, or null for one in memory. */
export function databasePathOf(options: ClientOptions, env: XmtpEnv, inboxId: string): string | null {
  const { dbPath } = options;
  if (dbPath === null) return null;
  if (typeof dbPath === 'function') return dbPath(inboxId);
  return dbPath ?? join(process.cwd(), `xmtp-${env}-${inboxId}.db3`);
}

/** @throws SdkError `sdk/bad-option` on a key that is not 32 bytes, SqliteError when the file cannot be opened */
export function openClientDatabase(path: string | null, options: ClientOptions): Database {
  const key = databaseKey(options.dbEncryptionKey);
  // In memory nothing reaches a disk.
  if (path !== null && key === undefined && options.requireEncryption === true) {
    throw new SdkError('sdk/bad-option', {
      option: 'dbEncryptionKey',
      expected: 'a key, because requireEncryption is set',
    });
  }
  const onNotice = options.onNotice ?? noticeOnce;
  if (path !== null && key === undefined) onNotice(NO_KEY);
  const db = openDatabase({
    path,
    exclusive: path !== null,
    ...(key === undefined ? {} : { key }),
    requireEncryption: options.requireEncryption ?? key !== undefined,
    onNotice,
  });
  try {
    if (path !== null) backUpBeforeMigration(db, resolve(path));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * A file of an earlier version is copied, as it is, to `PATH.v1` (its version) before anything in it is changed. The lock keeps everybody else
 * away meanwhile.
 * @throws SqliteError `sqlite/cannot-open` when the copy cannot be written: then nothing is migrated
 */
function backUpBeforeMigration(db: Database, path: string): void {
  const suffix = backupSuffix(db);
  const backup = `${path}${suffix}`;
  if (suffix === undefined || existsSync(backup)) return;
  db.pragma('wal_checkpoint(TRUNCATE)');
  try {
    const salt = `${path}.sqlcipher_salt`;
    if (existsSync(salt)) copyFileSync(salt, `${backup}.sqlcipher_salt`);
    // Under its name only when it is whole.
    copyFileSync(path, `${backup}.part`);
    chmodSync(`${backup}.part`, 0o600);
    renameSync(`${backup}.part`, backup);
  } catch (cause) {
    const reason = `the backup before the migration: ${String((cause as NodeJS.ErrnoException).code)}`;
    throw new SqliteError('sqlite/cannot-open', { reason }, cause);
  }
}

/** Undefined when nothing is going to be changed. */
function backupSuffix(db: Database): string | undefined {
  if (deployedInboxId(db) !== undefined) return '.libxmtp';
  const version = readSchemaVersion(db);
  return version === 0 || version >= SCHEMA_VERSION ? undefined : `.v${version}`;
}

/**
 * The same for two clients that name one file and one key; undefined for a database in memory.
 * @throws SdkError `sdk/bad-option` on a key that is not 32 bytes
 */
export function shareNameOf(path: string | null, options: ClientOptions): string | undefined {
  if (path === null) return undefined;
  const key = databaseKey(options.dbEncryptionKey);
  const fingerprint = key === undefined ? 'plain' : toHex(createHash('sha256').update(key).digest());
  return `${fingerprint} ${resolve(path)}`;
}

function databaseKey(key: Uint8Array | HexString | undefined): Uint8Array | undefined {
  if (key === undefined) return undefined;
  const bytes = typeof key !== 'string' ? key : isHexString(key) ? fromHex(key.slice(2)) : undefined;
  if (bytes?.length !== 32) throw new SdkError('sdk/bad-option', { option: 'dbEncryptionKey', expected: '32 bytes' });
  return bytes;
}

const noticed = new Set<string>();

/** Default notice: each sentence once per process, on stderr. */
export function noticeOnce(sentence: string): void {
  if (noticed.has(sentence)) return;
  noticed.add(sentence);
  process.stderr.write(`${sentence}\n`);
}
