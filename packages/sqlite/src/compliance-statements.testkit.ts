/** The part of the compliance suite on values, statements and transactions; `compliance.testkit.ts` runs it. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Database, SqlValue } from './database.js';
import type { OpenDatabaseOptions } from './node/open-database.js';

/** Opens a database of the test's own folder on the engine under test; closed when the test ends. */
export type Open = (options?: Partial<OpenDatabaseOptions>) => Database;

const code = (expected: string) => expect.objectContaining({ name: 'SqliteError', code: expected });

/** Every value survives exactly or is refused. */
export function describeValues(open: Open): void {
  it('gives back every value as it was stored', () => {
    const database = open({ path: null });
    database.exec('CREATE TABLE t (i INTEGER, r REAL, s TEXT, b BLOB)');
    const insert = database.prepare('INSERT INTO t VALUES (?, ?, ?, ?)');
    const select = database.prepare<{ i: SqlValue; r: SqlValue; s: SqlValue; b: SqlValue }>('SELECT * FROM t');
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
    const row = fc.record({
      i: fc.option(fc.maxSafeInteger()),
      r: fc.option(fc.double({ noNaN: true, min: -1e15, max: 1e15 })),
      s: fc.option(text),
      b: fc.option(fc.uint8Array({ maxLength: 50 })),
    });
    fc.assert(
      fc.property(row, (value) => {
        insert.run(value.i, value.r, value.s, value.b);
        const stored = select.all();
        database.exec('DELETE FROM t');
        // SQLite has no negative zero in INTEGER columns and keeps it in none reliably.
        expect(stored.map((r) => ({ ...r, r: r.r === null ? null : Number(r.r) + 0 }))).toEqual([
          { ...value, i: value.i === null ? null : value.i + 0, r: value.r === null ? null : value.r + 0 },
        ]);
      }),
      { numRuns: 60 },
    );
  });

  it('gives blobs as plain Uint8Arrays of their own, empty ones included', () => {
    const database = open({ path: null });
    database.exec('CREATE TABLE t (b BLOB)');
    const bytes = Uint8Array.of(1, 2, 3);
    database.prepare('INSERT INTO t VALUES (?)').run(bytes.subarray(1));
    database.prepare('INSERT INTO t VALUES (?)').run(new Uint8Array(0));
    const rows = database.prepare<{ b: Uint8Array }>('SELECT b FROM t').all();
    expect(rows.map(({ b }) => [...b])).toEqual([[2, 3], []]);
    for (const { b } of rows) expect(Object.getPrototypeOf(b)).toBe(Uint8Array.prototype);
    expect(database.prepare('SELECT count(*) AS n FROM t WHERE b IS NULL').get()).toEqual({ n: 0 });
  });

  it('keeps 64-bit integers exact with `bigints`, in every kind of read', () => {
    const database = open({ path: null });
    database.exec('CREATE TABLE t (at_ns INTEGER)');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    const values = [0n, 1n, -1n, 1_763_719_200_000_000_001n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)];
    for (const value of values) insert.run(value);
    const select = database.prepare<{ at_ns: bigint }>('SELECT at_ns FROM t ORDER BY rowid', { bigints: true });
    expect(select.all().map((row) => row.at_ns)).toEqual(values);
    expect([...select.iterate()].map((row) => row.at_ns)).toEqual(values);
    const byValue = database.prepare<{ at_ns: bigint }>('SELECT at_ns FROM t WHERE at_ns = ?', { bigints: true });
    for (const value of values) expect(byValue.get(value)).toEqual({ at_ns: value });
  });

  it('reads small integers as numbers without `bigints` and refuses to round large ones', () => {
    const database = open({ path: null });
    database.exec('CREATE TABLE t (i INTEGER)');
    database.prepare('INSERT INTO t VALUES (?)').run(2n ** 53n - 1n);
    const select = database.prepare<{ i: number }>('SELECT i FROM t');
    expect(select.get()).toEqual({ i: Number.MAX_SAFE_INTEGER });
    database.prepare('UPDATE t SET i = ?').run(2n ** 53n + 1n);
    expect(() => select.get()).toThrow(code('sqlite/misuse'));
    expect(() => select.all()).toThrow(code('sqlite/misuse'));
    expect(() => [...select.iterate()]).toThrow(code('sqlite/misuse'));
    database.prepare('UPDATE t SET i = ?').run(7);
    expect(select.get()).toEqual({ i: 7 });
  });

  it.each([2n ** 63n, -(2n ** 63n) - 1n, undefined, true, {}, () => 1, Symbol('s')])(
    'refuses the parameter %s',
    (value) => {
      const database = open({ path: null });
      database.exec('CREATE TABLE t (v)');
      const insert = database.prepare('INSERT INTO t VALUES (?)');
      expect(() => insert.run(value as SqlValue)).toThrow(code('sqlite/misuse'));
      expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 });
    },
  );
}

