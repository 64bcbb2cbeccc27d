/** Engine: better-sqlite3-multiple-ciphers, a native addon, the only engine here that encrypts. */
import { createRequire } from 'node:module';
import type BetterSqlite3 from 'better-sqlite3-multiple-ciphers';
import type { SqlValue } from '../database.js';
import type { Engine, EngineConnection, EnginePrepareOptions, EngineRow, EngineStatement } from '../engine/engine.js';
import { errorOfCodeName } from '../engine/result-codes.js';
import { SqliteError } from '../errors.js';

type Native = BetterSqlite3.Database;

/** The addon, or undefined where it is not installed or not built for this Node. */
export function loadBetterSqlite3(): Engine | undefined {
  let Constructor: new (path: string) => Native;
  try {
    Constructor = createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof Constructor;
    // The package loads its native part only now.
    new Constructor(':memory:').close();
  } catch {
    return undefined;
  }
  return {
    name: 'better-sqlite3-multiple-ciphers',
    singleConnection: false,
    open: (path) => new Connection(new Constructor(path ?? ':memory:')),
    openEncrypted: (path, rawKey) => {
      const native = new Constructor(path);
      // SQLCipher 4, with the first half of the file header readable, as the deployed client writes it.
      native.pragma("cipher = 'sqlcipher'");
      native.pragma('legacy = 4');
      native.pragma('plaintext_header_size = 32');
      // Not `PRAGMA key`: a key in SQL text could not be wiped.
      native.key(Buffer.from(rawKey.buffer, rawKey.byteOffset, rawKey.byteLength));
      return new Connection(native);
    },
    translate,
  };
}

function translate(error: unknown): SqliteError {
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && code.startsWith('SQLITE_')) return errorOfCodeName(code, error);
  if (error instanceof Error && error.message.includes('directory does not exist')) {
    return new SqliteError('sqlite/cannot-open', { reason: 'folder missing' }, error);
  }
  // TypeError and RangeError of the addon's own checks: parameters, closed connection, nested use.
  return new SqliteError('sqlite/misuse', {}, error);
}

class Connection implements EngineConnection {
  readonly #native: Native;

  constructor(native: Native) {
    this.#native = native;
  }

  get inTransaction(): boolean {
    return this.#native.inTransaction;
  }

  exec(sql: string): void {
    this.#native.exec(sql);
  }

  prepare(sql: string, { bigints, arrays }: EnginePrepareOptions): EngineStatement {
    const statement = this.#native.prepare<unknown[], EngineRow>(sql);
    if (!statement.reader) return withoutRows(statement);
    if (bigints) statement.safeIntegers(true);
    if (arrays) statement.raw(true);
    const plain = !bigints ? plainValues : arrays ? plainBlobsInOrder : plainBlobs;
    return {
      run: (params) => {
        statement.all(...params);
        return this.#native.prepare<unknown[], number>('SELECT changes()').pluck().get() as number;
      },
      get: (params) => {
        const row = statement.get(...params);
        return row === undefined ? undefined : plain(row);
      },
      all: (params) => {
        const rows = statement.all(...params);
        for (const row of rows) plain(row);
        return rows;
      },
      *iterate(params) {
        for (const row of statement.iterate(...params)) yield plain(row);
      },
      release: () => undefined,
    };
  }

  close(): void {
    this.#native.close();
  }
}

/** The addon refuses to read from a statement without result columns; the other engines find no rows. */
function withoutRows(statement: BetterSqlite3.Statement<unknown[]>): EngineStatement {
  return {
    run: (params) => statement.run(...params).changes,
    get: (params) => {
      statement.run(...params);
      return undefined;
    },
    all: (params) => {
      statement.run(...params);
      return [];
    },
    iterate: (params) => {
      statement.run(...params);
      return [].values();
    },
    release: () => undefined,
  };
}

/** A Buffer's own `slice` shares memory where callers expect a copy. */
function plainBlob(value: Uint8Array): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function plainBlobs(row: EngineRow): EngineRow {
  const columns = row as Record<string, SqlValue>;
  for (const column in columns) {
    const value = columns[column] as SqlValue;
    if (value instanceof Uint8Array) columns[column] = plainBlob(value);
  }
  return row;
}

function plainBlobsInOrder(row: EngineRow): EngineRow {
  const columns = row as SqlValue[];
  for (let i = 0; i < columns.length; i++) {
    const value = columns[i];
    if (typeof value === 'object' && value !== null) columns[i] = plainBlob(value);
  }
  return row;
}

/** Of rows by name and of rows in order: `for … in` gives the places of an array. */
function plainValues(row: EngineRow): EngineRow {
  const columns = row as Record<string, SqlValue>;
  for (const column in columns) {
    const value = columns[column] as SqlValue;
    if (value instanceof Uint8Array) columns[column] = plainBlob(value);
    else if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      // The addon rounds such an INTEGER without a word.
      throw new SqliteError('sqlite/misuse', { reason: 'integer beyond 2^53 read without bigints', column });
    }
  }
  return row;
}
