/**
 * The database as the layers above see it: synchronous, small, the same over every engine. Callers put a whole round of
 * work into one transaction, so that a slow engine stays usable.
 */

/** A value in a column or parameter. INTEGER is a number, or a bigint in statements prepared with `bigints`. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** Engines by package or module name. */
export type EngineName = 'better-sqlite3-multiple-ciphers' | 'node:sqlite' | 'node-sqlite3-wasm' | 'sqlite3-wasm';

/** How the columns of a statement are read. */
export interface PrepareOptions {
  /** Reads every INTEGER as bigint; needed for columns beyond 2^53, such as times in nanoseconds. */
  readonly bigints?: boolean;
  /**
   * Each row is an array of its columns, in their order, which must have different names: for queries of many rows and columns, where making
   * objects is most of the time.
   */
  readonly arrays?: boolean;
}

/**
 * A prepared statement. Parameters fill `?` from left to right; a bigint always works and must fit 64 signed bits.
 * Every method throws SqliteError: `sqlite/constraint`, `sqlite/busy`, `sqlite/full`, `sqlite/io-failed`, `sqlite/corrupt`,
 * `sqlite/read-only`; `sqlite/misuse` on wrong SQL or parameters and on an INTEGER beyond 2^53 read without `bigints`.
 */
export interface Statement<Row = Record<string, SqlValue>> {
  /** Executes to the end, without its rows; `changes` counts the rows inserted, updated or deleted. */
  run(...params: readonly SqlValue[]): { changes: number };
  /** First row, or undefined. */
  get(...params: readonly SqlValue[]): Row | undefined;
  /** All rows. */
  all(...params: readonly SqlValue[]): Row[];
  /** Rows one by one. While the iteration is open nothing else may run on the database. */
  iterate(...params: readonly SqlValue[]): IterableIterator<Row>;
}

/** One open connection. */
export interface Database {
  readonly engine: EngineName;
  /** True when the file is encrypted. */
  readonly encrypted: boolean;
  /** Absolute path of the file, or `:memory:`. */
  readonly path: string;
  /** Runs one or more statements without parameters and without results. */
  exec(sql: string): void;
  /** Runs `PRAGMA <statement>`; the first column of its first row, null when it has none. */
  pragma(statement: string): SqlValue;
  /**
   * A prepared statement, kept by its text (the 512 latest), so that calling this in place of holding it is cheap.
   * Bind values; do not write them into the text.
   */
  prepare<Row = Record<string, SqlValue>>(sql: string, options?: PrepareOptions): Statement<Row>;
  /**
   * Runs `work` between BEGIN IMMEDIATE and COMMIT, in a savepoint when one is open already; rolls back and rethrows what
   * it throws. `work` must not be asynchronous.
   */
  transaction<T>(work: () => T): T;
  /** Closes; a second call does nothing. */
  close(): void;
}