/** Running, reading, caching, closing. */
export function describeStatements(open: Open): void {
  it('counts changes and finds nothing as undefined', () => {
    const database = open({ path: null });
    database.exec('CREATE TABLE t (i INTEGER); INSERT INTO t VALUES (1), (2), (3);');
    expect(database.prepare('UPDATE t SET i = i + 1 WHERE i > ?').run(1)).toEqual({ changes: 2 });
    expect(database.prepare('DELETE FROM t WHERE i = ?').run(99)).toEqual({ changes: 0 });
    expect(database.prepare('SELECT i FROM t WHERE i = ?').get(99)).toBeUndefined();
    expect(database.prepare('SELECT i FROM t WHERE i = ?').all(99)).toEqual([]);
  });

  it('runs statements with rows and reads from statements without', () => {
    const database = open({ path: null });
    database.exec('CREATE TABLE t (i INTEGER)');
    const returning = database.prepare<{ i: number }>('INSERT INTO t VALUES (?), (?) RETURNING i');
    expect(returning.run(1, 2)).toEqual({ changes: 2 });
    expect(returning.all(3, 4)).toEqual([{ i: 3 }, { i: 4 }]);
    const silent = database.prepare('DELETE FROM t WHERE i < ?');
    expect(silent.get(2)).toBeUndefined();
    expect(silent.all(3)).toEqual([]);
    expect([...silent.iterate(4)]).toEqual([]);
    expect(database.prepare('SELECT i FROM t').all()).toEqual([{ i: 4 }]);
  });

  it('gives one statement per text and reading mode', () => {
    const database = open({ path: null });
    const statement = database.prepare('SELECT 1 AS one');
    expect(database.prepare('SELECT 1 AS one')).toBe(statement);
    expect(database.prepare('SELECT 1 AS one', { bigints: false })).toBe(statement);
    const exact = database.prepare('SELECT 1 AS one', { bigints: true });
    expect(exact).not.toBe(statement);
    expect([statement.get(), exact.get()]).toEqual([{ one: 1 }, { one: 1n }]);
  });

  it('gives rows as arrays in every kind of read', () => {
    const database = open({ path: null });
    database.exec(
      "CREATE TABLE t (z INTEGER, s TEXT, b BLOB, a INTEGER); INSERT INTO t VALUES (9007199254740993, 'x', x'0102', NULL)",
    );
    const exact = database.prepare<SqlValue[]>('SELECT z, s, b, a FROM t', { arrays: true, bigints: true });
    const row = [2n ** 53n + 1n, 'x', Uint8Array.of(1, 2), null];
    expect([exact.get(), ...exact.all(), ...exact.iterate()]).toEqual([row, row, row]);
    for (const [, , blob] of exact.all()) expect(Object.getPrototypeOf(blob)).toBe(Uint8Array.prototype);
    const rounding = database.prepare<SqlValue[]>('SELECT z, s FROM t', { arrays: true });
    expect(() => rounding.all()).toThrow(code('sqlite/misuse'));
    expect(database.prepare<SqlValue[]>('SELECT s, 7 AS n FROM t', { arrays: true }).all()).toEqual([['x', 7]]);
    expect(database.prepare('SELECT s, 7 AS n FROM t').all()).toEqual([{ s: 'x', n: 7 }]);
    expect(database.prepare('SELECT s FROM t WHERE z = ?', { arrays: true }).get(0)).toBeUndefined();
    expect(database.prepare('DELETE FROM t', { arrays: true }).all()).toEqual([]);
  });

  it('goes on working with a statement that fell out of the cache', () => {
    const database = open({ path: null });
    const first = database.prepare<{ n: number }>('SELECT 0 AS n');
    for (let i = 1; i <= 600; i++) expect(database.prepare(`SELECT ${i} AS n`).get()).toEqual({ n: i });
    const again = database.prepare<{ n: number }>('SELECT 0 AS n');
    expect([first.get(), again.get(), first.get()]).toEqual([{ n: 0 }, { n: 0 }, { n: 0 }]);
  });

  it('may stop reading at any row and use the statement again', () => {
    const database = open({ path: null });
    database.exec('CREATE TABLE t (i INTEGER)');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    for (let i = 0; i < 10; i++) insert.run(i);
    const select = database.prepare<{ i: number }>('SELECT i FROM t ORDER BY i');
    for (let stop = 0; stop < 10; stop++) {
      const seen: number[] = [];
      for (const { i } of select.iterate()) {
        seen.push(i);
        if (i === stop) break;
      }
      expect(seen).toHaveLength(stop + 1);
      expect(select.get()).toEqual({ i: 0 });
      insert.run(100 + stop);
    }
    // No read may be left open: it would make this fail.
    database.exec('DROP TABLE t');
  });

  it('runs several statements in exec and reads pragmas', () => {
    const database = open();
    database.exec('CREATE TABLE a (i); CREATE TABLE b (i);');
    expect(database.pragma('user_version')).toBe(0);
    expect(database.pragma('user_version = 7')).toBeNull();
    expect(database.pragma('user_version')).toBe(7);
  });

  it.each(['SELEC 1', 'SELECT * FROM missing', 'INSERT INTO missing VALUES (1)'])('reports %j as misuse', (sql) => {
    const database = open({ path: null });
    expect(() => database.prepare(sql)).toThrow(code('sqlite/misuse'));
    expect(() => database.exec(sql)).toThrow(code('sqlite/misuse'));
  });

  it('refuses everything after close, and closes twice', () => {
    const database = open();
    const statement = database.prepare('SELECT 1');
    database.close();
    database.close();
    const misuse = code('sqlite/misuse');
    expect(() => statement.get()).toThrow(misuse);
    expect(() => database.prepare('SELECT 1')).toThrow(misuse);
    expect(() => database.exec('SELECT 1')).toThrow(misuse);
    expect(() => database.pragma('user_version')).toThrow(misuse);
    expect(() => database.transaction(() => 1)).toThrow(misuse);
  });
}

