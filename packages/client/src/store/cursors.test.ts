import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { getCursor, groupReadCursor, listCursors, raiseCursor, setCursor } from './cursors.js';
import { openStore } from './migrate.js';

const GROUP = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);

describe.each(availableEngines())('on %s:', (engine) => {
  let db: Database;
  beforeEach(() => {
    db = openDatabase({ path: null, engine });
    openStore(db);
  });

  describe('cursors', () => {
    it('only move forward, each kind by itself', () => {
      raiseCursor(db, GROUP, 'commit', 5n);
      raiseCursor(db, GROUP, 'commit', 3n);
      raiseCursor(db, GROUP, 'application', 2n ** 62n);
      raiseCursor(db, OTHER, 'commit', 1n);
      expect(getCursor(db, GROUP, 'commit')).toBe(5n);
      expect(getCursor(db, GROUP, 'welcome')).toBe(0n);
      expect(groupReadCursor(db, GROUP)).toBe(2n ** 62n);
      expect(groupReadCursor(db, OTHER)).toBe(1n);
      expect(listCursors(db, GROUP)).toEqual([
        { kind: 'application', sequenceId: 2n ** 62n },
        { kind: 'commit', sequenceId: 5n },
      ]);
    });

    it('move back where they are set', () => {
      raiseCursor(db, GROUP, 'commit', 5n);
      setCursor(db, GROUP, 'commit', 3n);
      setCursor(db, OTHER, 'application', 7n);
      expect(getCursor(db, GROUP, 'commit')).toBe(3n);
      expect(groupReadCursor(db, OTHER)).toBe(7n);
    });
  });
});
