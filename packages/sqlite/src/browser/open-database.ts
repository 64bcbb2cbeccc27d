/** Opening databases on the WebAssembly engine: the settings that every connection gets, and the wrong key told from a damaged file. */
import { wipe } from '@conclave/crypto';
import type { Database, SqlValue } from '../database.js';
import type { Engine, EngineConnection } from '../engine/engine.js';
import { EngineDatabase } from '../engine/engine-database.js';
import { SqliteError } from '../errors.js';
import { fillNew } from './new-file.js';

/** Bytes of a database key. */
const KEY_LENGTH = 32;
/** Bytes of a page of a new file. The module is built for twice as many, of which whoever stores a message would encrypt and write twice as much. */
const PAGE_BYTES = 4096;
/** Bytes that the write-ahead log keeps after a checkpoint. */
const JOURNAL_SIZE_LIMIT_BYTES = 4 * 1024 * 1024;
const HEX = '0123456789abcdef';

/** What is opened. */
export interface OpenOptions {
  /** Null: in memory, unencrypted. */
  readonly path: string | null;
  /** 32 bytes: the file is encrypted. */
  readonly key?: Uint8Array;
  /** `MEMORY` where a VFS stores each transaction whole by itself; default a write-ahead log. */
  readonly journal?: 'WAL' | 'MEMORY';
  /** What an empty encrypted file becomes a copy of (`new-file.ts`). */
  readonly image?: Uint8Array | undefined;
  readonly onClose?: () => void;
}

/**
 * Opens a database.
 * @throws SqliteError `sqlite/wrong-key`, `sqlite/corrupt`, `sqlite/cannot-open`, `sqlite/full`, `sqlite/misuse`
 */
export function openOn(
  engine: Engine,
  { path, key, journal = 'WAL', image, onClose = () => {} }: OpenOptions,
): Database {
  const encrypted = path !== null && key !== undefined;
  let connection: EngineConnection | undefined;
  try {
    connection = encrypted ? openWithKey(engine, path, key) : engine.open(path);
    const isEmpty = configure(connection, encrypted, journal);
    if (isEmpty && encrypted && image !== undefined) fillNew(connection, image, journal);
  } catch (error) {
    connection?.close();
    throw engine.translate(error);
  }
  return new EngineDatabase(engine, connection, { path: path ?? ':memory:', encrypted, onClose });
}

function openWithKey(engine: Engine, path: string, key: Uint8Array): EngineConnection {
  if (key.length !== KEY_LENGTH) throw new SqliteError('sqlite/misuse', { reason: 'the key is not 32 bytes' });
  const rawKey = rawKeyOf(key);
  try {
    return (engine.openEncrypted as NonNullable<Engine['openEncrypted']>)(path, rawKey);
  } finally {
    wipe(rawKey);
  }
}

/** `raw:` and the key in hex: taken as it is, without derivation from a password. Byte by byte, because a string could not be wiped. */
function rawKeyOf(key: Uint8Array): Uint8Array {
  const raw = new Uint8Array(4 + 2 * key.length);
  raw.set([0x72, 0x61, 0x77, 0x3a]);
  key.forEach((byte, i) => {
    raw[4 + 2 * i] = HEX.charCodeAt(byte >> 4);
    raw[5 + 2 * i] = HEX.charCodeAt(byte & 15);
  });
  return raw;
}

/** @returns whether there are no tables */
function configure(connection: EngineConnection, encrypted: boolean, journal: 'WAL' | 'MEMORY'): boolean {
  // Of one that is there already, nothing changes.
  connection.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
  // There is no shared memory between workers: the write-ahead log works with one connection, which must be said before the first read.
  connection.exec('PRAGMA locking_mode = EXCLUSIVE');
  let isEmpty = false;
  try {
    isEmpty = countTables(connection) === 0;
  } catch (error) {
    // A wrong key is noticed here, and looks like a damaged file.
    const isUnreadable = error instanceof SqliteError && error.code === 'sqlite/corrupt';
    throw encrypted && isUnreadable ? new SqliteError('sqlite/wrong-key', {}, error) : error;
  }
  // Nothing can be lost of a new file: it needs no journal on the disk for becoming one with a log, which takes two syncs more.
  if (isEmpty) connection.exec('PRAGMA journal_mode = MEMORY');
  connection.exec(`PRAGMA journal_mode = ${journal}`);
  connection.exec('PRAGMA synchronous = NORMAL');
  connection.exec(`PRAGMA journal_size_limit = ${JOURNAL_SIZE_LIMIT_BYTES}`);
  connection.exec('PRAGMA foreign_keys = ON');
  connection.exec('PRAGMA secure_delete = ON');
  connection.exec('PRAGMA temp_store = MEMORY');
  return isEmpty;
}

function countTables(connection: EngineConnection): number {
  const statement = connection.prepare('SELECT count(*) FROM sqlite_schema', { bigints: false, arrays: true });
  try {
    return Number((statement.get([]) as SqlValue[] | undefined)?.[0]);
  } finally {
    statement.release();
  }
}
