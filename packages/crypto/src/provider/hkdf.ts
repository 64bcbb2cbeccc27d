/** HKDF-Expand with SHA-256 (RFC 5869 section 2.3) over the HMAC of a back end, so that both share one loop. */
import { EMPTY_BYTES, wipe } from '../bytes/bytes.js';
import { CryptoError } from '../errors.js';
import type { HashId } from './provider.js';

/** Output of SHA-256 and length of every HKDF key in use, bytes. */
export const HKDF_HASH_LENGTH = 32;
/** 255 blocks (RFC 5869 section 2.3), bytes. */
export const HKDF_MAX_LENGTH = 255 * HKDF_HASH_LENGTH;

type Hmac = (id: HashId, key: Uint8Array, ...parts: readonly Uint8Array[]) => Uint8Array;

/** The block counters; `COUNTERS[i]` is the one byte `i`. */
const COUNTERS: readonly Uint8Array[] = Array.from({ length: 256 }, (_, i) => Uint8Array.of(i));
const FIRST = COUNTERS[1] as Uint8Array;

/**
 * Expands `prk` to `length` bytes. `info` is the concatenation of `infoParts`.
 * @throws CryptoError `codec/length-limit` when `length` is over 8160
 * Cost: one HMAC per 32 bytes.
 */
export function hkdfExpandWith(
  hmac: Hmac,
  prk: Uint8Array,
  length: number,
  ...infoParts: readonly Uint8Array[]
): Uint8Array {
  if (length <= HKDF_HASH_LENGTH) {
    const block = hmac('sha256', prk, ...infoParts, FIRST);
    if (length === HKDF_HASH_LENGTH) return block;
    const short = block.slice(0, length);
    wipe(block);
    return short;
  }
  if (length > HKDF_MAX_LENGTH) throw new CryptoError('codec/length-limit', { length, limit: HKDF_MAX_LENGTH });
  const out = new Uint8Array(length);
  let previous = EMPTY_BYTES;
  for (let offset = 0, counter = 1; offset < length; offset += HKDF_HASH_LENGTH, counter++) {
    const block = hmac('sha256', prk, previous, ...infoParts, COUNTERS[counter] as Uint8Array);
    out.set(block.subarray(0, Math.min(HKDF_HASH_LENGTH, length - offset)), offset);
    wipe(previous);
    previous = block;
  }
  wipe(previous);
  return out;
}
