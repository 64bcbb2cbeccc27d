/** Engine: `node:sqlite`, built into Node 22.5 and later. No encryption. */
import { createRequire } from 'node:module';
import type { SqlValue } from '../database.js';
import type { Engine, EngineConnection, EnginePrepareOptions, EngineRow, EngineStatement } from '../engine/engine.js';
import { errorOfCodeNumber } from '../engine/result-codes.js';
import { SqliteError } from '../errors.js';

/** The part of `node:sqlite` in use, declared here because the types of Node 20 do not know it. */
interface StatementSync {
  run(...params: readonly SqlValue[]): { changes: number | bigint };
  get(...params: readonly SqlValue[]): EngineRow | undefined;
  all(...params: readonly SqlValue[]): EngineRow[];
  /** From Node 22.13. */
  iterate?(...params: readonly SqlValue[]): IterableIterator<EngineRow>;
  setReadBigInts(enabled: boolean): void;
  /** From Node 22.16. */
  setReturnArrays?(enabled: boolean): void;
}
interface DatabaseSync {
  exec(sql: string): void;
  prepare(sql: string): StatementSync;
  close(): void;
  /** From Node 22.16. */
  readonly isTransaction?: boolean;
}

/** The built-in engine, or undefined where this Node has none. */
export function loadNodeSqlite(): Engine | undefined {
  let Constructor: new (path: string) => DatabaseSync;
  try {
    const module = createRequire(import.meta.url)('node:sqlite') as { DatabaseSync: typeof Constructor };
    Constructor = module.DatabaseSync;
  } catch {
    return undefined;
  }
  return {
    name: 'node:sqlite',
    singleConnection: false,
    open: (path) => new Connection(new Constructor(path ?? ':memory:')),
    translate,
  };
}

function translate(error: unknown): SqliteError {
  const { errcode } = error as { errcode?: unknown };
  if (typeof errcode === 'number') return errorOfCodeNumber(errcode, error);
  return new SqliteError('sqlite/misuse', {}, error);
}

class Connection implements EngineConnection {
  readonly #native: DatabaseSync;

  constructor(native: DatabaseSync) {
    this.#native = native;
  }

  get inTransaction(): boolean {
    // Where Node cannot tell, `true` lets the rollback be tried and its failure be ignored.
    return this.#native.isTransaction ?? true;
  }

  exec(sql: string): void {
    this.#native.exec(sql);
  }

  prepare(sql: string, { bigints, arrays }: EnginePrepareOptions): EngineStatement {
    const statement = this.#native.prepare(sql);
    if (bigints) statement.setReadBigInts(true);
    if (arrays) {
      if (statement.setReturnArrays === undefined) return inOrder(statement);
      statement.setReturnArrays(true);
    }
    return {
      run: (params) => Number(statement.run(...params).changes),
      get: (params) => statement.get(...params),
      all: (params) => statement.all(...params),
      iterate: (params) => statement.iterate?.(...params) ?? statement.all(...params).values(),
      release: () => undefined,
    };
  }

  close(): void {
    this.#native.close();
  }
}

/** Arrays where this Node gives only objects. */
function inOrder(statement: StatementSync): EngineStatement {
  return {
    run: (params) => Number(statement.run(...params).changes),
    get: (params) => {
      const row = statement.get(...params);
      return row && Object.values(row);
    },
    all: (params) => statement.all(...params).map((row) => Object.values(row)),
    *iterate(params) {
      for (const row of statement.iterate?.(...params) ?? statement.all(...params)) yield Object.values(row);
    },
    release: () => undefined,
  };
}
