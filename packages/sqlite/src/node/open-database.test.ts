/** What openDatabase does with a key where the engine cannot encrypt. The wasm engine stands for those. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database.js';
import { availableEngines } from './engines.js';
import { type OpenDatabaseOptions, openDatabase } from './open-database.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const key = new Uint8Array(32).fill(1);

let folder: string;
let opened: Database[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-open-'));
  opened = [];
});
afterEach(() => {
  for (const database of opened) database.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(options: Partial<OpenDatabaseOptions> = {}): Database {
  const database = openDatabase({ path: join(folder, 'test.db3'), engine: 'node-sqlite3-wasm', ...options });
  opened.push(database);
  return database;
}

describe('openDatabase with a key and an engine that cannot encrypt', () => {
  it('refuses, and creates nothing', () => {
    expect(() => open({ key })).toThrow(code('sqlite/encryption-unavailable'));
    expect(() => open({ key, requireEncryption: true })).toThrow(code('sqlite/encryption-unavailable'));
    expect(() => statSync(join(folder, 'test.db3'))).toThrow();
  });

  it('opens unencrypted when that is allowed, says so once in a sentence, and keeps other users out', () => {
    const notices: string[] = [];
    const database = open({ key, requireEncryption: false, onNotice: (sentence) => notices.push(sentence) });
    database.exec('CREATE TABLE t (i)');
    expect(database.encrypted).toBe(false);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/^The database .* is not encrypted: .*\.$/);
    expect(statSync(join(folder, 'test.db3')).mode & 0o777).toBe(0o600);
  });

  it('says nothing without a key', () => {
    open({ onNotice: () => expect.unreachable() });
  });

  it.each(availableEngines())('keeps other users out without a key too, from the log as well: %s', (engine) => {
    const database = openDatabase({ path: join(folder, 'plain.db3'), engine });
    opened.push(database);
    database.exec('CREATE TABLE t (i)');
    const modes = readdirSync(folder)
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, statSync(join(folder, name)).mode & 0o777]);
    expect(modes.length).toBeGreaterThan(1);
    for (const [name, mode] of modes) expect([name, mode]).toEqual([name, 0o600]);
  });

  it('leaves a file that is there as open as it was made, and says who can read it', () => {
    const path = join(folder, 'test.db3');
    writeFileSync(path, '', { mode: 0o640 });
    const notices: string[] = [];
    open({ onNotice: (sentence) => notices.push(sentence) });
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(notices).toEqual([expect.stringMatching(/other users of this machine can read it\. Run "chmod 600"/)]);
  });

  it('does not say so of a file that is encrypted', () => {
    const path = join(folder, 'encrypted.db3');
    const onNotice = () => expect.unreachable();
    for (let times = 0; times < 2; times++) {
      const database = openDatabase({ path, key, engine: 'better-sqlite3-multiple-ciphers', onNotice });
      expect(database.encrypted).toBe(true);
      database.close();
      chmodSync(path, 0o644);
    }
  });

  it('refuses a file that is encrypted, whatever is allowed', () => {
    const header = Buffer.alloc(4096);
    header.write('SQLite format 3\0', 'latin1');
    header[20] = 80;
    writeFileSync(join(folder, 'test.db3'), header);
    expect(() => open({ key, requireEncryption: false })).toThrow(code('sqlite/encryption-unavailable'));
    expect(() => open()).toThrow(code('sqlite/wrong-key'));
  });
});
