import { openDatabase } from '@conclave/sqlite/node';
import { describe, expect, it } from 'vitest';
import { CrashingDatabase } from './crashing-database.js';
import { SimulatedCrash } from './errors.js';

function setup() {
  const data = openDatabase({ path: null });
  data.exec('CREATE TABLE words (word TEXT)');
  const words = () =>
    data
      .prepare<{ word: string }>('SELECT word FROM words ORDER BY rowid')
      .all()
      .map(({ word }) => word);
  return { data, words };
}

function write(db: CrashingDatabase, word: string): void {
  db.prepare('INSERT INTO words (word) VALUES (?)').run(word);
}

describe('a database whose process ends', () => {
  it('keeps what was committed before, and nothing of the commit it ends in', () => {
    const { data, words } = setup();
    let ends = 0;
    const db = new CrashingDatabase(data, () => {
      ends += 1;
    });
    db.crashAt = { commit: 2, when: 'before' };
    write(db, 'kept');
    expect(() =>
      db.transaction(() => {
        write(db, 'lost');
        db.transaction(() => write(db, 'lost too'));
      }),
    ).toThrow(SimulatedCrash);
    expect([words(), ends]).toEqual([['kept'], 1]);
    expect(() => write(db, 'after the end')).toThrow(SimulatedCrash);
    expect(() => db.prepare('SELECT 1')).toThrow(SimulatedCrash);
    expect(words()).toEqual(['kept']);
  });

  it('keeps the commit after which it ends', () => {
    const { data, words } = setup();
    const db = new CrashingDatabase(data);
    db.crashAt = { commit: 1, when: 'after' };
    expect(() => db.transaction(() => write(db, 'kept'))).toThrow(SimulatedCrash);
    expect(words()).toEqual(['kept']);
  });

  it('can end at a write outside of a transaction, before and after', () => {
    for (const [when, expected] of [
      ['before', []],
      ['after', ['one']],
    ] as const) {
      const { data, words } = setup();
      const db = new CrashingDatabase(data);
      db.crashAt = { commit: 1, when };
      const insert = db.prepare<{ word: string }>('INSERT INTO words (word) VALUES (?) RETURNING word');
      expect(() => insert.get('one')).toThrow(SimulatedCrash);
      expect(words()).toEqual(expected);
    }
  });

  it('counts commits and not what is read, and is otherwise the database', () => {
    const { data, words } = setup();
    const db = new CrashingDatabase(data);
    db.transaction(() => {
      write(db, 'one');
      write(db, 'two');
    });
    expect(db.prepare('SELECT count(*) AS n FROM words').get()).toEqual({ n: 2 });
    expect([...db.prepare('SELECT word FROM words').iterate()]).toHaveLength(2);
    expect(() =>
      db.transaction(() => {
        write(db, 'three');
        throw new RangeError('no');
      }),
    ).toThrow('no');
    db.exec("INSERT INTO words VALUES ('four')");
    expect(db.pragma('user_version')).toBe(0);
    expect([words(), db.commits]).toEqual([['one', 'two', 'four'], 3]);
    db.close();
    expect(() => write(db, 'five')).toThrow(SimulatedCrash);
  });
});
