/** What others write cannot move the cursor, look like somebody else, or run off the screen. */
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clock, columnsOf, fit, oneLine, printable, short, wrap } from './terminal-text.js';

const anyText = fc.string({ unit: 'binary', maxLength: 200 });
const words = fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '漢', '👋', 'z'), minLength: 1, maxLength: 12 }), {
  minLength: 1,
  maxLength: 20,
});

describe('printable', () => {
  it.each([
    ['a screen-clearing escape', 'a\u001b[2Jb', 'a\ufffd[2Jb'],
    ['a one-byte escape', 'a\u009b2Jb', 'a\ufffd2Jb'],
    ['a title-setting escape', '\u001b]0;root\u0007', '\ufffd]0;root\ufffd'],
    ['carriage return and backspace', 'you\r0xbob\b', 'you\ufffd0xbob\ufffd'],
    ['marks that turn the direction', 'abc\u202edef\u2066', 'abc\ufffddef\ufffd'],
    ['line separators', 'a\u2028b\u2029c', 'a\ufffdb\ufffdc'],
  ])('takes out %s', (_name, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('keeps text as people write it', () => {
    const text = 'Grüße, 漢字 👩‍👩‍👧 e\u0301\n\tשלום';
    expect(printable(text)).toBe(text);
  });

  it('leaves no control character in any text, and nothing to do a second time', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = printable(text);
        expect(shown).not.toMatch(/[^\P{Cc}\n\t]/u);
        expect(printable(shown)).toBe(shown);
      }),
    );
  });
});

describe('oneLine', () => {
  it('is one line of any text', () => {
    expect(oneLine('  a\r\n\tb\u0085c ')).toBe('a b c');
    fc.assert(
      fc.property(anyText, (text) => {
        expect(oneLine(text)).not.toMatch(/[\n\t]|^\s|\s$/);
      }),
    );
  });
});

describe('columnsOf', () => {
  it.each([
    ['abc', 3],
    ['漢字', 4],
    ['e\u0301', 1],
    ['👋', 2],
    ['', 0],
  ])('%j takes %i', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });
});

describe('fit', () => {
  it.each([
    ['hello', 5, 'hello'],
    ['hello', 4, 'hel…'],
    ['漢字', 4, '漢字'],
    ['漢字', 3, '漢…'],
    ['hello', 0, ''],
    ['hello', Number.POSITIVE_INFINITY, 'hello'],
  ])('cuts %j to %d columns', (text, columns, expected) => {
    expect(fit(text, columns)).toBe(expected);
  });

  it('never takes more than it may', () => {
    fc.assert(
      fc.property(anyText, fc.nat(40), (text, columns) => {
        expect(columnsOf(fit(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('wrap', () => {
  it('breaks between words and sets in what follows', () => {
    expect(wrap('10:25  you  one two three', 16, 7)).toBe('10:25  you  one\n       two three');
  });

  it('sets in the lines of the text itself, so that none looks like another message', () => {
    expect(wrap('10:25  bob  hi\n10:26  you  I agree', 80, 7)).toBe('10:25  bob  hi\n       10:26  you  I agree');
  });

  it('counts colours as nothing', () => {
    expect(wrap('\u001b[32myou\u001b[39m one', 7, 2)).toBe('\u001b[32myou\u001b[39m one');
  });

  it('loses no word, keeps to the columns, and leaves longer words whole', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 4, max: 60 }), fc.nat(3), (text, columns, indent) => {
        const lines = wrap(text.join(' '), columns, indent).split('\n');
        expect(lines.flatMap((line) => line.trim().split(' '))).toEqual(text);
        for (const [index, line] of lines.entries()) {
          if (index > 0) expect(line.startsWith(' '.repeat(indent))).toBe(true);
          if (line.trim().includes(' ')) expect(columnsOf(stripVTControlCharacters(line))).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });
});

describe('clock and short', () => {
  const now = new Date(2026, 10, 21, 18, 0);
  it.each([
    [new Date(2026, 10, 21, 9, 5), '09:05'],
    [new Date(2026, 10, 20, 9, 5), '20 Nov 09:05'],
    [new Date(2025, 10, 21, 9, 5), '21 Nov 2025 09:05'],
  ])('%s', (date, expected) => {
    expect(clock(date, now)).toBe(expected);
  });

  it('keeps both ends of an address and the beginning of an id', () => {
    expect(short(`0x1234${'0'.repeat(32)}abcd`)).toBe('0x1234…abcd');
    expect(short('0123456789ab')).toBe('01234567…');
  });

  it('is harmless of an id that somebody made up', () => {
    expect(short('\u001b[1A\u001b[2K')).toBe('\ufffd[1A\ufffd[2K…');
    expect(short('a\nb')).toBe('a b…');
  });
});
