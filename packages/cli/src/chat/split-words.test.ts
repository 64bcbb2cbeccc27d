import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitWords } from './split-words.js';

describe('splitWords', () => {
  it.each([
    ['group friends 0xab', ['group', 'friends', '0xab']],
    ['group "my friends" 0xab', ['group', 'my friends', '0xab']],
    ['group “my friends” 0xab', ['group', 'my friends', '0xab']],
    ['open  "friday club', ['open', 'friday club']],
    ['group "" x', ['group', '', 'x']],
    ["rename it's ours", ['rename', "it's", 'ours']],
    ['   ', []],
  ])('%j', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  it('gives back any words that were quoted', () => {
    const word = fc.string({ maxLength: 12 }).filter((text) => !/["“”\n]/.test(text));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(splitWords(words.map((each) => `"${each}"`).join(' '))).toEqual(words);
      }),
    );
  });
});
