/** The part of the compliance suite on full-text search: what the client asks of FTS5, which every engine must have. */
import { expect, it } from 'vitest';
import type { Database } from './database.js';

const TABLES = `
  CREATE TABLE notes (position INTEGER PRIMARY KEY, at INTEGER NOT NULL);
  CREATE VIRTUAL TABLE texts USING fts5(
    text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
  );
  INSERT INTO texts (texts, rank) VALUES ('secure-delete', 1);
  CREATE TRIGGER notes_gone AFTER DELETE ON notes BEGIN DELETE FROM texts WHERE rowid = old.position; END;`;

/** Words are found by their beginnings, in any order, case and accent; what is deleted is found no more. */
export function describeSearch(open: () => Database): void {
  const filled = (...texts: string[]): Database => {
    const database = open();
    database.exec(TABLES);
    database.transaction(() => {
      for (const [at, text] of texts.entries()) {
        database.prepare('INSERT INTO notes VALUES (?, ?)').run(at + 1, at);
        database.prepare('INSERT INTO texts (rowid, text) VALUES (?, ?)').run(at + 1, text);
      }
    });
    return database;
  };
  const found = (database: Database, match: string): number[] =>
    database
      .prepare<{ position: number }>(
        'SELECT n.position FROM texts t JOIN notes n ON n.position = t.rowid WHERE texts MATCH ? ORDER BY n.at DESC',
      )
      .all(match)
      .map(({ position }) => position);

  it('finds beginnings of words, whatever case and accents', () => {
    const database = filled(
      'Gr\u00fc\u00dfe aus K\u00f6ln',
      'der Hafen von K\u00f6ln',
      '\u041c\u043e\u0441\u043a\u0432\u0430 \u6771\u4eac',
    );
    expect(found(database, '"koln"*')).toEqual([2, 1]);
    expect(found(database, '"K\u00d6L"* "haf"*')).toEqual([2]);
    expect(found(database, '"\u043c\u043e\u0441\u043a"*')).toEqual([3]);
    expect(found(database, '"hamburg"*')).toEqual([]);
  });

  it('finds no more what was deleted or rolled back', () => {
    const database = filled('one anchor', 'another anchor');
    database.prepare('DELETE FROM notes WHERE position = ?').run(1);
    expect(found(database, '"anchor"*')).toEqual([2]);
    const fault = new RangeError('of the test');
    const undone = (): void =>
      database.transaction(() => {
        database.prepare('DELETE FROM notes').run();
        throw fault;
      });
    expect(undone).toThrow(fault);
    expect(found(database, '"anchor"*')).toEqual([2]);
  });
}
