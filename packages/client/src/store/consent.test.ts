import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  getConsentRecord,
  getConsentState,
  getConsentStates,
  listConsentRecords,
  mergeConsent,
  setConsent,
} from './consent.js';
import { openStore } from './migrate.js';

const GROUP = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);

describe.each(availableEngines())('on %s:', (engine) => {
  let db: Database;
  beforeEach(() => {
    db = openDatabase({ path: null, engine });
    openStore(db);
  });

  describe('consent', () => {
    const record = (state: 'unknown' | 'allowed' | 'denied', consentedAtNs: bigint, entity = GROUP) =>
      ({ entityType: 'conversation', entity, state, consentedAtNs }) as const;

    it('is unknown without a record', () => {
      expect(getConsentState(db, 'conversation', GROUP)).toBe('unknown');
      expect(setConsent(db, [record('unknown', 1n)])).toEqual([]);
      expect(getConsentStates(db, 'conversation', [GROUP, OTHER])).toEqual(
        new Map([
          [GROUP, 'unknown'],
          [OTHER, 'unknown'],
        ]),
      );
    });

    it('set here wins over what is stored, even when the clock was set back', () => {
      expect(setConsent(db, [record('allowed', 100n), record('denied', 5n, OTHER)])).toHaveLength(2);
      expect(setConsent(db, [record('allowed', 200n)])).toEqual([]);
      expect(setConsent(db, [record('denied', 50n)])).toEqual([record('denied', 101n)]);
      expect(getConsentRecord(db, 'conversation', GROUP)).toEqual(record('denied', 101n));
      expect(getConsentState(db, 'inbox', GROUP)).toBe('unknown');
      expect(listConsentRecords(db)).toEqual([record('denied', 101n), record('denied', 5n, OTHER)]);
    });

    it('from elsewhere wins when it is newer, so that all installations agree in the end', () => {
      const decision = fc.tuple(fc.constantFrom('unknown', 'allowed', 'denied'), fc.integer({ min: 1, max: 1000 }));
      fc.assert(
        fc.property(fc.uniqueArray(decision, { maxLength: 12, selector: ([, at]) => at }), (decisions) => {
          const records = decisions.map(([state, at]) => record(state as 'allowed', BigInt(at)));
          const newest = [...records].sort((a, b) => Number(b.consentedAtNs - a.consentedAtNs))[0];
          for (const order of [records, [...records].reverse()]) {
            db.exec('DELETE FROM consent');
            for (const each of order) mergeConsent(db, [each]);
            expect(getConsentRecord(db, 'conversation', GROUP)).toEqual(newest);
          }
        }),
      );
      db.exec('DELETE FROM consent');
      expect(mergeConsent(db, [record('allowed', 10n)])).toHaveLength(1);
      expect(mergeConsent(db, [record('denied', 10n)])).toEqual([]);
      expect(mergeConsent(db, [record('allowed', 11n)])).toEqual([]);
      expect(mergeConsent(db, [record('denied', 11n)])).toEqual([]);
      expect(mergeConsent(db, [record('denied', 12n)])).toEqual([record('denied', 12n)]);
    });
  });
});
