import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, concatBytes, equalBytes, equalSecretBytes, wipe } from './bytes.js';

const bytes = fc.uint8Array({ maxLength: 20 });

describe('bytes', () => {
  it('concatenates', () => {
    fc.assert(
      fc.property(fc.array(bytes), (parts) => {
        expect([...concatBytes(...parts)]).toEqual(parts.flatMap((part) => [...part]));
      }),
    );
  });

  it('compares for equality, both ways the same', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const expected = Buffer.from(a).equals(b);
        expect(equalBytes(a, b)).toBe(expected);
        expect(equalSecretBytes(a, b)).toBe(expected);
        expect(equalBytes(a, new Uint8Array(a))).toBe(true);
        expect(equalSecretBytes(a, new Uint8Array(a))).toBe(true);
      }),
    );
  });

  it('notices a difference in any one bit', () => {
    const a = new Uint8Array(8).fill(0x55);
    for (let bit = 0; bit < 64; bit++) {
      const b = new Uint8Array(a);
      b[bit >> 3] = (b[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(equalBytes(a, b)).toBe(false);
      expect(equalSecretBytes(a, b)).toBe(false);
    }
  });

  it('orders lexicographically, a prefix first', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
      }),
    );
    expect(compareBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBeLessThan(0);
  });

  it('wipes what is there and passes over what is not', () => {
    const secret = Uint8Array.of(1, 2, 3);
    wipe(secret, undefined);
    expect(secret).toEqual(new Uint8Array(3));
  });
});
