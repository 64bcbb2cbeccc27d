/** What is read without the library is what the library reads, and what is not of the plain form is left to it. */
import { create, decodeProto, EncodedContentSchema, toBinary } from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeContent, type EncodedContent, encodeContent } from './encoded-content.js';
import { readPlainContent } from './plain-content.js';
import { textCodec } from './text.js';

/** The library's reading, or undefined where it refuses. */
function reference(bytes: Uint8Array): EncodedContent | undefined {
  try {
    const { type, parameters, fallback, compression, content } = decodeProto(EncodedContentSchema, bytes);
    const { authorityId = '', typeId = '', versionMajor = 0, versionMinor = 0 } = type ?? {};
    return {
      ...(type && { type: { authorityId, typeId, versionMajor, versionMinor } }),
      parameters,
      ...(fallback !== undefined && { fallback }),
      ...(compression !== undefined && { compression }),
      content,
    };
  } catch {
    return undefined;
  }
}

function agree(bytes: Uint8Array): void {
  const plain = readPlainContent(bytes);
  if (plain !== undefined) expect(plain).toEqual(reference(bytes));
}

const text = fc.string({ unit: 'binary', maxLength: 50 });
const version = fc.oneof({ weight: 9, arbitrary: fc.nat(127) }, { weight: 1, arbitrary: fc.nat(2 ** 32 - 1) });
const contents = fc.record(
  {
    type: fc.record({ authorityId: text, typeId: text, versionMajor: version, versionMinor: version }),
    parameters: fc.dictionary(fc.oneof(text, fc.constant('__proto__')), text, { maxKeys: 4 }),
    fallback: text,
    compression: fc.nat(300),
    content: fc.uint8Array({ maxLength: 300 }),
  },
  { requiredKeys: ['parameters', 'content'] },
);

describe('plain contents', () => {
  it('are what clients write', () => {
    for (const words of ['hello', 'ünïcödé', 'x'.repeat(100_000)]) {
      const bytes = encodeContent(textCodec.encode(words));
      expect(readPlainContent(bytes)).toBeDefined();
      expect(readPlainContent(bytes)).toEqual(reference(bytes));
    }
    // The field is not written at all.
    expect(readPlainContent(encodeContent(textCodec.encode('')))).toBeUndefined();
  });

  it('are none when a name is no UTF-8, whatever names came before', () => {
    const type = { authorityId: 'xmtp.org', typeId: '', versionMajor: 1, versionMinor: 0 };
    const named = (typeId: string) =>
      encodeContent({ type: { ...type, typeId }, parameters: {}, content: Uint8Array.of(1) });
    for (let i = 0; i < 1000; i++) {
      expect(readPlainContent(named(`${i}é`))?.type?.typeId).toBe(`${i}é`);
      const broken = named(`${i}?`);
      broken[broken.indexOf(0x3f)] = 0xe9;
      expect(readPlainContent(broken)).toBeUndefined();
      expect(readPlainContent(named(`${i}e`))?.type?.typeId).toBe(`${i}e`);
    }
  });

  it('are read as the library reads them, with any fields', () => {
    let plain = 0;
    fc.assert(
      fc.property(contents, (content) => {
        const bytes = encodeContent(content as EncodedContent);
        agree(bytes);
        expect(decodeContent(bytes)).toEqual(reference(bytes));
        if (readPlainContent(bytes) !== undefined) plain++;
      }),
    );
    expect(plain).toBeGreaterThan(2);
  });

  it('are read as the library reads them, damaged, doubled and cut', () => {
    const change = fc.tuple(fc.nat(400), fc.nat(255));
    fc.assert(
      fc.property(contents, fc.array(change, { maxLength: 4 }), fc.nat(400), (content, changes, cut) => {
        const whole = encodeContent(content as EncodedContent);
        const damaged = whole.slice();
        for (const [at, value] of changes) if (damaged.length > 0) damaged[at % damaged.length] = value;
        for (const bytes of [damaged, whole.subarray(0, cut % (whole.length + 1)), Uint8Array.of(...whole, ...whole)]) {
          agree(bytes);
        }
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), agree), { numRuns: 2000 });
  });

  it('are views of what they were read from, and keep the mark of byte order', () => {
    const bytes = toBinary(
      EncodedContentSchema,
      create(EncodedContentSchema, { fallback: '\ufeffx', content: Uint8Array.of(7) }),
    );
    const content = readPlainContent(bytes);
    expect(content?.content.buffer).toBe(bytes.buffer);
    expect(content?.fallback).toBe('\ufeffx');
  });
});
