/** Opens a database: chooses the engine, takes the lock, sets up encryption and pragmas, checks the key. */
import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { wipe } from '@conclave/crypto';
import type { Database, EngineName } from '../database.js';
import type { Engine, EngineConnection } from '../engine/engine.js';
import { EngineDatabase } from '../engine/engine-database.js';
import { SqliteError } from '../errors.js';
import { bestEngine, findEngine } from './engines.js';
import { acquireProcessLock, type Release } from './process-lock.js';
import { DATABASE_KEY_LENGTH, inspectFile, loadSalt, rawKeyLiteral } from './sqlcipher.js';

/** How to open. */
export interface OpenDatabaseOptions {
  /** Path of the file, or null for a database in memory (never encrypted, since it never reaches a disk). */
  readonly path: string | null;
  /** 32 bytes; encrypts. Not kept. */
  readonly key?: Uint8Array;
  /** When a commit is on the disk: FULL at once, NORMAL (default) at the next checkpoint. Neither can corrupt the file. */
  readonly synchronous?: 'NORMAL' | 'FULL';
  /** Refuses a second connection, of this or another process, as long as this one is open. */
  readonly exclusive?: boolean;
  /** With a key: false opens an unencrypted file where encryption is unavailable, and says so. Default true. */
  readonly requireEncryption?: boolean;
  /** Receives a sentence for a person when the database is not encrypted although a key was given, and one when other users can read it as it is. */
  readonly onNotice?: (sentence: string) => void;
  /** Insists on one engine, for tests and comparisons. Default: the best that is present. */
  readonly engine?: EngineName;
}

const BUSY_TIMEOUT_MS = 5000;
const JOURNAL_SIZE_LIMIT_BYTES = 64 * 1024 * 1024;
/** Bits of a file's mode: readable by its group, or by everybody. */
const OTHERS_MAY_READ = 0o044;

/**
 * Opens or creates a database in WAL mode.
 *
 * @throws SqliteError `sqlite/wrong-key`, `sqlite/locked-by-another-process`, `sqlite/encryption-unavailable`,
 * `sqlite/cannot-open`, `sqlite/corrupt`, `sqlite/busy`; `sqlite/misuse` when the key is not 32 bytes
 */
export function openDatabase(options: OpenDatabaseOptions): Database {
  const { key } = options;
  if (key !== undefined && key.length !== DATABASE_KEY_LENGTH) {
    throw new SqliteError('sqlite/misuse', { reason: 'the key is not 32 bytes', length: key.length });
  }
  const engine = options.engine === undefined ? bestEngine() : findEngine(options.engine);
  if (engine === undefined) throw new SqliteError('sqlite/cannot-open', { reason: 'no SQLite engine is installed' });
  try {
    return options.path === null ? openMemory(engine, options) : openFile(engine, resolve(options.path), options);
  } catch (error) {
    throw error instanceof SqliteError ? error : engine.translate(error);
  }
}

function openMemory(engine: Engine, options: OpenDatabaseOptions): Database {
  const details = { path: ':memory:', encrypted: false, onClose: () => undefined };
  return configure(engine, engine.open(null), options, details);
}

function openFile(engine: Engine, path: string, options: OpenDatabaseOptions): Database {
  const onClose = options.exclusive || engine.singleConnection ? acquireProcessLock(engine, path) : () => undefined;
  let connection: EngineConnection | undefined;
  try {
    const encrypted = shouldEncrypt(engine, path, options);
    createPrivately(path);
    if (!encrypted) tellOfReaders(path, options);
    // Of an owner that crashed: ours is the only connection, the lock says.
    if (engine.singleConnection) rmSync(`${path}.lock`, { recursive: true, force: true });
    connection = encrypted ? openWithKey(engine, path, options.key as Uint8Array) : engine.open(path);
    return configure(engine, connection, options, { path, encrypted, onClose });
  } catch (error) {
    closeQuietly(connection);
    onClose();
    throw error;
  }
}

