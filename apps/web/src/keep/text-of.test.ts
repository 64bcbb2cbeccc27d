/** Values as text: whatever goes in comes out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf, valueIn } from './text-of.js';

const anyId = fc.string();

describe('values as text', () => {
  it('come out as they went in', () => {
    const values = fc.oneof(
      fc.uniqueArray(fc.tuple(anyId, fc.bigInt()), { selector: ([id]) => id }).map((entries) => new Map(entries)),
      fc.uniqueArray(fc.tuple(anyId, fc.string()), { selector: ([id]) => id }).map((entries) => new Map(entries)),
      fc.uniqueArray(anyId).map((ids) => new Set(ids)),
    );
    fc.assert(
      fc.property(values, (value) => {
        expect(valueIn(textOf(value))).toEqual(value);
      }),
    );
  });
});
