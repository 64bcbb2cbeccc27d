/** AES-GCM on @noble/ciphers; the tag follows the ciphertext (RFC 5116 section 5.1). Apart, because libsodium's build for browsers has none. */
import { gcm } from '@noble/ciphers/aes.js';
import { CryptoError } from '../errors.js';
import { assertAeadSizes, assertHoldsTag } from '../provider/aead-sizes.js';
import type { AeadId } from '../provider/provider.js';

/** `CryptoProvider.aeadSeal` for AES-GCM. */
export function aesGcmSeal(
  id: AeadId,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  assertAeadSizes(id, key, nonce);
  return gcm(key, nonce, aad).encrypt(plaintext);
}

/** `CryptoProvider.aeadOpen` for AES-GCM. @throws CryptoError `crypto/open-failed` */
export function aesGcmOpen(
  id: AeadId,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  assertAeadSizes(id, key, nonce);
  assertHoldsTag(ciphertext);
  try {
    return gcm(key, nonce, aad).decrypt(ciphertext);
  } catch (cause) {
    throw new CryptoError('crypto/open-failed', { aead: id, length: ciphertext.length }, cause);
  }
}
