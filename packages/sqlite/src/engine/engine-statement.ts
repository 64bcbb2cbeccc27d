/** `Statement` over any engine: checks parameters, compiles again when it was dropped, translates errors. */
import type { SqlValue, Statement } from '../database.js';
import { SqliteError } from '../errors.js';
import type { EngineConnection, EnginePrepareOptions, EngineRow, EngineStatement } from './engine.js';

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** What a statement needs of its database. */
export interface StatementOwner {
  /** Runs a step on the connection; errors of the engine become SqliteErrors. */
  attempt<T>(step: (connection: EngineConnection) => T): T;
  /** @throws SqliteError `sqlite/misuse` */
  assertUsable(): void;
  /** The error of the engine as ours. */
  translate(error: unknown): unknown;
  /** Keeps a compiled statement, which may release another. */
  keep(statement: EngineDatabaseStatement): void;
}

/** The `Statement` over any engine: parameters checked, integers as asked for. */
export class EngineDatabaseStatement implements Statement<EngineRow> {
  readonly #database: StatementOwner;
  readonly sql: string;
  readonly options: EnginePrepareOptions;
  #compiled: EngineStatement | undefined;

  constructor(database: StatementOwner, sql: string, options: EnginePrepareOptions) {
    this.#database = database;
    this.sql = sql;
    this.options = options;
  }

  /** Compiles if that has not happened or was undone; wrong SQL is reported here. */
  compile(): EngineStatement {
    if (this.#compiled === undefined) {
      this.#compiled = this.#database.attempt((connection) => connection.prepare(this.sql, this.options));
      this.#database.keep(this);
    }
    return this.#compiled;
  }

  /** Frees the compiled form; the next use compiles again. */
  release(): void {
    this.#compiled?.release();
    this.#compiled = undefined;
  }

  run(...params: readonly SqlValue[]): { changes: number } {
    return this.#attempt(params, (compiled) => ({ changes: compiled.run(params) }));
  }

  get(...params: readonly SqlValue[]): EngineRow | undefined {
    return this.#attempt(params, (compiled) => compiled.get(params));
  }

  all(...params: readonly SqlValue[]): EngineRow[] {
    return this.#attempt(params, (compiled) => compiled.all(params));
  }

  *iterate(...params: readonly SqlValue[]): Generator<EngineRow, undefined> {
    const rows = this.#attempt(params, (compiled) => compiled.iterate(params));
    let exhausted = false;
    try {
      for (;;) {
        const next = this.#database.attempt(() => rows.next());
        if (next.done) {
          exhausted = true;
          return;
        }
        yield next.value;
      }
    } finally {
      if (!exhausted) rows.return?.();
    }
  }

  #attempt<T>(params: readonly SqlValue[], step: (compiled: EngineStatement) => T): T {
    this.#database.assertUsable();
    for (const param of params) assertBindable(param);
    const compiled = this.compile();
    try {
      return step(compiled);
    } catch (error) {
      throw this.#database.translate(error);
    }
  }
}

/** Engines differ in what they do with other values: refuse, round, wrap around or store NULL. */
function assertBindable(param: unknown): void {
  switch (typeof param) {
    case 'string':
    case 'number':
      return;
    case 'bigint':
      if (param >= MIN_INT64 && param <= MAX_INT64) return;
      throw new SqliteError('sqlite/misuse', { reason: 'a bigint parameter exceeds 64 signed bits' });
    default:
      if (param === null || param instanceof Uint8Array) return;
      throw new SqliteError('sqlite/misuse', { reason: `a parameter is of type ${typeof param}` });
  }
}
