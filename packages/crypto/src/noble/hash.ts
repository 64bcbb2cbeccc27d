/** SHA-2, HMAC (RFC 2104) and HKDF (RFC 5869) on @noble/hashes. */
import { hmac as nobleHmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { hkdfExpandWith } from '../provider/hkdf.js';
import type { HashId } from '../provider/provider.js';

const HASHES = { sha256, sha512 } as const;

/** `CryptoProvider.hash` on @noble/hashes. */
export function hash(id: HashId, ...parts: readonly Uint8Array[]): Uint8Array {
  const state = HASHES[id].create();
  for (const part of parts) state.update(part);
  return state.digest();
}

/** `CryptoProvider.hmac` on @noble/hashes. */
export function hmac(id: HashId, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const state = nobleHmac.create(HASHES[id], key);
  for (const part of parts) state.update(part);
  return state.digest();
}

// An HMAC key shorter than the block is padded with zeros, so an empty salt already is the 32 zero bytes of RFC 5869.
/** `CryptoProvider.hkdfExtract` on @noble/hashes. */
export function hkdfExtract(salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return hmac('sha256', salt, ikm);
}

/** `CryptoProvider.hkdfExpand` on @noble/hashes. */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return hkdfExpandWith(hmac, prk, length, info);
}
