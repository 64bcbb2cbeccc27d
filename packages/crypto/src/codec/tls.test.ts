import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes/text.js';
import { decodeTls, TlsReader } from './tls-reader.js';
import { encodeTls, MAX_VECTOR_LENGTH, TlsWriter } from './tls-writer.js';

interface Sample {
  readonly small: number;
  readonly medium: number;
  readonly large: number;
  readonly huge: bigint;
  readonly name: Uint8Array;
  readonly items: readonly Uint8Array[];
  readonly maybe: number | undefined;
}

function writeSample(writer: TlsWriter, sample: Sample): void {
  writer.u8(sample.small).u16(sample.medium).u32(sample.large).u64(sample.huge).opaque(sample.name);
  writer.vector((inner) => {
    for (const item of sample.items) inner.opaque(item);
  });
  writer.optional(sample.maybe, (inner, value) => inner.u16(value));
}

function readSample(reader: TlsReader): Sample {
  return {
    small: reader.u8(),
    medium: reader.u16(),
    large: reader.u32(),
    huge: reader.u64(),
    name: reader.opaque(),
    items: reader.vector((inner) => inner.opaque()),
    maybe: reader.optional((inner) => inner.u16()),
  };
}

const sample: fc.Arbitrary<Sample> = fc.record({
  small: fc.nat(0xff),
  medium: fc.nat(0xffff),
  large: fc.nat(0xffff_ffff),
  huge: fc.bigInt(0n, (1n << 64n) - 1n),
  name: fc.uint8Array({ maxLength: 100 }),
  items: fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 6 }),
  maybe: fc.option(fc.nat(0xffff), { nil: undefined }),
});
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('TLS presentation codec', () => {
  it('round-trips, refuses every truncation and trailing bytes', () => {
    fc.assert(
      fc.property(sample, (value) => {
        const bytes = encodeTls(value, writeSample);
        expect(decodeTls(bytes, readSample)).toEqual(value);
        expect(encodeTls(decodeTls(bytes, readSample), writeSample)).toEqual(bytes);
        for (let length = 0; length < bytes.length; length++) {
          expect(() => decodeTls(bytes.subarray(0, length), readSample)).toThrow(code('codec/truncated'));
        }
        expect(() => decodeTls(Uint8Array.of(...bytes, 0), readSample)).toThrow(code('codec/trailing-bytes'));
      }),
      { numRuns: 50 },
    );
  });

  it('answers arbitrary bytes with a value or a codec error, never another error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        try {
          expect(encodeTls(decodeTls(bytes, readSample), writeSample)).toEqual(bytes);
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^codec\//);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [0, 1],
    [63, 1],
    [64, 2],
    [16_383, 2],
    [16_384, 4],
    [MAX_VECTOR_LENGTH, 4],
  ])('writes length %i in %i bytes and reads it back', (length, size) => {
    const bytes = new TlsWriter().vectorLength(length).finish();
    expect(bytes).toHaveLength(size);
    expect(decodeTls(bytes, (reader) => reader.vectorLength())).toBe(length);
  });

  it('gives the lengths of RFC 9420 section 2.1.2 their printed bytes', () => {
    const bytesOf = (length: number) => [...new TlsWriter().vectorLength(length).finish()];
    expect(bytesOf(37)).toEqual([0x25]);
    expect(bytesOf(15_293)).toEqual([0x7b, 0xbd]);
    expect(bytesOf(494_878_333)).toEqual([0x9d, 0x7f, 0x3e, 0x7d]);
  });

  it('writes a vector as its content in an opaque, at every length class', () => {
    for (const length of [0, 63, 64, 16_383, 16_384, 70_000]) {
      const content = new Uint8Array(length).fill(5);
      const vector = new TlsWriter(1)
        .u8(9)
        .vector((writer) => writer.raw(content))
        .u8(7)
        .finish();
      expect(vector).toEqual(new TlsWriter(1).u8(9).opaque(content).u8(7).finish());
    }
  });

  it('refuses lengths over the limit when writing', () => {
    expect(() => new TlsWriter().vectorLength(MAX_VECTOR_LENGTH + 1)).toThrow(code('codec/length-limit'));
  });

  describe.each<[string, number, string, (writer: TlsWriter, value: number) => TlsWriter]>([
    ['u8', 0xff, 'ff', (writer, value) => writer.u8(value)],
    ['u16', 0xffff, 'ffff', (writer, value) => writer.u16(value)],
    ['u32', 0xffff_ffff, 'ffffffff', (writer, value) => writer.u32(value)],
    ['vectorLength', MAX_VECTOR_LENGTH, 'bfffffff', (writer, value) => writer.vectorLength(value)],
  ])('%s', (_, largest, hex, write) => {
    it('writes the largest number that it holds', () => {
      expect(toHex(write(new TlsWriter(), largest).finish())).toBe(hex);
    });

    it.each([
      largest + 1,
      2 ** 32 + 1,
      -1,
      0.5,
      64.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      undefined as unknown as number,
    ])('refuses %s, and nothing of it is written', (value) => {
      const writer = new TlsWriter(4);
      expect(() => write(writer, value)).toThrow(expect.objectContaining({ name: 'CryptoError' }));
      expect(writer.length).toBe(0);
    });
  });

  it.each([1n << 64n, -1n])('u64 refuses %s, and nothing of it is written', (value) => {
    const writer = new TlsWriter(8);
    expect(() => writer.u64(value)).toThrow(code('codec/invalid-value'));
    expect(writer.length).toBe(0);
  });

  it.each([
    ['two bytes for 63', [0x40, 0x3f]],
    ['four bytes for 16383', [0x80, 0x00, 0x3f, 0xff]],
  ])('refuses a length that is not minimal: %s', (_, bytes) => {
    expect(() => new TlsReader(Uint8Array.from(bytes)).vectorLength()).toThrow(code('codec/non-minimal-length'));
  });

  it('refuses the reserved length prefix and other presence bytes', () => {
    expect(() => new TlsReader(Uint8Array.of(0xc0, 0, 0, 0)).vectorLength()).toThrow(code('codec/invalid-value'));
    expect(() => new TlsReader(Uint8Array.of(2)).optional((reader) => reader.u8())).toThrow(
      code('codec/invalid-value'),
    );
  });

  it('trusts no length before the bytes are there', () => {
    const bomb = Uint8Array.of(0xbf, 0xff, 0xff, 0xff, 1, 2, 3);
    expect(() => new TlsReader(bomb).opaque()).toThrow(code('codec/truncated'));
    expect(() => new TlsReader(bomb).vector((reader) => reader.u8())).toThrow(code('codec/truncated'));
  });

  it('refuses an item that crosses the end of its vector', () => {
    const bytes = Uint8Array.of(2, 2, 1, 1);
    expect(() => new TlsReader(bytes).vector((reader) => reader.opaque())).toThrow(code('codec/truncated'));
  });

  it('gives views of the input, positioned in the underlying buffer', () => {
    const bytes = Uint8Array.of(9, 3, 1, 2, 3, 8);
    const reader = new TlsReader(bytes, 1, 5);
    const opaque = reader.opaque();
    expect(opaque).toEqual(Uint8Array.of(1, 2, 3));
    bytes[2] = 7;
    expect(opaque[0]).toBe(7);
    expect([reader.offset, reader.remaining]).toEqual([5, 0]);
    expect(reader.slice(1, 3)).toEqual(Uint8Array.of(3, 7));
    expect(() => reader.u8()).toThrow(code('codec/truncated'));
  });

  it('passes over bytes only where they are what comes next', () => {
    const reader = new TlsReader(Uint8Array.of(9, 1, 2, 3, 4), 1, 4);
    expect(reader.skipEqual(Uint8Array.of(1, 3))).toBe(false);
    // The fourth is beyond this reader's end.
    expect(reader.skipEqual(Uint8Array.of(1, 2, 3, 4))).toBe(false);
    expect(reader.skipEqual(Uint8Array.of(1, 2))).toBe(true);
    expect([reader.offset, reader.u8(), reader.remaining]).toEqual([3, 3, 0]);
  });
});
