import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteSize, hueOf, plainLine, shortAddress } from './names.js';

describe('names of others', () => {
  it.each([
    ['line\nbreaks\tand\u0007bells', 'line breaks and bells'],
    ['evil\u202etxt.exe', 'evil txt.exe'],
    ['  spaces   between ', 'spaces between'],
    ['plain', 'plain'],
    ['👩‍👩‍👧 family', '👩‍👩‍👧 family'],
  ])('%j is shown as %j', (text, expected) => {
    expect(plainLine(text)).toBe(expected);
  });

  it('are one line of bounded length, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        const line = plainLine(text, 40);
        expect([...line].length).toBeLessThanOrEqual(41);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be gone
        expect(line).not.toMatch(/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
  });

  it('that are addresses keep both ends', () => {
    expect(shortAddress('0x52908400098527886e0f7030069857d2e4169ee7')).toBe('0x5290…9ee7');
    expect(shortAddress('ab'.repeat(32))).toBe('abababab…');
  });
});

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [12_345, '12 kB'],
    [3_400_000, '3.4 MB'],
    [7_000_000_000, '7.0 GB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(byteSize(bytes)).toBe(text);
  });
});

it('a hue belongs to an id', () => {
  expect(hueOf('a')).toBe(hueOf('a'));
  expect(hueOf('a')).not.toBe(hueOf('b'));
});
