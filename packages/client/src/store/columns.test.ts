import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overValues, storedNames } from './columns.js';

const refusal = (code: string) => expect.objectContaining({ code });

describe('columns', () => {
  it('give names for their numbers only', () => {
    const names = storedNames('t.c', { a: 1, b: 2 });
    expect([names.number('b'), names.name(1n), names.names]).toEqual([2, 'a', ['a', 'b']]);
    expect(() => names.name(3)).toThrow(refusal('client/database-damaged'));
  });

  it('run IN lists of any length in few shapes, without losing or repeating a value', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 400 }), (values) => {
        const shapes = new Set<string>();
        const seen = overValues(values, (placeholders, filled) => {
          shapes.add(placeholders);
          expect(placeholders.split(', ')).toHaveLength(filled.length);
          return [...new Set(filled)];
        });
        expect(seen).toEqual(values);
        expect(shapes.size).toBeLessThanOrEqual(2);
      }),
    );
  });
});
