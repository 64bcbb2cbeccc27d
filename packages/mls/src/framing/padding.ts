/** Padding of encrypted contents (RFC 9420 sections 6.3.1 and 15.1): zeroes to the end of the plaintext. */
import type { TlsReader } from '@conclave/crypto';

/** How many zeroes bring `length` bytes to a multiple of `paddingSize`; none for a size of 0. */
export function paddingLength(length: number, paddingSize: number): number {
  return paddingSize === 0 ? 0 : (paddingSize - (length % paddingSize)) % paddingSize;
}

/** Reads to the end; false when a byte is not zero. */
export function readPadding(reader: TlsReader): boolean {
  return reader.raw(reader.remaining).every((byte) => byte === 0);
}
