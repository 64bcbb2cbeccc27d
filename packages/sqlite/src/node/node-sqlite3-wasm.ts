/**
 * Engine: node-sqlite3-wasm, runs everywhere, slower. No encryption. Its quirks, all handled here or named in the README:
 *
 * - It locks a file by a folder `<db>.lock` that outlives a crash, so the file belongs to one connection (`singleConnection`).
 * - An error leaves a statement in a state in which its next use fails; such a statement is compiled anew.
 * - A row that is not the last leaves the statement open; `get` and a broken-off iteration close it by compiling anew.
 * - Text ends at U+0000; it is bound as U+FFFD.
 */
import { createRequire } from 'node:module';
import type * as Wasm from 'node-sqlite3-wasm';
import type { SqlValue } from '../database.js';
import type { Engine, EngineConnection, EnginePrepareOptions, EngineRow, EngineStatement } from '../engine/engine.js';
import { errorOfCodeName } from '../engine/result-codes.js';
import { SqliteError } from '../errors.js';

/** The engine gives no code, only SQLite's sentence for it (`sqlite3_errstr`), with more behind it for constraints. */
const CODE_BY_SENTENCE: readonly (readonly [sentence: string, code: string])[] = [
  ['database is locked', 'SQLITE_BUSY'],
  ['database table is locked', 'SQLITE_LOCKED'],
  ['constraint failed', 'SQLITE_CONSTRAINT'],
  ['database or disk is full', 'SQLITE_FULL'],
  ['attempt to write a readonly database', 'SQLITE_READONLY'],
  ['database disk image is malformed', 'SQLITE_CORRUPT'],
  ['file is not a database', 'SQLITE_NOTADB'],
  ['unable to open database file', 'SQLITE_CANTOPEN'],
  ['Could not open the database', 'SQLITE_CANTOPEN'],
  ['disk I/O error', 'SQLITE_IOERR'],
  ['out of memory', 'SQLITE_NOMEM'],
];

/** The wasm engine, or undefined where the package is missing. */
export function loadNodeSqlite3Wasm(): Engine | undefined {
  let Constructor: typeof Wasm.Database;
  try {
    Constructor = (createRequire(import.meta.url)('node-sqlite3-wasm') as typeof Wasm).Database;
  } catch {
    return undefined;
  }
  return {
    name: 'node-sqlite3-wasm',
    singleConnection: true,
    open: (path) => new Connection(new Constructor(path ?? ':memory:')),
    translate,
  };
}

function translate(error: unknown): SqliteError {
  const message = error instanceof Error ? error.message : '';
  const known = CODE_BY_SENTENCE.find(([sentence]) => message.includes(sentence));
  return known === undefined ? new SqliteError('sqlite/misuse', {}, error) : errorOfCodeName(known[1], error);
}

class Connection implements EngineConnection {
  readonly #native: Wasm.Database;
  #changesStatement: Wasm.Statement | undefined;

  constructor(native: Wasm.Database) {
    this.#native = native;
  }

  get inTransaction(): boolean {
    return this.#native.inTransaction;
  }

  exec(sql: string): void {
    this.#native.exec(sql);
  }

  prepare(sql: string, options: EnginePrepareOptions): EngineStatement {
    return new WasmStatement(this.#native, sql, options, () => this.#changes());
  }

  #changes(): number {
    this.#changesStatement ??= this.#native.prepare('SELECT changes() AS n');
    const [row] = this.#changesStatement.all() as { n: number }[];
    return row?.n ?? 0;
  }

  close(): void {
    this.#changesStatement?.finalize();
    this.#native.close();
  }
}

class WasmStatement implements EngineStatement {
  readonly #native: Wasm.Database;
  readonly #sql: string;
  readonly #options: EnginePrepareOptions;
  readonly #countChanges: () => number;
  #statement: Wasm.Statement | undefined;

  constructor(native: Wasm.Database, sql: string, options: EnginePrepareOptions, countChanges: () => number) {
    this.#native = native;
    this.#sql = sql;
    this.#options = options;
    this.#countChanges = countChanges;
    this.#statement = native.prepare(sql);
  }

  run(params: readonly SqlValue[]): number {
    // The engine's own `run` takes one step, which leaves a statement with RETURNING open and its changes uncounted.
    for (const _ of this.iterate(params));
    return this.#countChanges();
  }

  get(params: readonly SqlValue[]): EngineRow | undefined {
    const rows = this.iterate(params);
    const { value, done } = rows.next();
    if (done) return undefined;
    rows.return(undefined);
    return value;
  }

  all(params: readonly SqlValue[]): EngineRow[] {
    return [...this.iterate(params)];
  }

  *iterate(params: readonly SqlValue[]): Generator<EngineRow, undefined> {
    const statement = this.#ready();
    let ended = false;
    try {
      for (const row of statement.iterate(bindable(params))) yield this.#read(row as Record<string, SqlValue>);
      ended = true;
    } finally {
      if (!ended) this.release();
    }
  }

  release(): void {
    const statement = this.#statement;
    this.#statement = undefined;
    try {
      statement?.finalize();
    } catch {
      // Finalizing repeats the error of the last step, which its caller has seen.
    }
  }

  #ready(): Wasm.Statement {
    this.#statement ??= this.#native.prepare(this.#sql);
    return this.#statement;
  }

  #read(row: Record<string, SqlValue>): EngineRow {
    const { bigints, arrays } = this.#options;
    for (const column in row) {
      const value = row[column] as SqlValue;
      if (bigints) {
        if (typeof value === 'number' && Number.isInteger(value)) row[column] = BigInt(value);
      } else if (typeof value === 'bigint') {
        throw new SqliteError('sqlite/misuse', { reason: 'integer beyond 2^53 read without bigints', column });
      }
    }
    return arrays ? Object.values(row) : row;
  }
}

function bindable(params: readonly SqlValue[]): SqlValue[] {
  return params.map((param) => (typeof param === 'string' ? param.replaceAll('\0', '\ufffd') : param));
}
