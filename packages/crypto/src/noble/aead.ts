/** AES-GCM and ChaCha20-Poly1305 on @noble/ciphers; the tag follows the ciphertext (RFC 5116 section 5.1). */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { CryptoError } from '../errors.js';
import { assertAeadSizes, assertHoldsTag } from '../provider/aead-sizes.js';
import type { AeadId } from '../provider/provider.js';
import { aesGcmOpen, aesGcmSeal } from './aes-gcm.js';

/** `CryptoProvider.aeadSeal` on @noble/ciphers. */
export function aeadSeal(
  id: AeadId,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  if (id !== 'chacha20-poly1305') return aesGcmSeal(id, key, nonce, aad, plaintext);
  assertAeadSizes(id, key, nonce);
  return chacha20poly1305(key, nonce, aad).encrypt(plaintext);
}

/** `CryptoProvider.aeadOpen` on @noble/ciphers. @throws CryptoError `crypto/open-failed` */
export function aeadOpen(
  id: AeadId,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  if (id !== 'chacha20-poly1305') return aesGcmOpen(id, key, nonce, aad, ciphertext);
  assertAeadSizes(id, key, nonce);
  assertHoldsTag(ciphertext);
  try {
    return chacha20poly1305(key, nonce, aad).decrypt(ciphertext);
  } catch (cause) {
    throw new CryptoError('crypto/open-failed', { aead: id, length: ciphertext.length }, cause);
  }
}
