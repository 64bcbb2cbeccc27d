import { fromHex, toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { openStore } from './migrate.js';
import { deleteMlsRows, hasMlsRows, mlsRowReader, writeMlsRows } from './mls-rows.js';

const GROUP = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);

describe.each(availableEngines())('on %s:', (engine) => {
  let db: Database;
  beforeEach(() => {
    db = openDatabase({ path: null, engine });
    openStore(db);
  });

  describe('MLS rows', () => {
    it('behave like a map in key order, per group and kind', () => {
      const key = fc.uint8Array({ maxLength: 3 });
      const change = fc.record({
        kind: fc.integer({ min: 0, max: 2 }),
        key,
        value: fc.option(fc.uint8Array({ maxLength: 3 })),
      });
      const nameOf = ({ kind, key: name }: { kind: number; key: Uint8Array }) => `${kind}:${toHex(name)}`;
      fc.assert(
        fc.property(
          fc.array(fc.uniqueArray(change, { maxLength: 20, selector: nameOf }), { maxLength: 3 }),
          key,
          (steps, prefix) => {
            deleteMlsRows(db, GROUP);
            const model = new Map<string, Uint8Array>();
            const changes = steps.flat();
            for (const { kind, key: name, value } of changes) {
              if (value === null) model.delete(`${kind}:${toHex(name)}`);
              else model.set(`${kind}:${toHex(name)}`, value);
            }
            for (const step of steps) writeMlsRows(db, GROUP, step);
            const reader = mlsRowReader(db, GROUP);
            for (const { kind, key: name } of changes) {
              expect(reader.get(kind, name)).toEqual(model.get(`${kind}:${toHex(name)}`));
            }
            for (const kind of [0, 1, 2]) {
              const expected = [...model]
                .filter(([name]) => name.startsWith(`${kind}:${toHex(prefix)}`))
                .sort(([a], [b]) => (a < b ? -1 : 1))
                .map(([name, value]) => ({ key: fromHex(name.slice(2)), value }));
              expect([...reader.scan(kind, prefix)]).toEqual(expected);
            }
            expect([...mlsRowReader(db, OTHER).scan(0)]).toEqual([]);
            expect(hasMlsRows(db, GROUP)).toBe(model.size > 0);
          },
        ),
        { numRuns: 60 },
      );
    });

    it('give the pages of what goes to what comes: a large row that moves to another key takes no room twice', () => {
      const value = new Uint8Array(50_000).fill(7);
      const key = (epoch: number) => Uint8Array.of(epoch);
      const pages = (): unknown => db.pragma('page_count');
      writeMlsRows(db, GROUP, [{ kind: 1, key: key(0), value }]);
      const before = pages();
      for (let epoch = 1; epoch < 4; epoch++) {
        writeMlsRows(db, GROUP, [
          { kind: 1, key: key(epoch), value },
          { kind: 1, key: key(epoch - 1), value: null },
        ]);
        expect(pages()).toBe(before);
      }
    });

    it('scan a prefix of all ones to its end', () => {
      const rows = [[0xfe], [0xff], [0xff, 0xff], [0xff, 0xff, 0]].map((key) => Uint8Array.from(key));
      writeMlsRows(
        db,
        GROUP,
        rows.map((key) => ({ kind: 1, key, value: Uint8Array.of(1) })),
      );
      const scanned = [...mlsRowReader(db, GROUP).scan(1, Uint8Array.of(0xff))].map(({ key }) => key);
      expect(scanned).toEqual(rows.slice(1));
    });
  });
});
