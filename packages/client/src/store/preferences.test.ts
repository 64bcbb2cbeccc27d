import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { openStore } from './migrate.js';
import { cycleHmacRoot, getHmacRoot, mergeHmacRoot, requireHmacRoot } from './preferences.js';

describe.each(availableEngines())('on %s:', (engine) => {
  let db: Database;
  beforeEach(() => {
    db = openDatabase({ path: null, engine });
    openStore(db);
  });

  describe('the HMAC root', () => {
    it('is made once, cycled on purpose, and replaced by a newer one', () => {
      let next = 0;
      const random = (length: number) => new Uint8Array(length).fill(++next);
      expect(getHmacRoot(db)).toBe(undefined);
      const made = requireHmacRoot(db, random, 10n);
      expect(made.root).toHaveLength(42);
      expect(requireHmacRoot(db, random, 20n)).toEqual(made);
      const cycled = cycleHmacRoot(db, random, 30n);
      expect(cycled.root).not.toEqual(made.root);
      expect(mergeHmacRoot(db, { root: made.root, cycledAtNs: 30n })).toBe(false);
      expect(mergeHmacRoot(db, { root: cycled.root, cycledAtNs: 31n })).toBe(false);
      expect(mergeHmacRoot(db, { root: made.root, cycledAtNs: 32n })).toBe(true);
      expect(getHmacRoot(db)).toEqual({ root: made.root, cycledAtNs: 32n });
    });
  });
});
