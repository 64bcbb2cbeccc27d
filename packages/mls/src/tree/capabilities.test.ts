import { TlsReader, TlsWriter } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Capabilities, readCapabilities, writeCapabilities } from './capabilities.js';

const list = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 });
const capabilities = fc.record({
  versions: list,
  cipherSuites: list,
  extensions: list,
  proposals: list,
  credentials: list,
});

function readAll(all: readonly Capabilities[]): Capabilities[] {
  const writer = new TlsWriter();
  for (const one of all) writeCapabilities(writer, one);
  const reader = new TlsReader(writer.finish());
  const read = all.map(() => readCapabilities(reader));
  reader.end();
  return read;
}

describe('Capabilities', () => {
  it('are read as they were written, whatever was read before', () => {
    fc.assert(
      fc.property(fc.array(capabilities, { minLength: 1, maxLength: 8 }), (all) => {
        expect(readAll(all)).toEqual(all);
      }),
    );
  });

  it('that are the same as the last ones are the same object', () => {
    fc.assert(
      fc.property(capabilities, (one) => {
        const [first, second] = readAll([one, one]);
        expect(second).toBe(first);
      }),
    );
  });

  it('cut off at any byte are refused, after whole ones too', () => {
    const one = { versions: [1], cipherSuites: [3], extensions: [], proposals: [7, 8], credentials: [1] };
    const writer = new TlsWriter();
    writeCapabilities(writer, one);
    const bytes = writer.finish();
    for (let end = 0; end < bytes.length; end++) {
      expect(readCapabilities(new TlsReader(bytes))).toEqual(one);
      expect(() => readCapabilities(new TlsReader(bytes, 0, end))).toThrow(
        expect.objectContaining({ code: 'codec/truncated' }),
      );
    }
  });
});
