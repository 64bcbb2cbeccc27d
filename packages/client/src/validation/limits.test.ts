import { utf8 } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTE_MAX_BYTES } from '../payloads/mutable-metadata.js';
import { exceededLimit } from './limits.js';

describe('attribute limits', () => {
  it('counts bytes, not characters', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ATTRIBUTE_MAX_BYTES.keys()),
        fc.constantFrom('x', 'é', '漢', '😀'),
        fc.integer({ min: -3, max: 3 }),
        (attribute, character, around) => {
          const maxBytes = ATTRIBUTE_MAX_BYTES.get(attribute) as number;
          const value = character.repeat(Math.floor(maxBytes / utf8(character).length) + around);
          expect(exceededLimit(attribute, value)).toBe(utf8(value).length > maxBytes ? maxBytes : undefined);
        },
      ),
    );
  });

  it('does not limit other keys', () => {
    expect(exceededLimit('anything', 'x'.repeat(100_000))).toBeUndefined();
  });
});