/** Commit, rollback, nesting. */
export function describeTransactions(open: Open): void {
  const count = (database: Database) => database.prepare<{ n: number }>('SELECT count(*) AS n FROM t').get()?.n;
  const withTable = () => {
    const database = open();
    database.exec('CREATE TABLE t (i INTEGER UNIQUE)');
    return { database, insert: database.prepare('INSERT INTO t VALUES (?)') };
  };

  it('commits and gives the result', () => {
    const { database, insert } = withTable();
    expect(database.transaction(() => insert.run(1).changes)).toBe(1);
    expect(count(database)).toBe(1);
  });

  it('rolls back and rethrows what the work throws, then works again', () => {
    const { database, insert } = withTable();
    const failure = new Error('stop');
    expect(() =>
      database.transaction(() => {
        insert.run(1);
        throw failure;
      }),
    ).toThrow(failure);
    expect(count(database)).toBe(0);
    database.transaction(() => insert.run(2));
    expect(count(database)).toBe(1);
  });

  it('nests: an inner failure undoes the inner work alone', () => {
    const { database, insert } = withTable();
    database.transaction(() => {
      insert.run(1);
      database.transaction(() => insert.run(2));
      expect(() =>
        database.transaction(() => {
          insert.run(3);
          database.transaction(() => insert.run(4));
          insert.run(1);
        }),
      ).toThrow(code('sqlite/constraint'));
      insert.run(5);
    });
    const rows = database.prepare<{ i: number }>('SELECT i FROM t ORDER BY i').all();
    expect(rows.map(({ i }) => i)).toEqual([1, 2, 5]);
  });

  it('refuses asynchronous work and rolls it back', () => {
    const { database, insert } = withTable();
    const pending = async () => insert.run(1);
    expect(() => database.transaction(pending)).toThrow(code('sqlite/misuse'));
    expect(count(database)).toBe(0);
  });

  it('keeps a model of nested commits and rollbacks', () => {
    interface Step {
      readonly value: number;
      readonly fail: boolean;
      readonly inner: readonly Step[];
    }
    const { step } = fc.letrec<{ step: Step; leaf: Step }>((tie) => ({
      leaf: fc.record({ value: fc.nat(), fail: fc.boolean(), inner: fc.constant([]) }),
      step: fc.record({
        value: fc.nat(),
        fail: fc.boolean(),
        inner: fc.array(fc.oneof({ depthSize: 'small' }, tie('leaf'), tie('step')), { maxLength: 3 }),
      }),
    }));
    const database = open({ path: null });
    database.exec('CREATE TABLE t (i INTEGER)');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    const failure = new Error('planned');
    const execute = ({ value, fail, inner }: Step): number[] => {
      let kept: number[] = [];
      try {
        database.transaction(() => {
          insert.run(value);
          kept = [value, ...inner.flatMap(execute)];
          if (fail) throw failure;
        });
        return kept;
      } catch (error) {
        expect(error).toBe(failure);
        return [];
      }
    };
    fc.assert(
      fc.property(step, (root) => {
        database.exec('DELETE FROM t');
        const kept = execute(root);
        const rows = database.prepare<{ i: number }>('SELECT i FROM t ORDER BY rowid').all();
        expect(rows.map(({ i }) => i)).toEqual(kept);
      }),
      { numRuns: 50 },
    );
  });
}
