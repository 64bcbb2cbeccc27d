import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { looksLikePerson, parseAddress } from './resolve.js';

const ADDRESS = '0x52908400098527886E0F7030069857D2E4169EE7';
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('whom a person means', () => {
  it.each([
    [ADDRESS, true],
    ['0x12', true],
    ['a'.repeat(64), true],
    ['a'.repeat(32), false],
    ['friday club', false],
    ['', false],
  ])('%j is a person: %s', (text, expected) => {
    expect(looksLikePerson(text)).toBe(expected);
  });

  it('is an address in any case', () => {
    expect(parseAddress(ADDRESS)).toBe(ADDRESS.toLowerCase());
  });

  it('is nothing else', () => {
    for (const typed of [ADDRESS.slice(0, -1), `${ADDRESS}0`, ADDRESS.slice(2), 'alice', ''])
      expect(() => parseAddress(typed)).toThrow(code('cli/not-an-identity'));
    fc.assert(
      fc.property(fc.string(), (typed) => {
        expect(() => parseAddress(typed)).toThrow(code('cli/not-an-identity'));
      }),
    );
  });
});
