/**
 * Ed25519ph with a context on libsodium's arithmetic: the formulas of RFC 8032 sections 5.1.6 and 5.1.7 over four operations of the curve,
 * a quarter of plain JavaScript's time to verify and a tenth to sign.
 *
 * What libsodium refuses to calculate with - keys that are not in canonical form, not on the curve or of small order, scalars of zero - is
 * decided by the portable code (`../ed25519/ed25519ph.ts`), so that both accept the same. The rest of the key does not matter: points with a
 * component of small order are calculated with as they are.
 */
import { createHash } from 'node:crypto';
import { equalBytes } from '../bytes/bytes.js';
import * as portable from '../ed25519/ed25519ph.js';
import { ED25519_KEY_LENGTH, ED25519_SIGNATURE_LENGTH, isBelowOrder } from '../ed25519/verify.js';
import { CryptoError } from '../errors.js';
import type { CryptoProvider } from '../provider/provider.js';
import { openSodium, type Sodium } from './sodium.js';

const SCALAR = 32;
const DIGEST = 64;

function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Leaves SHA-512 of the parts, modulo the order, at `address`, 32 bytes; the digest stands behind it. */
function hashToScalar(sodium: Sodium, address: number, ...parts: readonly Uint8Array[]): void {
  sodium.write(address + SCALAR, sha512(...parts));
  sodium.call.crypto_core_ed25519_scalar_reduce(address, address + SCALAR);
}

/** `CryptoProvider.signPrehashed` on Node. */
export const signPrehashed: CryptoProvider['signPrehashed'] = (seed, message, context) => {
  const sodium = openSodium();
  if (sodium === undefined) return portable.signPrehashed(seed, message, context);
  if (seed.length !== ED25519_KEY_LENGTH) throw new CryptoError('crypto/invalid-key', { length: seed.length });
  const dom = portable.prehashDomain(context);
  const prehashed = sha512(message);
  const expanded = sha512(seed);
  const secret = expanded.subarray(0, SCALAR);
  secret[0] = (secret[0] as number) & 0xf8;
  secret[31] = ((secret[31] as number) & 0x7f) | 0x40;

  const { call, place, read, write } = sodium;
  const [secretAt, pointAt, nonceAt] = [place, place + SCALAR, place + 2 * SCALAR];
  const challengeAt = nonceAt + SCALAR + DIGEST;
  write(secretAt, secret);
  call.crypto_scalarmult_ed25519_base_noclamp(pointAt, secretAt);
  const publicKey = read(pointAt, SCALAR);
  hashToScalar(sodium, nonceAt, dom, expanded.subarray(SCALAR), prehashed);
  call.crypto_scalarmult_ed25519_base_noclamp(pointAt, nonceAt);
  const r = read(pointAt, SCALAR);
  hashToScalar(sodium, challengeAt, dom, r, publicKey, prehashed);
  call.crypto_core_ed25519_scalar_mul(challengeAt, challengeAt, secretAt);
  call.crypto_core_ed25519_scalar_add(challengeAt, challengeAt, nonceAt);

  const signature = new Uint8Array(ED25519_SIGNATURE_LENGTH);
  signature.set(r);
  signature.set(read(challengeAt, SCALAR), SCALAR);
  expanded.fill(0);
  sodium.wipe(challengeAt - place + SCALAR + DIGEST);
  return signature;
};

/** `CryptoProvider.verifyPrehashed` on Node. */
export const verifyPrehashed: CryptoProvider['verifyPrehashed'] = (publicKey, message, context, signature) => {
  const dom = portable.prehashDomain(context);
  if (publicKey.length !== ED25519_KEY_LENGTH || signature.length !== ED25519_SIGNATURE_LENGTH) return false;
  const s = signature.subarray(SCALAR);
  if (!isBelowOrder(s)) return false;
  const sodium = openSodium();
  const calculated = sodium && expectedR(sodium, publicKey, sha512(message), dom, signature);
  if (calculated === undefined) return portable.verifyPrehashed(publicKey, message, context, signature);
  return equalBytes(calculated, signature.subarray(0, SCALAR));
};

/** encode([S]B - [k]A); undefined when libsodium does not calculate with one of them. */
function expectedR(
  sodium: Sodium,
  publicKey: Uint8Array,
  prehashed: Uint8Array,
  dom: Uint8Array,
  signature: Uint8Array,
): Uint8Array | undefined {
  const { call, place, read, write } = sodium;
  const [keyAt, sAt, minuendAt] = [place, place + SCALAR, place + 2 * SCALAR];
  const [productAt, kAt] = [place + 3 * SCALAR, place + 4 * SCALAR];
  write(keyAt, publicKey);
  write(sAt, signature.subarray(SCALAR));
  hashToScalar(sodium, kAt, dom, signature.subarray(0, SCALAR), publicKey, prehashed);
  if (call.crypto_scalarmult_ed25519_noclamp(productAt, kAt, keyAt) !== 0) return undefined;
  if (call.crypto_scalarmult_ed25519_base_noclamp(minuendAt, sAt) !== 0) return undefined;
  if (call.crypto_core_ed25519_sub(minuendAt, minuendAt, productAt) !== 0) return undefined;
  return read(minuendAt, SCALAR);
}