/** Decides from key, engine and file; tells the caller when a key was given and the answer is no. */
function shouldEncrypt(engine: Engine, path: string, options: OpenDatabaseOptions): boolean {
  const state = inspectFile(path);
  if (options.key === undefined) {
    if (state === 'encrypted')
      throw new SqliteError('sqlite/wrong-key', { reason: 'the file is encrypted, no key was given' });
    return false;
  }
  const available = engine.openEncrypted !== undefined;
  if (available && state !== 'plain') return true;
  if (state === 'encrypted' || (!available && options.requireEncryption !== false)) {
    throw new SqliteError('sqlite/encryption-unavailable', { engine: engine.name });
  }
  if (options.requireEncryption !== false)
    throw new SqliteError('sqlite/wrong-key', { reason: 'the file is not encrypted' });
  options.onNotice?.(
    available
      ? `The database ${path} was created without encryption and stays readable to anyone who can read the file.`
      : `The database ${path} is not encrypted: the engine ${engine.name} cannot encrypt. Install better-sqlite3-multiple-ciphers to change that.`,
  );
  return false;
}

/** A new file is for its user alone, encrypted or not, and the files that SQLite makes beside it take its mode. One that is there keeps its own. */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    const reason = String((cause as NodeJS.ErrnoException).code);
    throw new SqliteError(
      reason === 'EACCES' || reason === 'EROFS' ? 'sqlite/read-only' : 'sqlite/cannot-open',
      { reason },
      cause,
    );
  }
}

/** Who may read a file is its owner's decision, which others may rely on; but he is told. Where a system has no such modes there is nothing to tell. */
function tellOfReaders(path: string, { onNotice }: OpenDatabaseOptions): void {
  if (process.platform === 'win32' || (statSync(path).mode & OTHERS_MAY_READ) === 0) return;
  onNotice?.(
    `The database ${path} is not encrypted, and other users of this machine can read it. Run "chmod 600" on it, and on the files beside it whose names begin with its own.`,
  );
}

function openWithKey(engine: Engine, path: string, key: Uint8Array): EngineConnection {
  const rawKey = rawKeyLiteral(key, loadSalt(path, inspectFile(path)));
  try {
    return (engine.openEncrypted as NonNullable<Engine['openEncrypted']>)(path, rawKey);
  } finally {
    wipe(rawKey);
  }
}

function configure(
  engine: Engine,
  connection: EngineConnection,
  { synchronous = 'NORMAL' }: OpenDatabaseOptions,
  details: { path: string; encrypted: boolean; onClose: Release },
): Database {
  connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  // Without shared memory the write-ahead log works only in this mode, and it must be set before the first read.
  if (engine.singleConnection) connection.exec('PRAGMA locking_mode = EXCLUSIVE');
  readSchema(engine, connection, details.encrypted);
  connection.exec('PRAGMA journal_mode = WAL');
  connection.exec(`PRAGMA synchronous = ${synchronous}`);
  connection.exec(`PRAGMA journal_size_limit = ${JOURNAL_SIZE_LIMIT_BYTES}`);
  connection.exec('PRAGMA foreign_keys = ON');
  connection.exec('PRAGMA secure_delete = ON');
  // Temporary tables and sorts would reach the disk unencrypted.
  connection.exec('PRAGMA temp_store = MEMORY');
  return new EngineDatabase(engine, connection, details);
}

/** The first read is where a wrong key shows. */
function readSchema(engine: Engine, connection: EngineConnection, encrypted: boolean): void {
  try {
    connection.exec('SELECT count(*) FROM sqlite_schema');
  } catch (error) {
    const translated = engine.translate(error);
    throw encrypted && translated.code === 'sqlite/corrupt'
      ? new SqliteError('sqlite/wrong-key', {}, error)
      : translated;
  }
}

function closeQuietly(connection: EngineConnection | undefined): void {
  try {
    connection?.close();
  } catch {
    // The error that led here says more.
  }
}
