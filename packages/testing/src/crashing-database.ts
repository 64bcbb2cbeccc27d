/**
 * A process that ends in the middle of its work: a Database that stops at a chosen commit, before it or right after it, while the data
 * underneath stay for the next process.
 *
 * Within one transaction it makes no difference where a process ends: all of it is rolled back. So the points that matter lie before
 * and after each transaction, or each write outside of one.
 */
import type { Database, PrepareOptions, SqlValue, Statement } from '@conclave/sqlite';
import { SimulatedCrash } from './errors.js';

/** Where a process ends: at its n-th commit (from 1), before it is done or after. */
export interface CrashPoint {
  readonly commit: number;
  readonly when: 'before' | 'after';
}

/** Counted work of a database. Bytes are those of texts and BLOBs. */
export interface DatabaseWork {
  statements: number;
  rows: number;
  bytes: number;
}

const WRITES = /^\s*(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER)/i;

/** One process's connection to data that outlive it. */
export class CrashingDatabase implements Database {
  readonly #inner: Database;
  readonly #onCrash: () => void;
  readonly #statements = new Map<string, Statement<unknown>>();
  #depth = 0;
  #isDead = false;
  /** Commits so far. */
  commits = 0;
  /** Statements run, rows read and bytes read and written so far: what work costs on any machine. */
  readonly work: DatabaseWork = { statements: 0, rows: 0, bytes: 0 };
  /** Where to end; none by default. */
  crashAt: CrashPoint | undefined;

  /** @param onCrash - called once, at the end */
  constructor(inner: Database, onCrash: () => void = () => {}) {
    this.#inner = inner;
    this.#onCrash = onCrash;
  }

  get engine() {
    return this.#inner.engine;
  }

  get encrypted(): boolean {
    return this.#inner.encrypted;
  }

  get path(): string {
    return this.#inner.path;
  }

  /** Ends the process now: whatever it still tries fails. */
  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#onCrash();
  }

  exec(sql: string): void {
    this.#write(() => this.#inner.exec(sql));
  }

  pragma(statement: string): SqlValue {
    this.#requireAlive();
    return this.#inner.pragma(statement);
  }

  prepare<Row = Record<string, SqlValue>>(sql: string, options: PrepareOptions = {}): Statement<Row> {
    this.#requireAlive();
    const key = `${options.bigints === true}${options.arrays === true}${sql}`;
    const known = this.#statements.get(key);
    if (known !== undefined) return known as Statement<Row>;
    const inner = this.#inner.prepare<Row>(sql, options);
    const isWrite = WRITES.test(sql);
    const run = <T>(work: () => T): T => {
      if (isWrite) return this.#write(work);
      this.#requireAlive();
      return work();
    };
    const counted = (params: readonly SqlValue[], rows: readonly unknown[] = []): void => {
      this.work.statements += 1;
      this.work.rows += rows.length;
      this.work.bytes += bytesOf(params);
      for (const row of rows) this.work.bytes += bytesOf(Object.values(row as object));
    };
    const statement: Statement<Row> = {
      run: (...params) => {
        counted(params);
        return run(() => inner.run(...params));
      },
      get: (...params) => {
        const row = run(() => inner.get(...params));
        counted(params, row === undefined ? [] : [row]);
        return row;
      },
      all: (...params) => {
        const rows = run(() => inner.all(...params));
        counted(params, rows);
        return rows;
      },
      iterate: (...params) => {
        counted(params);
        return run(() => inner.iterate(...params));
      },
    };
    this.#statements.set(key, statement as Statement<unknown>);
    return statement;
  }

  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return this.#inTransaction(work);
    return this.#write(() => this.#inTransaction(work));
  }

  /** The process lets go of the data, in order; they stay. */
  close(): void {
    this.#isDead = true;
  }

  #inTransaction<T>(work: () => T): T {
    this.#depth += 1;
    try {
      return this.#inner.transaction(() => {
        const result = work();
        // The last moment at which the transaction is still undone by the end of the process.
        if (this.#depth === 1) this.#crashIfDue('before');
        return result;
      });
    } finally {
      this.#depth -= 1;
    }
  }

  #write<T>(work: () => T): T {
    this.#requireAlive();
    if (this.#depth > 0) return work();
    this.commits += 1;
    const result = this.#crashesBefore() ? this.#undone(work) : work();
    this.#crashIfDue('after');
    return result;
  }

  /** A single write whose process ends before it counts. */
  #undone<T>(work: () => T): T {
    return this.#inTransaction(work);
  }

  #crashesBefore(): boolean {
    return this.crashAt?.commit === this.commits && this.crashAt.when === 'before';
  }

  #crashIfDue(when: CrashPoint['when']): void {
    if (this.crashAt?.commit !== this.commits || this.crashAt.when !== when) return;
    this.crashAt = undefined;
    this.kill();
    throw new SimulatedCrash();
  }

  #requireAlive(): void {
    if (this.#isDead) throw new SimulatedCrash();
  }
}

function bytesOf(values: readonly unknown[]): number {
  let bytes = 0;
  for (const value of values) if (typeof value === 'string' || value instanceof Uint8Array) bytes += value.length;
  return bytes;
}
