/**
 * Ed25519ph, the prehashed variant with a context (RFC 8032 sections 5.1 and 5.1.7). XMTP signs identity updates with it.
 * In plain JavaScript: neither node:crypto nor libsodium offers it with a context.
 */
import { ed25519ph } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes } from '../bytes/bytes.js';
import { utf8 } from '../bytes/text.js';
import { CryptoError } from '../errors.js';
import { decodePublicKey, ED25519_KEY_LENGTH, verifyEquation } from './verify.js';

const MAX_CONTEXT_LENGTH = 255;
const DOM2_PREFIX = utf8('SigEd25519 no Ed25519 collisions');

/**
 * `dom2(1, context)` of RFC 8032 section 5.1, which every hash of a signature begins with.
 * @throws CryptoError `codec/length-limit` on a context over 255 bytes
 */
export function prehashDomain(context: Uint8Array): Uint8Array {
  if (context.length > MAX_CONTEXT_LENGTH) {
    throw new CryptoError('codec/length-limit', { length: context.length, limit: MAX_CONTEXT_LENGTH });
  }
  return concatBytes(DOM2_PREFIX, Uint8Array.of(1, context.length), context);
}

/**
 * Signs SHA-512(`message`) under `context`.
 * @returns 64 bytes
 * @throws CryptoError `crypto/invalid-key` when the seed is not 32 bytes, `codec/length-limit` on a context over 255 bytes
 */
export function signPrehashed(seed: Uint8Array, message: Uint8Array, context: Uint8Array): Uint8Array {
  if (seed.length !== ED25519_KEY_LENGTH) throw new CryptoError('crypto/invalid-key', { length: seed.length });
  prehashDomain(context);
  return ed25519ph.sign(message, seed, { context });
}

/**
 * Verifies in the variant of `verify.ts` that is not strict, as the deployed client does here; false on a malformed key or signature.
 * @throws CryptoError `codec/length-limit` on a context over 255 bytes
 */
export function verifyPrehashed(
  publicKey: Uint8Array,
  message: Uint8Array,
  context: Uint8Array,
  signature: Uint8Array,
): boolean {
  const dom = prehashDomain(context);
  const decoded = decodePublicKey(publicKey);
  if (decoded === undefined) return false;
  return verifyEquation(decoded, sha512(message), signature, dom);
}
