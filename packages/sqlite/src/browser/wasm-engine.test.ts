/** The browser's engine, on Node and in memory; files and encryption are tested in a real browser (packages/browser-sdk/test/browser). */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { describeStatements, describeTransactions, describeValues } from '../compliance-statements.testkit.js';
import type { Database } from '../database.js';
import { FileVfs } from './file-vfs.js';
import { type FileChanges, imageOf, openBrowserSqlite, PagedFile } from './index.js';
import { keptFile } from './kept-file.js';
import { startSqlite3 } from './sqlite3-module.js';
import { wasmEngine } from './wasm-engine.js';

const wasm = await readFile(createRequire(import.meta.url).resolve('@evolu/sqlite-wasm/sqlite3.wasm'));
const sqlite = await openBrowserSqlite(wasm);

describe('database on sqlite3-wasm', () => {
  const opened: Database[] = [];
  const open = (): Database => {
    const database = sqlite.openMemory();
    opened.push(database);
    return database;
  };
  afterEach(() => {
    for (const database of opened.splice(0)) database.close();
  });

  describeValues(open);
  describeStatements(open);
  describeTransactions(open);
});

describe('a kept file', () => {
  const KEY = new Uint8Array(32).fill(7);
  /** Keeps what is synced, as a store would. */
  function keeper() {
    const blocks = new Map<number, Uint8Array>();
    let size = 0;
    return {
      blocks,
      file: () => new PagedFile(size, blocks),
      onSync(changes: FileChanges): void {
        size = changes.size;
        for (const [index, block] of changes.blocks) blocks.set(index, block.slice());
      },
    };
  }

  it('holds each transaction when it ends, and nothing that is readable without the key', () => {
    const kept = keeper();
    const first = sqlite.openKept(kept.file(), kept.onSync, { key: KEY });
    first.exec('CREATE TABLE t (s TEXT)');
    first.transaction(() => first.prepare('INSERT INTO t VALUES (?)').run('a sentence to be found'));
    // Never closed: as when the tab crashes.
    const second = sqlite.openKept(kept.file(), kept.onSync, { key: KEY });
    expect(second.prepare('SELECT s FROM t').all()).toEqual([{ s: 'a sentence to be found' }]);
    expect(second.encrypted).toBe(true);
    const all = [...kept.blocks.values()].map((block) => new TextDecoder('latin1').decode(block)).join('');
    expect(all).not.toContain('sentence');
    expect(all).not.toContain('SQLite format');
    second.close();
    first.close();
  });

  it('has salts and nonces from the platform: the same content is never the same bytes', () => {
    const files = [keeper(), keeper()].map((kept) => {
      const database = sqlite.openKept(kept.file(), kept.onSync, { key: KEY });
      database.exec('CREATE TABLE t (s TEXT)');
      database.close();
      return [...kept.blocks.values()].map((block) => Buffer.from(block).toString('hex'));
    });
    const [one, other] = files as [string[], string[]];
    expect(one.length).toBeGreaterThan(0);
    // Beside the format's header in clear (bytes 16 to 23), nothing is alike: not the salt, not a page, not a page's nonce.
    for (const [i, block] of one.entries()) {
      expect(block.slice(0, 32)).not.toBe(other[i]?.slice(0, 32));
      expect(block.slice(-64)).not.toBe(other[i]?.slice(-64));
    }
  });

  it('has pages of 4096 bytes; one that has larger ones keeps them', async () => {
    const kept = keeper();
    const database = sqlite.openKept(kept.file(), kept.onSync, { key: KEY });
    expect(database.pragma('page_size')).toBe(4096);
    database.close();
    // As files were made before.
    const earlier = keeper();
    const sqlite3 = await startSqlite3(wasm);
    new FileVfs(sqlite3).register('earlier', new Map([['/client.db3', keptFile(earlier.file(), earlier.onSync)]]));
    const rawKey = new TextEncoder().encode(`raw:${Buffer.from(KEY).toString('hex')}`);
    const connection = wasmEngine(sqlite3, 'earlier').openEncrypted?.('/client.db3', rawKey);
    connection?.exec("CREATE TABLE t (s TEXT); INSERT INTO t VALUES ('from before')");
    connection?.close();
    const again = sqlite.openKept(earlier.file(), earlier.onSync, { key: KEY });
    expect(again.pragma('page_size')).toBe(8192);
    again.prepare('INSERT INTO t VALUES (?)').run('and from now');
    expect(again.prepare('SELECT count(*) AS count FROM t').get()).toEqual({ count: 2 });
    again.close();
  });

  it('draws the salt of a new file from the platform', async () => {
    const drawn: string[] = [];
    const draw = crypto.getRandomValues.bind(crypto);
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((target) => {
      draw(target);
      drawn.push(Buffer.from(target as Uint8Array).toString('hex'));
      return target;
    });
    try {
      const fresh = await openBrowserSqlite(wasm);
      fresh.openKept(keeper().file(), () => {}, { key: KEY }).close();
    } finally {
      vi.restoreAllMocks();
    }
    expect(drawn.join('').length / 2).toBeGreaterThanOrEqual(16);
  });

  it('does not open with another key', () => {
    const kept = keeper();
    sqlite.openKept(kept.file(), kept.onSync, { key: KEY }).close();
    const first = sqlite.openKept(kept.file(), kept.onSync, { key: KEY });
    first.exec('CREATE TABLE t (s TEXT)');
    first.close();
    for (const key of [new Uint8Array(32).fill(8), undefined]) {
      expect(() => sqlite.openKept(kept.file(), kept.onSync, { key })).toThrow(
        expect.objectContaining({ code: key === undefined ? 'sqlite/corrupt' : 'sqlite/wrong-key' }),
      );
    }
  });

  describe('that is new', () => {
    const prepared = sqlite.openKept(keeper().file(), () => {}, { key: KEY });
    prepared.exec(`CREATE TABLE t (s TEXT); CREATE INDEX t_by_s ON t (s); CREATE VIRTUAL TABLE words USING fts5 (word);
      INSERT INTO t VALUES ('prepared'); INSERT INTO words VALUES ('prepared');
      INSERT INTO t SELECT printf('%0500d', value) FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]')`);
    const image = imageOf(prepared);
    const schemaOf = (database: Database) => database.prepare('SELECT * FROM sqlite_schema').all();

    it('begins as a copy of an image, as whole and as encrypted as any other', async () => {
      const begun = await openBrowserSqlite(wasm, image);
      const kept = keeper();
      const first = begun.openKept(kept.file(), kept.onSync, { key: KEY });
      expect(schemaOf(first)).toEqual(schemaOf(prepared));
      first.transaction(() => first.prepare('INSERT INTO t VALUES (?)').run('more'));
      // Never closed: as when the tab crashes. Another engine reads it, which knows of no image.
      const second = sqlite.openKept(kept.file(), kept.onSync, { key: KEY });
      expect(second.pragma('integrity_check')).toBe('ok');
      expect(second.pragma('journal_mode')).toBe('memory');
      expect(second.prepare("SELECT s FROM t WHERE s > 'a' ORDER BY s").all()).toEqual([
        { s: 'more' },
        { s: 'prepared' },
      ]);
      expect(second.prepare("SELECT word FROM words WHERE words MATCH 'prepared'").all()).toHaveLength(1);
      const all = [...kept.blocks.values()].map((block) => new TextDecoder('latin1').decode(block)).join('');
      expect(all).not.toContain('CREATE');
      for (const each of [first, second]) each.close();
    });

    it('begins so with a write-ahead log as well, and a crash leaves it whole', async () => {
      const begun = await openBrowserSqlite(wasm, image);
      const files = new Map(['', '-wal', '-journal'].map((end) => [`/client.db3${end}`, new PagedFile()]));
      const syncs = [...files.values()].map((file) => vi.spyOn(file, 'sync'));
      const crashed = { files, isEmpty: true, close: () => {} };
      const first = begun.openFile(crashed, KEY);
      expect(syncs.map(({ mock }) => mock.calls.length)).toEqual([1, 0, 0]);
      expect(first.pragma('synchronous')).toBe(1);
      expect(schemaOf(first)).toEqual(schemaOf(prepared));
      first.prepare('INSERT INTO t VALUES (?)').run('more');
      const second = sqlite.openFile(crashed, KEY);
      expect(second.pragma('journal_mode')).toBe('wal');
      expect(second.pragma('integrity_check')).toBe('ok');
      expect(second.prepare("SELECT s FROM t WHERE s > 'a' ORDER BY s").all()).toEqual([
        { s: 'more' },
        { s: 'prepared' },
      ]);
      second.close();
      const third = begun.openFile(crashed, KEY);
      expect(third.prepare("SELECT s FROM t WHERE s > 'a'").all()).toHaveLength(2);
      third.close();
    });

    it('begins anew where a crash has left a part of the log', async () => {
      const begun = await openBrowserSqlite(wasm, image);
      for (const share of [0.1, 0.5, 0.99]) {
        const files = new Map(['', '-wal', '-journal'].map((end) => [`/client.db3${end}`, new PagedFile()]));
        begun.openFile({ files, isEmpty: true, close: () => {} }, KEY);
        const log = files.get('/client.db3-wal') as PagedFile;
        log.truncate(Math.floor(log.size * share));
        const again = begun.openFile({ files, isEmpty: false, close: () => {} }, KEY);
        expect(schemaOf(again)).toEqual(schemaOf(prepared));
        expect(again.pragma('integrity_check')).toBe('ok');
        again.close();
      }
    });

    it('is empty where an image cannot be: in memory, without a key, of pages of another length', async () => {
      const begun = await openBrowserSqlite(wasm, image);
      const otherLength = image.slice();
      new DataView(otherLength.buffer).setUint32(0, 8192, true);
      const other = await openBrowserSqlite(wasm, otherLength);
      const opened = [
        begun.openMemory(),
        begun.openKept(keeper().file(), () => {}),
        other.openKept(keeper().file(), () => {}, { key: KEY }),
      ];
      expect(opened.map(schemaOf)).toEqual([[], [], []]);
      for (const each of opened) each.close();
    });

    it('stays empty when the image cannot be kept, and begins as one the next time', async () => {
      const begun = await openBrowserSqlite(wasm, image);
      const kept = keeper();
      const refuse = (): void => {
        throw new Error('quota');
      };
      expect(() => begun.openKept(kept.file(), refuse, { key: KEY })).toThrow(
        expect.objectContaining({ code: 'sqlite/full' }),
      );
      const again = begun.openKept(kept.file(), kept.onSync, { key: KEY });
      expect(schemaOf(again)).toEqual(schemaOf(prepared));
      again.close();
    });
  });

  it('refuses the transaction that cannot be kept', () => {
    const kept = keeper();
    let isFull = false;
    const onSync = (changes: FileChanges): void => {
      if (isFull) throw new Error('quota');
      kept.onSync(changes);
    };
    const database = sqlite.openKept(kept.file(), onSync, { key: KEY });
    database.exec('CREATE TABLE t (s TEXT)');
    isFull = true;
    expect(() => database.prepare('INSERT INTO t VALUES (?)').run('lost')).toThrow(
      expect.objectContaining({ code: 'sqlite/full' }),
    );
    isFull = false;
    expect(database.prepare('SELECT s FROM t').all()).toEqual([]);
    database.prepare('INSERT INTO t VALUES (?)').run('kept');
    expect(database.prepare('SELECT s FROM t').all()).toEqual([{ s: 'kept' }]);
    database.close();
  });
});
