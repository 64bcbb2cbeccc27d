/** What every engine must do behind the `Database` interface. A new engine passes by one call of `describeEngine`. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeSearch } from './compliance-search.testkit.js';
import {
  describeStatements,
  describeTransactions,
  describeValues,
  type Open,
} from './compliance-statements.testkit.js';
import type { Database, EngineName } from './database.js';
import { type OpenDatabaseOptions, openDatabase } from './node/open-database.js';

const code = (expected: string) => expect.objectContaining({ name: 'SqliteError', code: expected });

/** Runs the suite; every test has a folder of its own and closes what it opened. */
export function describeEngine(engine: EngineName): void {
  describe(`database on ${engine}`, () => {
    let folder: string;
    let opened: Database[];
    const open = (options: Partial<OpenDatabaseOptions> = {}): Database => {
      const database = openDatabase({ path: join(folder, 'test.db3'), engine, ...options });
      opened.push(database);
      return database;
    };

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'conclave-sqlite-'));
      opened = [];
    });
    afterEach(() => {
      for (const database of opened) database.close();
      rmSync(folder, { recursive: true, force: true });
    });

    describeValues(open);
    describeStatements(open);
    describeTransactions(open);
    describeSearch(open);
    describeFailures(open, () => folder);
    describeFiles(open, () => folder, engine);
  });
}

function describeFailures(open: Open, folder: () => string): void {
  it('names constraints, and the statement goes on working', () => {
    const database = open({ path: null });
    database.exec('CREATE TABLE t (i INTEGER PRIMARY KEY, s TEXT NOT NULL CHECK (length(s) < 5))');
    const insert = database.prepare('INSERT INTO t VALUES (?, ?)');
    insert.run(1, 'a');
    for (const [i, s] of [
      [1, 'b'],
      [2, null],
      [3, 'too long'],
    ] as const) {
      expect(() => insert.run(i, s)).toThrow(code('sqlite/constraint'));
      expect(() => insert.run(i, s)).toThrow(code('sqlite/constraint'));
    }
    expect(insert.run(4, 'd')).toEqual({ changes: 1 });
  });

  it('enforces foreign keys', () => {
    const database = open();
    database.exec('CREATE TABLE p (i INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p)');
    expect(() => database.prepare('INSERT INTO c VALUES (1)').run()).toThrow(code('sqlite/constraint'));
  });

  it('reports a full database, keeps nothing of the transaction and stays usable', () => {
    const database = open();
    database.exec('CREATE TABLE t (b BLOB)');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    insert.run(Uint8Array.of(1));
    database.pragma(`max_page_count = ${Number(database.pragma('page_count')) + 3}`);
    const block = new Uint8Array(3000);
    const fill = () => {
      for (let i = 0; i < 100; i++) insert.run(block);
    };
    expect(() => database.transaction(fill)).toThrow(code('sqlite/full'));
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 1 });
    // Also from within a nested transaction, when the caller catches the error there.
    expect(() =>
      database.transaction(() => {
        insert.run(Uint8Array.of(2));
        expect(() => database.transaction(fill)).toThrow(code('sqlite/full'));
        throw new RangeError('give up');
      }),
    ).toThrow('give up');
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 1 });
    database.pragma('max_page_count = 10000');
    database.transaction(fill);
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 101 });
    expect(database.pragma('integrity_check')).toBe('ok');
  });

  it('never runs outside of a transaction that SQLite has ended by itself', () => {
    const database = open();
    database.exec('CREATE TABLE t (i INTEGER UNIQUE ON CONFLICT ROLLBACK)');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    expect(() =>
      database.transaction(() => {
        insert.run(1);
        expect(() => insert.run(1)).toThrow(code('sqlite/constraint'));
        insert.run(2);
      }),
    ).toThrow(code('sqlite/misuse'));
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 });
    database.transaction(() => insert.run(3));
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 1 });
  });

  it('reports a file that is no database', () => {
    const path = join(folder(), 'text.db3');
    writeFileSync(path, 'this is a text file, long enough to be taken for something else, but no database at all');
    expect(() => open({ path })).toThrow(code('sqlite/corrupt'));
    expect(() => open({ path, key: new Uint8Array(32), requireEncryption: false })).toThrow(code('sqlite/corrupt'));
  });

  it('reports folders that are missing or in the way', () => {
    expect(() => open({ path: join(folder(), 'missing', 'x.db3') })).toThrow(code('sqlite/cannot-open'));
    expect(() => open({ path: join(folder(), 'missing', 'x.db3'), exclusive: true })).toThrow(
      code('sqlite/cannot-open'),
    );
    mkdirSync(join(folder(), 'folder.db3'));
    expect(() => open({ path: join(folder(), 'folder.db3') })).toThrow(code('sqlite/cannot-open'));
  });
}

function describeFiles(open: Open, folder: () => string, engine: EngineName): void {
  it('sets up the file: WAL, full sync on request, erased deletes', () => {
    const database = open({ synchronous: 'FULL' });
    expect(database.engine).toBe(engine);
    expect(database.encrypted).toBe(false);
    expect(database.path).toBe(join(folder(), 'test.db3'));
    expect(database.pragma('journal_mode')).toBe('wal');
    expect(database.pragma('synchronous')).toBe(2);
    expect(database.pragma('secure_delete')).toBe(1);
    expect(database.pragma('foreign_keys')).toBe(1);
    expect(database.pragma('busy_timeout')).toBe(5000);
    database.close();
    expect(open().pragma('synchronous')).toBe(1);
  });

  it('keeps what was committed across close and open', () => {
    const database = open({ exclusive: true });
    database.exec('CREATE TABLE t (i)');
    database.transaction(() => database.prepare('INSERT INTO t VALUES (?)').run(42));
    database.close();
    expect(existsSync(join(folder(), 'test.db3.lock'))).toBe(false);
    expect(open({ exclusive: true }).prepare('SELECT i FROM t').get()).toEqual({ i: 42 });
  });

  it('names memory databases and leaves no file', () => {
    const database = open({ path: null, key: new Uint8Array(32), exclusive: true });
    expect([database.path, database.encrypted]).toEqual([':memory:', false]);
  });

  it('refuses a second connection to an exclusive database until the first is closed', () => {
    const first = open({ exclusive: true });
    expect(() => open({ exclusive: true })).toThrow(code('sqlite/locked-by-another-process'));
    first.exec('CREATE TABLE still_works (i)');
    first.close();
    open({ exclusive: true }).close();
  });

  it('keeps the lock until it is really closed', () => {
    const first = open({ exclusive: true });
    first.exec('CREATE TABLE t (i); INSERT INTO t VALUES (1), (2)');
    const rows = first.prepare('SELECT i FROM t').iterate();
    rows.next();
    // Engines differ in whether they close over an open iteration; the lock follows the connection either way.
    let closed = true;
    try {
      first.close();
    } catch {
      closed = false;
    }
    if (!closed) {
      expect(() => open({ exclusive: true })).toThrow(code('sqlite/locked-by-another-process'));
      rows.return?.();
      first.close();
    }
    expect(open({ exclusive: true }).prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 2 });
  });

  it('gives the lock back when opening fails', () => {
    const path = join(folder(), 'bad.db3');
    writeFileSync(path, 'x'.repeat(5000));
    expect(() => open({ path, exclusive: true })).toThrow(code('sqlite/corrupt'));
    rmSync(path);
    open({ path, exclusive: true });
  });

  it('refuses keys that are not 32 bytes', () => {
    expect(() => open({ key: new Uint8Array(31) })).toThrow(code('sqlite/misuse'));
  });
}
