/** Padding of encrypted contents (RFC 9420 sections 6.3.1 and 15.1): zeroes to the end of the plaintext. */
import type { TlsReader } from '@conclave/crypto';

/**
 * How many zero bytes are added to a content of `length` bytes. The length then tells an observer less; the padding
 * costs its bytes on the wire.
 */
export type PaddingPolicy = (length: number) => number;

/** How many zeroes bring `length` bytes to a multiple of `padding`, none for 0; or what the policy says. */
export function paddingLength(length: number, padding: number | PaddingPolicy): number {
  if (typeof padding === 'function') return padding(length);
  return padding === 0 ? 0 : (padding - (length % padding)) % padding;
}

/** Reads to the end; false when a byte is not zero. */
export function readPadding(reader: TlsReader): boolean {
  return reader.raw(reader.remaining).every((byte) => byte === 0);
}
