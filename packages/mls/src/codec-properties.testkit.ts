/** What must hold for every codec of this package, as one property. */
import { concatBytes, encodeTls, type TlsReader, type TlsWriter } from '@conclave/crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import { decodeExactly, MlsError } from './errors.js';

/** Byte strings around the lengths at which the length prefix grows. */
export const bytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(0, 63, 64, 300).map((length) => new Uint8Array(length).fill(length)),
);

/** Bytes of one length. */
export function exactly(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

export const u32: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffff_ffff });
export const u16: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffff });
export const u64: fc.Arbitrary<bigint> = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

/** Round trip; every truncation and a trailing byte refused as `mls/malformed`; a damaged byte read or refused so. */
export function checkCodec<T>(
  values: fc.Arbitrary<T>,
  write: (writer: TlsWriter, value: T) => void,
  read: (reader: TlsReader) => T,
): void {
  fc.assert(
    fc.property(values, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
      const encoded = encodeTls(value, write).slice();
      const decoded = decodeExactly('test', encoded, read);
      expect(encodeTls(decoded, write)).toEqual(encoded);
      for (let length = 0; length < encoded.length; length++) {
        expect(codeOf(() => decodeExactly('test', encoded.subarray(0, length), read))).toBe('mls/malformed');
      }
      expect(codeOf(() => decodeExactly('test', concatBytes(encoded, new Uint8Array(1)), read))).toBe('mls/malformed');
      if (encoded.length === 0) return;
      const damaged = encoded.slice();
      damaged[at % encoded.length] = (damaged[at % encoded.length] as number) ^ change;
      expect(['accepted', 'mls/malformed', 'mls/unsupported-message']).toContain(
        codeOf(() => decodeExactly('test', damaged, read)),
      );
    }),
    { numRuns: 60 },
  );
}

/** Code of the MlsError that `action` throws; other errors pass through. */
export function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof MlsError) return error.code;
    throw error;
  }
  return 'accepted';
}
