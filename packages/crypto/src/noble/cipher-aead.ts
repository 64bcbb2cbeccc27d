/** An AEAD of @noble/ciphers as a provider gives it; the tag follows the ciphertext (RFC 5116 section 5.1). */
import { CryptoError } from '../errors.js';
import { assertAeadSizes, assertHoldsTag } from '../provider/aead-sizes.js';
import type { CryptoProvider } from '../provider/provider.js';

type Cipher = (
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
) => { encrypt(plaintext: Uint8Array): Uint8Array; decrypt(ciphertext: Uint8Array): Uint8Array };

/** `CryptoProvider.aeadSeal` and `aeadOpen` for one algorithm; opening throws CryptoError `crypto/open-failed`. */
export function cipherAead(cipher: Cipher): Pick<CryptoProvider, 'aeadSeal' | 'aeadOpen'> {
  return {
    aeadSeal: (id, key, nonce, aad, plaintext) => {
      assertAeadSizes(id, key, nonce);
      return cipher(key, nonce, aad).encrypt(plaintext);
    },
    aeadOpen: (id, key, nonce, aad, ciphertext) => {
      assertAeadSizes(id, key, nonce);
      assertHoldsTag(ciphertext);
      try {
        return cipher(key, nonce, aad).decrypt(ciphertext);
      } catch (cause) {
        throw new CryptoError('crypto/open-failed', { aead: id, length: ciphertext.length }, cause);
      }
    },
  };
}
