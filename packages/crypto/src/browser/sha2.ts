/**
 * SHA-2 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869) on libsodium: a key derivation takes two fifths of plain JavaScript's time, and the first
 * hashes of a page, which no compiler has seen yet, a tenth.
 */
import { wipe } from '../bytes/bytes.js';
import { hkdfExpandWith } from '../provider/hkdf.js';
import type { CryptoProvider, HashId } from '../provider/provider.js';
import { type BrowserSodium, HASH_PLACE_LENGTH } from './sodium.js';

const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** Places behind `hashPlace`: the state of the longer hash is 208 bytes. */
const DIGEST = 256;
const INPUT = 320;
/** What is left for input goes in at once. */
const MOST_AT_ONCE = HASH_PLACE_LENGTH - INPUT;
const ZEROS = new Uint8Array(HASH_PLACE_LENGTH);

/** The part of a provider that hashes, on libsodium. What was hashed is overwritten in its memory. */
export function sodiumSha2({
  call,
  hashPlace,
  read,
  write,
}: BrowserSodium): Pick<CryptoProvider, 'hash' | 'hmac' | 'hkdfExtract' | 'hkdfExpand'> {
  const digestAt = hashPlace + DIGEST;
  const inputAt = hashPlace + INPUT;
  const functions = {
    sha256: {
      init: call.crypto_hash_sha256_init,
      update: call.crypto_hash_sha256_update,
      final: call.crypto_hash_sha256_final,
      length: 32,
      block: 64,
    },
    sha512: {
      init: call.crypto_hash_sha512_init,
      update: call.crypto_hash_sha512_update,
      final: call.crypto_hash_sha512_final,
      length: 64,
      block: 128,
    },
  } as const;

  const hash = (id: HashId, ...parts: readonly Uint8Array[]): Uint8Array => {
    const { init, update, final, length } = functions[id];
    let longest = 0;
    const take = (part: Uint8Array): void => {
      longest = Math.max(longest, part.length);
      write(inputAt, part);
      update(hashPlace, inputAt, part.length, 0);
    };
    init(hashPlace);
    for (const part of parts) {
      if (part.length <= MOST_AT_ONCE) take(part);
      else for (let at = 0; at < part.length; at += MOST_AT_ONCE) take(part.subarray(at, at + MOST_AT_ONCE));
    }
    // Overwrites the state.
    final(hashPlace, digestAt);
    const digest = read(digestAt, length);
    write(digestAt, ZEROS.subarray(0, INPUT - DIGEST + longest));
    return digest;
  };

  const hmac = (id: HashId, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array => {
    const { block } = functions[id];
    const padded = new Uint8Array(block);
    const short = key.length > block ? hash(id, key) : key;
    padded.set(short);
    if (short !== key) wipe(short);
    for (let i = 0; i < block; i++) padded[i] = (padded[i] as number) ^ INNER_PAD;
    const inner = hash(id, padded, ...parts);
    for (let i = 0; i < block; i++) padded[i] = (padded[i] as number) ^ INNER_PAD ^ OUTER_PAD;
    const outer = hash(id, padded, inner);
    wipe(padded, inner);
    return outer;
  };

  return {
    hash,
    hmac,
    // An HMAC key shorter than the block is padded with zeros, so an empty salt already is the 32 zero bytes of RFC 5869.
    hkdfExtract: (salt, ikm) => hmac('sha256', salt, ikm),
    hkdfExpand: (prk, info, length) => hkdfExpandWith(hmac, prk, length, info),
  };
}
