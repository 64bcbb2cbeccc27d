/**
 * Ed25519ph with a context on libsodium (RFC 8032 sections 5.1.6 and 5.1.7), a tenth of plain JavaScript's time: verifying by its check of the
 * equation, which is given the digest.
 *
 * Keys and R of small order and keys that are not in canonical form, which that check refuses whatever the equation says, are judged by the
 * portable code (`../ed25519/ed25519ph.ts`), so that both accept the same. A component of small order in an ordinary key does not matter: the
 * equation is checked without the cofactor.
 */
import { createHash } from 'node:crypto';
import * as portable from '../ed25519/ed25519ph.js';
import { isSmallOrder } from '../ed25519/small-order.js';
import { ED25519_KEY_LENGTH, ED25519_SIGNATURE_LENGTH, isBelowOrder } from '../ed25519/verify.js';
import type { CryptoProvider, PrehashedJob } from '../provider/provider.js';
import { signPrehashed as signOnSodium } from '../sodium/sign-prehashed.js';
import { openSodium } from './sodium.js';
import { CHECK_LENGTH } from './threads/digest-check.js';

const SCALAR = 32;
const DIGEST_IN_QUESTION = ED25519_SIGNATURE_LENGTH + ED25519_KEY_LENGTH;

function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** `CryptoProvider.signPrehashed` on Node. */
export const signPrehashed: CryptoProvider['signPrehashed'] = (seed, message, context) => {
  const sodium = openSodium();
  if (sodium === undefined) return portable.signPrehashed(seed, message, context);
  return signOnSodium(sodium, sha512, seed, message, context);
};

/** `CryptoProvider.verifyPrehashed` on Node. */
export const verifyPrehashed: CryptoProvider['verifyPrehashed'] = (publicKey, message, context, signature) => {
  const question = digestQuestion({ publicKey, message, context, signature });
  const sodium = question === undefined ? undefined : openSodium();
  if (question === undefined || sodium === undefined) {
    return portable.verifyPrehashed(publicKey, message, context, signature);
  }
  const { call, place, digestAt, write } = sodium;
  const keyAt = place + ED25519_SIGNATURE_LENGTH;
  write(place, question.subarray(0, DIGEST_IN_QUESTION));
  write(digestAt, question.subarray(DIGEST_IN_QUESTION));
  return call.crypto_sign_ed25519_verify_detached(place, keyAt, 0, 0, keyAt) === 0;
};

/** The question for the library; undefined for what the portable code has to judge. */
export function digestQuestion({ publicKey, message, context, signature }: PrehashedJob): Uint8Array | undefined {
  if (publicKey.length !== ED25519_KEY_LENGTH || signature.length !== ED25519_SIGNATURE_LENGTH) return undefined;
  const r = signature.subarray(0, SCALAR);
  if (!isBelowOrder(signature.subarray(SCALAR)) || !isCanonical(publicKey)) return undefined;
  if (isSmallOrder(publicKey) || isSmallOrder(r)) return undefined;
  const question = new Uint8Array(CHECK_LENGTH);
  question.set(signature);
  question.set(publicKey, ED25519_SIGNATURE_LENGTH);
  question.set(sha512(portable.prehashDomain(context), r, publicKey, sha512(message)), DIGEST_IN_QUESTION);
  return question;
}

/** False when y is at or above p, 2^255 - 19; the sign bit does not count. */
function isCanonical(publicKey: Uint8Array): boolean {
  if (((publicKey[31] as number) & 0x7f) !== 0x7f || (publicKey[0] as number) < 0xed) return true;
  return publicKey.subarray(1, 31).some((byte) => byte !== 0xff);
}
