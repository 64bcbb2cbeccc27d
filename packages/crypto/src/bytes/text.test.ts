import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64Url, fromHex, fromUtf8, toBase64Url, toHex, utf8 } from './text.js';

const bytes = fc.uint8Array({ maxLength: 100 });
const invalidText = expect.objectContaining({ code: 'codec/invalid-text' });

describe('text forms', () => {
  it.each([0, 1, 255, 256, 257, 512, 1000])('write %i bytes as hex as the platform does', (length) => {
    const value = Uint8Array.from({ length }, (_, i) => (i * 7) & 255);
    expect(toHex(value)).toBe(Buffer.from(value).toString('hex'));
  });

  it('write as the platform does and read back', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(toHex(value)).toBe(Buffer.from(value).toString('hex'));
        expect(fromHex(toHex(value))).toEqual(value);
        expect(fromHex(toHex(value).toUpperCase())).toEqual(value);
        expect(toBase64Url(value)).toBe(Buffer.from(value).toString('base64url'));
        expect(fromBase64Url(toBase64Url(value))).toEqual(value);
      }),
    );
  });

  it('carry any well-formed string through UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(fromUtf8(utf8(text))).toBe(text);
      }),
    );
    expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });

  it.each(['0', '0g', 'zz', '0x00', ' 00', '00\n', '\u0130\u0131', '\uff11\uff11', '00\u0130a'])(
    'refuse %j as hex',
    (text) => {
      expect(() => fromHex(text)).toThrow(invalidText);
    },
  );

  it.each(['A', 'AAAAA', 'AA==', 'A+AA', 'A/AA', 'AA\n'])('refuse %j as base64url', (text) => {
    expect(() => fromBase64Url(text)).toThrow(invalidText);
  });

  it.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xe2, 0x82]]])('refuse %j as UTF-8', (value) => {
    expect(() => fromUtf8(Uint8Array.from(value))).toThrow(invalidText);
  });
});
