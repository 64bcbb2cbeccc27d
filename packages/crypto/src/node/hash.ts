/** SHA-2, HMAC (RFC 2104) and HKDF (RFC 5869) on node:crypto. */
import * as crypto from 'node:crypto';
import { hkdfExpandWith } from '../provider/hkdf.js';
import type { HashId } from '../provider/provider.js';

/** A plain view: a Buffer's own `slice` would share memory where callers expect a copy. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

// Node 20.12 and 21.7 brought the one-shot call, a third faster on short input.
const oneShot = (crypto as { hash?: (algorithm: string, data: Uint8Array, encoding: 'buffer') => Buffer }).hash;

/** `CryptoProvider.hash` on node:crypto; the one-shot call where this Node has it. */
export function hash(id: HashId, ...parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1 && oneShot !== undefined) return plain(oneShot(id, parts[0] as Uint8Array, 'buffer'));
  const state = crypto.createHash(id);
  for (const part of parts) state.update(part);
  return plain(state.digest());
}

/** `CryptoProvider.hmac` on node:crypto. */
export function hmac(id: HashId, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const state = crypto.createHmac(id, key);
  for (const part of parts) state.update(part);
  return plain(state.digest());
}

// An HMAC key shorter than the block is padded with zeros, so an empty salt already is the 32 zero bytes of RFC 5869.
/** `CryptoProvider.hkdfExtract` on node:crypto. */
export function hkdfExtract(salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return hmac('sha256', salt, ikm);
}

// Not `hkdfSync`: it costs four times one HMAC.
/** `CryptoProvider.hkdfExpand`: one HMAC per block, several times faster than `hkdfSync`. */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return hkdfExpandWith(hmac, prk, length, info);
}
