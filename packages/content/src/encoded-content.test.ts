import { fromHex, toHex } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf, RECORDED } from './content.testkit.js';
import { decodeContent, type EncodedContent, encodeContent } from './encoded-content.js';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const u32 = fc.nat({ max: 0xffff_ffff });
const content: fc.Arbitrary<EncodedContent> = fc
  .record(
    {
      type: fc.record({ authorityId: text, typeId: text, versionMajor: u32, versionMinor: u32 }),
      parameters: fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true }),
      fallback: text,
      compression: fc.nat({ max: 3 }),
      content: fc.uint8Array({ maxLength: 60 }),
    },
    { requiredKeys: ['parameters', 'content'] },
  )
  .filter(({ parameters }) => !Object.hasOwn(parameters, '__proto__'));

describe('encoded contents', () => {
  it.each(Object.values(RECORDED))('of the real client round-trip', (hex) => {
    expect(toHex(encodeContent(decodeContent(fromHex(hex))))).toBe(hex);
  });

  it('round-trip', () => {
    fc.assert(
      fc.property(content, (value) => {
        const bytes = encodeContent(value);
        expect(decodeContent(bytes)).toEqual(value);
        expect(encodeContent(decodeContent(bytes))).toEqual(bytes);
      }),
    );
  });

  it('are read or refused at every truncation', () => {
    const bytes = fromHex(RECORDED.nameChanged);
    for (let length = 0; length < bytes.length; length++) {
      expect([undefined, 'content/malformed']).toContain(codeOf(() => decodeContent(bytes.subarray(0, length))));
    }
    expect(codeOf(() => decodeContent(Uint8Array.of(...bytes, 0x0a)))).toBe('content/malformed');
    expect(codeOf(() => decodeContent(fromHex('22ffffffff0f')))).toBe('content/malformed');
  });

  it('are read or refused whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect([undefined, 'content/malformed']).toContain(codeOf(() => decodeContent(bytes)));
      }),
    );
  });

  it('may lack everything', () => {
    expect(decodeContent(new Uint8Array(0))).toEqual({ parameters: {}, content: new Uint8Array(0) });
  });
});
