import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from './node/index.js';
import { ReleasableDatabase } from './releasable-database.js';

let folder: string;
let openings = 0;
const open = () => {
  openings += 1;
  return openDatabase({ path: join(folder, 'a.db3'), exclusive: true });
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-releasable-'));
  openings = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const released = expect.objectContaining({ code: 'sqlite/released' });
const misuse = expect.objectContaining({ code: 'sqlite/misuse' });

describe('a database that can be released', () => {
  it('is what it was after it was taken up again, and lets others in meanwhile', async () => {
    const db = await ReleasableDatabase.open(open);
    db.exec('CREATE TABLE t (n INTEGER)');
    db.transaction(() => db.prepare('INSERT INTO t VALUES (?)').run(1));
    expect(() => open()).toThrow(expect.objectContaining({ code: 'sqlite/locked-by-another-process' }));
    db.release();
    db.release();
    const other = open();
    other.prepare('INSERT INTO t VALUES (?)').run(2);
    other.close();
    await Promise.all([db.reconnect(), db.reconnect()]);
    await db.reconnect();
    expect(db.prepare('SELECT sum(n) AS n FROM t').get()).toEqual({ n: 3 });
    expect([db.path, db.encrypted, db.engine.length > 0]).toEqual([join(folder, 'a.db3'), false, true]);
    expect(openings).toBe(4);
    db.close();
  });

  it('refuses everything while it is released, and says so', async () => {
    const db = await ReleasableDatabase.open(open);
    db.release();
    expect(() => db.exec('SELECT 1')).toThrow(released);
    expect(() => db.pragma('user_version')).toThrow(released);
    expect(() => db.prepare('SELECT 1')).toThrow(released);
    expect(() => db.transaction(() => 1)).toThrow(released);
    expect(() => db.path).toThrow(released);
    db.close();
    expect(() => db.exec('SELECT 1')).toThrow(misuse);
    await expect(db.reconnect()).rejects.toThrow(misuse);
  });

  it('stays released when it cannot be opened, and is closed when it was closed meanwhile', async () => {
    let isBroken = false;
    const db = await ReleasableDatabase.open(() => {
      if (isBroken) throw new RangeError('of the host');
      return open();
    });
    db.release();
    isBroken = true;
    await expect(db.reconnect()).rejects.toThrow(RangeError);
    expect(() => db.exec('SELECT 1')).toThrow(released);
    isBroken = false;
    const reconnecting = db.reconnect();
    db.close();
    await reconnecting;
    open().close();
  });
});
