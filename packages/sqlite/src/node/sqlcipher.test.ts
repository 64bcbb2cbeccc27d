/** Encrypted files; runs where the native addon loads. Elsewhere `open-database.test.ts` covers the refusal. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8, toHex } from '@conclave/crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database.js';
import { findEngine } from './engines.js';
import { type OpenDatabaseOptions, openDatabase } from './open-database.js';
import { inspectFile, loadSalt, rawKeyLiteral, saltPathOf } from './sqlcipher.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const otherKey = new Uint8Array(32).fill(9);
const canEncrypt = findEngine('better-sqlite3-multiple-ciphers') !== undefined;

let folder: string;
let path: string;
let opened: Database[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-sqlcipher-'));
  path = join(folder, 'test.db3');
  opened = [];
});
afterEach(() => {
  for (const database of opened) database.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(options: Partial<OpenDatabaseOptions> = {}): Database {
  const database = openDatabase({ path, ...options });
  opened.push(database);
  return database;
}

function create(): void {
  const database = open({ key });
  database.exec("CREATE TABLE t (s TEXT); INSERT INTO t VALUES ('a sentence that must not be found in the file')");
  database.close();
}

describe('raw key literal', () => {
  it('is x, then key and salt in hex between quotes', () => {
    const salt = '00112233445566778899aabbccddeeff';
    expect(fromUtf8(rawKeyLiteral(key, salt))).toBe(`x'${toHex(key)}${salt}'`);
  });
});

describe('salt file', () => {
  it('is made once, readable to its user only, and read back', () => {
    const salt = loadSalt(path, 'new');
    expect(salt).toMatch(/^[0-9a-f]{32}$/);
    expect(readFileSync(saltPathOf(path), 'latin1')).toBe(salt);
    expect(statSync(saltPathOf(path)).mode & 0o777).toBe(0o400);
    expect([loadSalt(path, 'new'), loadSalt(path, 'encrypted')]).toEqual([salt, salt]);
  });

  it('differs from database to database', () => {
    expect(loadSalt(path, 'new')).not.toBe(loadSalt(join(folder, 'second.db3'), 'new'));
  });

  it('is never made for a database that exists', () => {
    expect(() => loadSalt(path, 'encrypted')).toThrow(code('sqlite/cannot-open'));
  });

  it.each(['', '00', `${'0'.repeat(31)}g`])('that holds %j is replaced for a new database only', (content) => {
    writeFileSync(saltPathOf(path), content);
    expect(() => loadSalt(path, 'encrypted')).toThrow(code('sqlite/cannot-open'));
    expect(loadSalt(path, 'new')).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe.runIf(canEncrypt)('encrypted database', () => {
  it('opens again with its key and holds nothing readable but the header', () => {
    create();
    const bytes = readFileSync(path);
    expect(bytes.toString('latin1', 0, 15)).toBe('SQLite format 3');
    expect(inspectFile(path)).toBe('encrypted');
    expect(bytes.includes('sentence')).toBe(false);
    expect(bytes.includes('CREATE TABLE')).toBe(false);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const database = open({ key });
    expect(database.encrypted).toBe(true);
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 1 });
  });

  it('keeps the write-ahead log encrypted too', () => {
    const database = open({ key });
    database.exec("CREATE TABLE t (s TEXT); INSERT INTO t VALUES ('a sentence that must not be found in the log')");
    const log = readFileSync(`${path}-wal`);
    expect(log.length).toBeGreaterThan(4096);
    expect(log.includes('sentence')).toBe(false);
  });

  it('refuses another key, no key, and a missing or changed salt', () => {
    create();
    expect(() => open({ key: otherKey })).toThrow(code('sqlite/wrong-key'));
    expect(() => open()).toThrow(code('sqlite/wrong-key'));
    const salt = readFileSync(saltPathOf(path), 'latin1');
    rmSync(saltPathOf(path));
    expect(() => open({ key })).toThrow(code('sqlite/cannot-open'));
    writeFileSync(saltPathOf(path), '0'.repeat(32));
    expect(() => open({ key })).toThrow(code('sqlite/wrong-key'));
    writeFileSync(saltPathOf(path), salt);
    expect(open({ key }).prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 1 });
  });

  it('leaves no trace of the key in errors', () => {
    create();
    try {
      open({ key: otherKey });
      expect.unreachable();
    } catch (error) {
      const { message, cause } = error as Error;
      expect(`${message} ${String(cause)}`).not.toContain(toHex(otherKey).slice(0, 8));
    }
  });

  it('reports damage behind the first page as corruption', () => {
    const database = open({ key });
    database.exec('CREATE TABLE t (b BLOB)');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    database.transaction(() => {
      for (let i = 0; i < 20; i++) insert.run(new Uint8Array(3000).fill(i));
    });
    database.close();
    const bytes = readFileSync(path);
    bytes.fill(0x55, 4096 * 5, 4096 * 5 + 100);
    writeFileSync(path, bytes);
    expect(() => open({ key }).prepare('SELECT sum(length(b)) FROM t').get()).toThrow(code('sqlite/corrupt'));
  });

  it('refuses an unencrypted file unless encryption is not required, and then says so', () => {
    open().exec('CREATE TABLE t (i)');
    opened.pop()?.close();
    expect(() => open({ key })).toThrow(code('sqlite/wrong-key'));
    const notices: string[] = [];
    const database = open({ key, requireEncryption: false, onNotice: (sentence) => notices.push(sentence) });
    expect(database.encrypted).toBe(false);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/^The database .* was created without encryption .*\.$/);
  });

  it('starts over when a process ended between making the salt and the database', () => {
    const salt = loadSalt(path, 'new');
    create();
    expect(readFileSync(saltPathOf(path), 'latin1')).toBe(salt);
    truncateSync(path, 0);
    rmSync(`${path}-wal`, { force: true });
    expect(open({ key }).prepare('SELECT count(*) AS n FROM sqlite_schema').get()).toEqual({ n: 0 });
  });

  it('reports a salt that cannot be read', () => {
    create();
    chmodSync(saltPathOf(path), 0o600);
    rmSync(saltPathOf(path));
    expect(() => open({ key })).toThrow(code('sqlite/cannot-open'));
  });
});
