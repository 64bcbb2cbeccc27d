import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTimestamp, writeTimestamp } from './timestamp.js';

describe('timestamps', () => {
  it('are written to the millisecond below, and read back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 63n - 1n }), (ns) => {
        const read = parseTimestamp(writeTimestamp(ns) as string) as bigint;
        expect(ns - read).toBeGreaterThanOrEqual(0n);
        expect(ns - read).toBeLessThan(1_000_000n);
      }),
    );
  });

  it('end where 64 bits end', () => {
    expect(writeTimestamp(2n ** 63n)).toBeUndefined();
    expect(writeTimestamp(-(2n ** 63n) - 1n)).toBeUndefined();
    expect(parseTimestamp('2262-04-11T23:47:16.854775807Z')).toBe(2n ** 63n - 1n);
    expect(parseTimestamp('2262-04-11T23:47:16.854775808Z')).toBeUndefined();
    expect(parseTimestamp('1677-09-21T00:12:43.145224192Z')).toBe(-(2n ** 63n));
    expect(parseTimestamp('1677-09-21T00:12:43.145224191Z')).toBeUndefined();
  });

  it('are read or refused, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^\d{0,4}-?\d{0,3}-\d{0,2}[Tt ]\d{0,2}:\d\d:\d{0,3}(\.\d{0,12})?[Zz+-]?(\d\d:\d\d)?$/),
        (text) => {
          expect(['bigint', 'undefined']).toContain(typeof parseTimestamp(text));
        },
      ),
    );
  });
});
