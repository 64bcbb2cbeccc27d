import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { getOwedWelcomes, getStagedCommit, listIntents } from './intents.js';
import { openStore, readSchemaVersion } from './migrate.js';
import { MIGRATIONS, SCHEMA_VERSION } from './schema.js';

const refusal = (code: string) => expect.objectContaining({ code });

describe.each(availableEngines())('on %s:', (engine) => {
  let db: Database;
  beforeEach(() => {
    db = openDatabase({ path: null, engine });
    openStore(db);
  });

  describe('the schema', () => {
    it('is made once and keeps its version', () => {
      const fresh = openDatabase({ path: null, engine });
      expect(readSchemaVersion(fresh)).toBe(0);
      expect(openStore(fresh)).toEqual({ fromVersion: 0, toVersion: SCHEMA_VERSION });
      expect(openStore(fresh)).toEqual({ fromVersion: SCHEMA_VERSION, toVersion: SCHEMA_VERSION });
    });

    it('refuses a database of a later version and leaves it alone', () => {
      db.exec('UPDATE schema_version SET version = 99');
      expect(() => openStore(db)).toThrow(refusal('client/database-newer'));
      expect(readSchemaVersion(db)).toBe(99);
      db.exec('DELETE FROM schema_version');
      expect(() => openStore(db)).toThrow(refusal('client/database-damaged'));
    });

    it('keeps what commits carry when it moves out of the rows of their intents', () => {
      const old = openDatabase({ path: null, engine });
      openStore(old, MIGRATIONS.slice(0, 4));
      old.exec(`INSERT INTO intents (group_id, kind, data, state, should_push, created_at_ns, attempts, staged_commit, post_commit)
        VALUES (x'01', 4, x'', 2, 0, 0, 0, x'0a', x'0b'), (x'01', 4, x'', 3, 0, 0, 0, NULL, x'0c'), (x'01', 1, x'', 1, 0, 0, 0, NULL, NULL)`);
      openStore(old);
      const carried = [1n, 2n, 3n].map((id) => [getStagedCommit(old, id), getOwedWelcomes(old, id)]);
      expect(carried).toEqual([
        [Uint8Array.of(10), Uint8Array.of(11)],
        [undefined, Uint8Array.of(12)],
        [undefined, undefined],
      ]);
      expect(listIntents(old, '01', ['to-publish', 'published', 'committed'])).toHaveLength(3);
    });

    it('runs what is missing, each version whole or not at all', () => {
      const grown = [...MIGRATIONS, 'CREATE TABLE extra (x); INSERT INTO extra VALUES (7);'];
      const broken = [...grown, 'CREATE TABLE half (x); SELECT * FROM no_such_table;'];
      expect(() => openStore(db, broken)).toThrow();
      expect(readSchemaVersion(db)).toBe(MIGRATIONS.length + 1);
      expect(db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'half'").get()).toEqual({ n: 0 });
      expect(openStore(db, grown)).toEqual({ fromVersion: MIGRATIONS.length + 1, toVersion: MIGRATIONS.length + 1 });
      expect(db.prepare('SELECT x FROM extra').get()).toEqual({ x: 7 });
    });
  });
});
