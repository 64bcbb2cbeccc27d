/** What every decoder of bytes from the network must survive. */
import { concatBytes } from '@conclave/crypto';
import { expect } from 'vitest';
import { MlsError } from './errors.js';

/**
 * Holds a decoder to its contract over one valid encoding: the same bytes come back, and every truncation, trailing
 * bytes and lengths that promise more than there is are refused as `mls/malformed`, with no other error.
 */
export function expectSturdyCodec<T>(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => T,
  encode: (value: T) => Uint8Array,
) {
  expect(encode(decode(bytes))).toEqual(bytes);
  for (let length = 0; length < bytes.length; length++) expectMalformed(() => decode(bytes.subarray(0, length)));
  expectMalformed(() => decode(concatBytes(bytes, new Uint8Array(1))));
  for (let i = 0; i < bytes.length; i++) {
    // A four-byte length of a gigabyte, then bytes that may or may not fit: an answer or `mls/malformed`, nothing else.
    const bomb = concatBytes(bytes.subarray(0, i), new Uint8Array([0xbf, 0xff, 0xff, 0xff]), bytes.subarray(i));
    try {
      decode(bomb);
    } catch (error) {
      expectMalformedError(error);
    }
  }
}

/** Asserts that `step` throws MlsError `mls/malformed`. */
export function expectMalformed(step: () => unknown): void {
  let caught: unknown;
  try {
    step();
  } catch (error) {
    caught = error;
  }
  expectMalformedError(caught);
}

function expectMalformedError(error: unknown): void {
  expect(error).toBeInstanceOf(MlsError);
  expect((error as MlsError).code).toBe('mls/malformed');
}
