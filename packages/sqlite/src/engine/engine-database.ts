/** `Database` over any engine: statements kept by text, transactions and savepoints, errors in one form. */
import type { Database, EngineName, PrepareOptions, SqlValue, Statement } from '../database.js';
import { SqliteError } from '../errors.js';
import type { Engine, EngineConnection, EngineRow } from './engine.js';
import { EngineDatabaseStatement } from './engine-statement.js';

/** Statements kept compiled per reading mode; the oldest beyond are dropped and compiled anew when used again. */
const MAX_KEPT_STATEMENTS = 512;

type KeptStatements = Map<string, EngineDatabaseStatement>;

/** The `Database` over any engine: statement cache, transactions, errors by code. */
export class EngineDatabase implements Database {
  readonly engine: EngineName;
  readonly encrypted: boolean;
  readonly path: string;
  readonly #engine: Engine;
  readonly #connection: EngineConnection;
  readonly #onClose: () => void;
  /** One map per reading mode, keyed by the caller's own string: a key built per call would be hashed per call. */
  readonly #kept: readonly KeptStatements[] = [new Map(), new Map(), new Map(), new Map()];
  #depth = 0;
  /** Set when SQLite ended a transaction while our code is still inside: nothing may then run outside of it unnoticed. */
  #lostTransaction = false;
  #open = true;

  /** `onClose` runs once the connection is closed; it releases the lock. */
  constructor(
    engine: Engine,
    connection: EngineConnection,
    { path, encrypted, onClose }: { path: string; encrypted: boolean; onClose: () => void },
  ) {
    this.engine = engine.name;
    this.encrypted = encrypted;
    this.path = path;
    this.#engine = engine;
    this.#connection = connection;
    this.#onClose = onClose;
  }

  exec(sql: string): void {
    this.attempt(() => this.#connection.exec(sql));
  }

  pragma(statement: string): SqlValue {
    return this.attempt(() => {
      const compiled = this.#connection.prepare(`PRAGMA ${statement}`, { bigints: false, arrays: true });
      try {
        return (compiled.get([]) as SqlValue[] | undefined)?.[0] ?? null;
      } finally {
        compiled.release();
      }
    });
  }

  prepare<Row = Record<string, SqlValue>>(
    sql: string,
    { bigints = false, arrays = false }: PrepareOptions = {},
  ): Statement<Row> {
    let statement = this.#keptIn(bigints, arrays).get(sql);
    if (statement === undefined) {
      statement = new EngineDatabaseStatement(this, sql, { bigints, arrays });
      statement.compile();
    }
    return statement as Statement<EngineRow> as Statement<Row>;
  }

  transaction<T>(work: () => T): T {
    const depth = this.#depth;
    this.#control(depth === 0 ? 'BEGIN IMMEDIATE' : `SAVEPOINT level_${depth}`);
    this.#depth = depth + 1;
    try {
      const result = work();
      if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
        throw new SqliteError('sqlite/misuse', { reason: 'asynchronous work in a transaction' });
      }
      this.#control(depth === 0 ? 'COMMIT' : `RELEASE level_${depth}`);
      return result;
    } catch (error) {
      this.#rollBack(depth);
      throw error;
    } finally {
      this.#depth = depth;
      if (depth === 0) this.#lostTransaction = false;
    }
  }

  close(): void {
    if (!this.#open) return;
    for (const kept of this.#kept) {
      for (const statement of kept.values()) statement.release();
      kept.clear();
    }
    try {
      this.#connection.close();
    } catch (error) {
      // Still open, so the lock stays taken; the addon refuses while an iteration is open.
      throw this.#engine.translate(error);
    }
    this.#open = false;
    this.#onClose();
  }

  /** Runs a step on the engine with its errors translated. For `EngineDatabaseStatement`. */
  attempt<T>(step: (connection: EngineConnection) => T): T {
    this.assertUsable();
    try {
      return step(this.#connection);
    } catch (error) {
      throw this.translate(error);
    }
  }

  /** @throws SqliteError `sqlite/misuse` after `close`, or inside a transaction that SQLite has already ended */
  assertUsable(): void {
    if (!this.#open) throw new SqliteError('sqlite/misuse', { reason: 'the database is closed' });
    if (this.#lostTransaction) throw new SqliteError('sqlite/misuse', { reason: 'the transaction was rolled back' });
  }

  /** The error in our form; ours stay as they are. Notes when the error has ended the transaction, as a full disk does. */
  translate(error: unknown): SqliteError {
    if (this.#depth > 0 && !this.#connection.inTransaction) this.#lostTransaction = true;
    return error instanceof SqliteError ? error : this.#engine.translate(error);
  }

  /** Keeps a statement compiled, dropping the oldest beyond the limit. */
  keep(statement: EngineDatabaseStatement): void {
    const kept = this.#keptIn(statement.options.bigints, statement.options.arrays);
    // Only after a drop: a new statement has the same text, and now the dropped one is used again.
    kept.get(statement.sql)?.release();
    kept.set(statement.sql, statement);
    if (kept.size <= MAX_KEPT_STATEMENTS) return;
    const [oldestSql, oldest] = kept.entries().next().value as [string, EngineDatabaseStatement];
    kept.delete(oldestSql);
    oldest.release();
  }

  #keptIn(bigints: boolean, arrays: boolean): KeptStatements {
    return this.#kept[(bigints ? 1 : 0) + (arrays ? 2 : 0)] as KeptStatements;
  }

  #control(sql: string): void {
    this.prepare(sql).run();
  }

  #rollBack(depth: number): void {
    if (!this.#open) return;
    if (this.#connection.inTransaction) {
      try {
        this.#connection.exec(depth === 0 ? 'ROLLBACK' : `ROLLBACK TO level_${depth}; RELEASE level_${depth}`);
        return;
      } catch {
        // SQLite had ended the transaction itself and the engine could not tell: nothing is left to roll back.
      }
    }
    this.#lostTransaction = depth > 0;
  }
}
