/** AES-GCM and ChaCha20-Poly1305 on node:crypto; the tag follows the ciphertext (RFC 5116 section 5.1). */
import { type CipherGCMTypes, createCipheriv, createDecipheriv } from 'node:crypto';
import { CryptoError } from '../errors.js';
import { AEAD_TAG_LENGTH, assertAeadSizes, assertHoldsTag } from '../provider/aead-sizes.js';
import type { AeadId } from '../provider/provider.js';

const OPTIONS = { authTagLength: AEAD_TAG_LENGTH };

/** `CryptoProvider.aeadSeal` on node:crypto. */
export function aeadSeal(
  id: AeadId,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  assertAeadSizes(id, key, nonce);
  // The types keep ChaCha20-Poly1305 apart from GCM; the calls are the same.
  const cipher = createCipheriv(id as CipherGCMTypes, key, nonce, OPTIONS);
  if (aad.length > 0) cipher.setAAD(aad);
  const out = new Uint8Array(plaintext.length + AEAD_TAG_LENGTH);
  out.set(cipher.update(plaintext));
  cipher.final();
  out.set(cipher.getAuthTag(), plaintext.length);
  return out;
}

/** `CryptoProvider.aeadOpen` on node:crypto. @throws CryptoError `crypto/open-failed` */
export function aeadOpen(
  id: AeadId,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  assertAeadSizes(id, key, nonce);
  assertHoldsTag(ciphertext);
  const length = ciphertext.length - AEAD_TAG_LENGTH;
  const decipher = createDecipheriv(id as CipherGCMTypes, key, nonce, OPTIONS);
  decipher.setAuthTag(ciphertext.subarray(length));
  if (aad.length > 0) decipher.setAAD(aad);
  const plaintext = decipher.update(ciphertext.subarray(0, length));
  try {
    decipher.final();
  } catch (cause) {
    plaintext.fill(0);
    throw new CryptoError('crypto/open-failed', { aead: id, length: ciphertext.length }, cause);
  }
  return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength);
}
