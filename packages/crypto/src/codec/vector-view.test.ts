import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTls, type TlsReader } from './tls-reader.js';
import { encodeTls } from './tls-writer.js';
import { VectorView } from './vector-view.js';

const opaque = (reader: TlsReader) => reader.opaque();
const skip = (reader: TlsReader) => reader.skipOpaque();
const items = fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 8 });

function encode(values: readonly Uint8Array[]): Uint8Array {
  return encodeTls(values, (writer) =>
    writer.vector((inner) => {
      for (const value of values) inner.opaque(value);
    }),
  );
}

describe('VectorView', () => {
  it('has the items of the vector', () => {
    fc.assert(
      fc.property(items, (values) => {
        const view = decodeTls(encode(values), (reader) => VectorView.read(reader, opaque, skip));
        expect([...view]).toEqual(values);
        expect(view).toHaveLength(values.length);
        expect(values.map((_, i) => view.at(i))).toEqual(values);
        expect([view.at(values.length), view.at(-1)]).toEqual([undefined, undefined]);
      }),
    );
  });

  it('refuses what reading all items refuses', () => {
    fc.assert(
      fc.property(items, fc.nat(), fc.integer({ min: 1, max: 255 }), (values, position, change) => {
        const bytes = encode(values).slice();
        const at = position % bytes.length;
        bytes[at] = (bytes[at] as number) ^ change;
        const answer = (read: (reader: TlsReader) => Iterable<Uint8Array>) => {
          try {
            return [...decodeTls(bytes, read)];
          } catch (error) {
            return (error as { code: string }).code;
          }
        };
        expect(answer((reader) => VectorView.read(reader, opaque, skip))).toEqual(
          answer((reader) => reader.vector(opaque)),
        );
      }),
      { numRuns: 300 },
    );
  });
});
