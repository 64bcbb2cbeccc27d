/** A compiled statement of the WebAssembly engine: binding, stepping, reading columns. */
import type { SqlValue } from '../database.js';
import type { EnginePrepareOptions, EngineRow, EngineStatement } from '../engine/engine.js';
import { SqliteError } from '../errors.js';
import type { Pointer, Sqlite3 } from './sqlite3-module.js';

const SQLITE_ROW = 100;
const SQLITE_DONE = 101;
const SQLITE_INTEGER = 1;
const SQLITE_FLOAT = 2;
const SQLITE_TEXT = 3;
const SQLITE_BLOB = 4;
/** SQLite copies what is bound, at once. */
const SQLITE_TRANSIENT = -1;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Made by the connection, which names the error of a result code through `check`. */
export class WasmStatement implements EngineStatement {
  readonly #sqlite3: Sqlite3;
  readonly #database: Pointer;
  readonly #options: EnginePrepareOptions;
  readonly #check: (code: number) => void;
  #statement: Pointer;
  #columns: string[] | undefined;

  constructor(
    sqlite3: Sqlite3,
    database: Pointer,
    statement: Pointer,
    options: EnginePrepareOptions,
    check: (code: number) => void,
  ) {
    this.#sqlite3 = sqlite3;
    this.#database = database;
    this.#statement = statement;
    this.#options = options;
    this.#check = check;
  }

  run(params: readonly SqlValue[]): number {
    const { c } = this.#sqlite3;
    const before = c.sqlite3_total_changes(this.#database);
    this.#bind(params);
    try {
      while (this.#step());
    } finally {
      this.#rest();
    }
    return c.sqlite3_total_changes(this.#database) === before ? 0 : c.sqlite3_changes(this.#database);
  }

  get(params: readonly SqlValue[]): EngineRow | undefined {
    this.#bind(params);
    try {
      return this.#step() ? this.#row() : undefined;
    } finally {
      this.#rest();
    }
  }

  all(params: readonly SqlValue[]): EngineRow[] {
    const rows: EngineRow[] = [];
    this.#bind(params);
    try {
      while (this.#step()) rows.push(this.#row());
    } finally {
      this.#rest();
    }
    return rows;
  }

  *iterate(params: readonly SqlValue[]): Generator<EngineRow, undefined> {
    this.#bind(params);
    try {
      while (this.#step()) yield this.#row();
    } finally {
      this.#rest();
    }
  }

  release(): void {
    const statement = this.#statement;
    this.#statement = 0;
    // Finalizing repeats the error of the last step, which its caller has seen.
    if (statement !== 0) this.#sqlite3.c.sqlite3_finalize(statement);
  }

  #step(): boolean {
    const code = this.#sqlite3.c.sqlite3_step(this.#statement);
    if (code === SQLITE_ROW) return true;
    if (code !== SQLITE_DONE) this.#check(code);
    return false;
  }

  /** Closes the read, so that nothing is locked; what was bound is not kept. */
  #rest(): void {
    if (this.#statement === 0) return;
    this.#sqlite3.c.sqlite3_reset(this.#statement);
    this.#sqlite3.c.sqlite3_clear_bindings(this.#statement);
  }

  #bind(params: readonly SqlValue[]): void {
    const { c } = this.#sqlite3;
    const wanted = c.sqlite3_bind_parameter_count(this.#statement);
    if (wanted !== params.length) {
      throw new SqliteError('sqlite/misuse', { reason: 'number of parameters', wanted, given: params.length });
    }
    params.forEach((value, i) => {
      this.#check(this.#bindOne(i + 1, value));
    });
  }

  #bindOne(index: number, value: SqlValue): number {
    const { c } = this.#sqlite3;
    const statement = this.#statement;
    switch (typeof value) {
      case 'bigint':
        return c.sqlite3_bind_int64(statement, index, value);
      case 'number':
        return Number.isSafeInteger(value)
          ? c.sqlite3_bind_int64(statement, index, BigInt(value))
          : c.sqlite3_bind_double(statement, index, value);
      case 'string':
        return this.#bindBytes(encoder.encode(value), (pointer, bytes) =>
          c.sqlite3_bind_text(statement, index, pointer, bytes, SQLITE_TRANSIENT),
        );
      default:
        if (value === null) return c.sqlite3_bind_null(statement, index);
        return this.#bindBytes(value, (pointer, bytes) =>
          c.sqlite3_bind_blob(statement, index, pointer, bytes, SQLITE_TRANSIENT),
        );
    }
  }

  #bindBytes(bytes: Uint8Array, bind: (pointer: Pointer, length: number) => number): number {
    const { c } = this.#sqlite3;
    // A null pointer would bind NULL, so an empty value takes a byte too.
    const pointer = c.malloc(bytes.length + 1);
    if (pointer === 0) throw new SqliteError('sqlite/io-failed', { reason: 'out of memory' });
    this.#sqlite3.memory().set(bytes, pointer);
    try {
      return bind(pointer, bytes.length);
    } finally {
      c.free(pointer);
    }
  }

  #row(): EngineRow {
    const names = this.#names();
    if (this.#options.arrays) return names.map((name, i) => this.#column(i, name));
    const row: Record<string, SqlValue> = {};
    for (let i = 0; i < names.length; i++) row[names[i] as string] = this.#column(i, names[i] as string);
    return row;
  }

  #names(): string[] {
    if (this.#columns !== undefined) return this.#columns;
    const { c } = this.#sqlite3;
    const memory = this.#sqlite3.memory();
    const count = c.sqlite3_column_count(this.#statement);
    this.#columns = Array.from({ length: count }, (_, i) => {
      const pointer = c.sqlite3_column_name(this.#statement, i);
      return decoder.decode(memory.slice(pointer, memory.indexOf(0, pointer)));
    });
    return this.#columns;
  }

  #column(index: number, name: string): SqlValue {
    const { c } = this.#sqlite3;
    const statement = this.#statement;
    switch (c.sqlite3_column_type(statement, index)) {
      case SQLITE_INTEGER:
        return this.#integer(c.sqlite3_column_int64(statement, index), name);
      case SQLITE_FLOAT:
        return c.sqlite3_column_double(statement, index);
      case SQLITE_TEXT: {
        const pointer = c.sqlite3_column_text(statement, index);
        const bytes = c.sqlite3_column_bytes(statement, index);
        return decoder.decode(this.#sqlite3.memory().slice(pointer, pointer + bytes));
      }
      case SQLITE_BLOB: {
        const pointer = c.sqlite3_column_blob(statement, index);
        const bytes = c.sqlite3_column_bytes(statement, index);
        return this.#sqlite3.memory().slice(pointer, pointer + bytes);
      }
      default:
        return null;
    }
  }

  #integer(value: bigint, column: string): SqlValue {
    if (this.#options.bigints) return value;
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new SqliteError('sqlite/misuse', { reason: 'integer beyond 2^53 read without bigints', column });
  }
}
