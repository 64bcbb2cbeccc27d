/** What SQLite has committed is in the files, whatever comes then; what it has not is nowhere. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Database } from '../database.js';
import { NoRoom, type VfsFile } from './file-vfs.js';
import { openBrowserSqlite, PagedFile } from './index.js';
import { walFile } from './wal-file.js';

const wasm = await readFile(createRequire(import.meta.url).resolve('@evolu/sqlite-wasm/sqlite3.wasm'));
const sqlite = await openBrowserSqlite(wasm);
const KEY = new Uint8Array(32).fill(7);
const NAMES = ['/client.db3', '/client.db3-wal', '/client.db3-journal'];

/** A disk: files whose writes are counted, and fail once there is no room. */
class Disk {
  readonly files: PagedFile[];
  writes = 0;
  roomFor = Number.POSITIVE_INFINITY;

  constructor(files = NAMES.map(() => new PagedFile())) {
    this.files = files;
  }

  open(): Database {
    const [database, wal, journal] = this.files.map((file) => this.#counted(file)) as [VfsFile, VfsFile, VfsFile];
    const files = new Map([database, walFile(wal), journal].map((file, i) => [NAMES[i] as string, file]));
    return sqlite.openFile({ files, isEmpty: this.files[0]?.size === 0, close: () => {} }, KEY);
  }

  /** As it is found after a crash at this moment. */
  copy(): Disk {
    return new Disk(
      this.files.map((file) => {
        const bytes = new Uint8Array(file.size);
        file.read(bytes, 0);
        const copy = new PagedFile();
        copy.write(bytes, 0);
        return copy;
      }),
    );
  }

  #counted(file: PagedFile): VfsFile {
    return {
      get size() {
        return file.size;
      },
      read: (target, offset) => file.read(target, offset),
      write: (source, offset) => {
        this.writes++;
        if (this.writes > this.roomFor) throw new NoRoom('none');
        file.write(source, offset);
      },
      truncate: (size) => file.truncate(size),
      sync: () => {},
    };
  }
}

const textOf = (number: number): string => `${number}`.repeat(900);

function withTable(disk: Disk): Database {
  const database = disk.open();
  database.exec('CREATE TABLE t (number INTEGER, text TEXT); CREATE INDEX by_number ON t (number)');
  return database;
}

function insert(database: Database, numbers: readonly number[]): void {
  const statement = database.prepare('INSERT INTO t VALUES (?, ?)');
  for (const number of numbers) statement.run(number, textOf(number));
}

/** Writes again what is in the log already. */
function rewrite(database: Database): void {
  for (let i = 0; i < 2; i++) {
    database.exec("UPDATE t SET text = 'x' || substr(text, 2)");
    database.exec('UPDATE t SET text = substr(number || text, 1, 1) || substr(text, 2)');
  }
}

function numbersIn(database: Database): unknown[] {
  expect(database.pragma('integrity_check')).toEqual('ok');
  return database
    .prepare<{ number: number; text: string }>('SELECT number, text FROM t ORDER BY rowid')
    .all()
    .map(({ number, text }) => {
      expect(text).toBe(textOf(number));
      return number;
    });
}

describe('a write-ahead log written a transaction at a time', () => {
  it('takes one write for a transaction of many pages', () => {
    const disk = new Disk();
    const database = withTable(disk);
    disk.writes = 0;
    database.transaction(() => insert(database, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
    expect(disk.writes).toBe(1);
    database.close();
  });

  it('has what was committed when a crash comes, and nothing of what was not', () => {
    const transactions = fc.array(
      fc.record({
        numbers: fc.array(fc.nat({ max: 99 }), { maxLength: 60 }),
        isUndone: fc.boolean(),
        isRepeated: fc.boolean(),
        isChecked: fc.boolean(),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(transactions, fc.boolean(), (given, spills) => {
        const disk = new Disk();
        const database = withTable(disk);
        // Pages of a transaction under way go to the log when there is no room for them in memory.
        if (spills) database.exec('PRAGMA cache_size = 5');
        const committed: number[] = [];
        for (const { numbers, isUndone, isRepeated, isChecked } of given) {
          try {
            database.transaction(() => {
              insert(database, numbers);
              if (isRepeated) rewrite(database);
              expect(numbersIn(disk.copy().open())).toEqual(committed);
              if (isUndone) throw new RangeError('undone');
            });
            committed.push(...numbers);
          } catch (error) {
            if (!(error instanceof RangeError)) throw error;
          }
          if (isChecked) database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
          expect(numbersIn(disk.copy().open())).toEqual(committed);
        }
        expect(numbersIn(database)).toEqual(committed);
        database.close();
        expect(numbersIn(disk.open())).toEqual(committed);
      }),
      { numRuns: 60 },
    );
  });

  it('has what a transaction wrote twice, as there was no room for it in memory', () => {
    const disk = new Disk();
    const database = withTable(disk);
    database.exec('PRAGMA cache_size = 5');
    const many = Array.from({ length: 200 }, (_, i) => i);
    database.transaction(() => {
      insert(database, many);
      rewrite(database);
    });
    expect(numbersIn(disk.copy().open())).toEqual(many);
    database.close();
  });

  it.each([
    { spills: false, isRepeated: false, rows: 400, step: 1 },
    { spills: true, isRepeated: false, rows: 400, step: 1 },
    { spills: true, isRepeated: true, rows: 60, step: 5 },
  ])(
    'rolls back where there is no room, and goes on when there is some ($spills, $isRepeated)',
    ({ spills, isRepeated, rows, step }) => {
      const many = Array.from({ length: rows }, (_, i) => i);
      for (let room = 0; ; room += step) {
        const disk = new Disk();
        const database = withTable(disk);
        if (spills) database.exec('PRAGMA cache_size = 5');
        insert(database, [1]);
        disk.writes = 0;
        disk.roomFor = room;
        let code: unknown;
        try {
          database.transaction(() => {
            insert(database, many);
            if (isRepeated) rewrite(database);
          });
        } catch (error) {
          code = (error as { code?: unknown }).code;
        }
        disk.roomFor = Number.POSITIVE_INFINITY;
        const before = code === undefined ? [1, ...many] : [1];
        if (code !== undefined) expect(code).toBe('sqlite/full');
        expect(numbersIn(database)).toEqual(before);
        insert(database, [2]);
        expect(numbersIn(disk.copy().open())).toEqual([...before, 2]);
        database.close();
        expect(numbersIn(disk.open())).toEqual([...before, 2]);
        if (code === undefined) break;
      }
    },
  );
});
