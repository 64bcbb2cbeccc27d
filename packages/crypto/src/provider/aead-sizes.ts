/** Sizes of the AEADs (RFC 5116 section 5, RFC 8439 section 2.8) and the checks that all back ends make first. */
import { CryptoError } from '../errors.js';
import type { AeadId } from './provider.js';

/** Bytes of the authentication tag, appended to every ciphertext. */
export const AEAD_TAG_LENGTH = 16;
/** Bytes of every nonce. */
export const AEAD_NONCE_LENGTH = 12;
/** Key length by algorithm, bytes. */
export const AEAD_KEY_LENGTH: Readonly<Record<AeadId, number>> = {
  'aes-128-gcm': 16,
  'aes-256-gcm': 32,
  'chacha20-poly1305': 32,
};

/** @throws CryptoError `crypto/invalid-key` when key or nonce have another length than the algorithm asks for */
export function assertAeadSizes(id: AeadId, key: Uint8Array, nonce: Uint8Array): void {
  if (key.length !== AEAD_KEY_LENGTH[id]) throw new CryptoError('crypto/invalid-key', { aead: id, length: key.length });
  if (nonce.length !== AEAD_NONCE_LENGTH) {
    throw new CryptoError('crypto/invalid-key', { aead: id, nonceLength: nonce.length });
  }
}

/** @throws CryptoError `crypto/open-failed` when the ciphertext cannot even hold a tag */
export function assertHoldsTag(ciphertext: Uint8Array): void {
  if (ciphertext.length < AEAD_TAG_LENGTH) throw new CryptoError('crypto/open-failed', { length: ciphertext.length });
}
