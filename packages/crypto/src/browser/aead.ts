/**
 * ChaCha20-Poly1305 (RFC 8439) on libsodium, four times as fast as plain JavaScript. AES-GCM stays with noble: the wasm
 * build has none.
 */
import { CryptoError } from '../errors.js';
import { aesGcm } from '../noble/aes-gcm.js';
import {
  AEAD_KEY_LENGTH,
  AEAD_NONCE_LENGTH,
  AEAD_TAG_LENGTH,
  assertAeadSizes,
  assertHoldsTag,
} from '../provider/aead-sizes.js';
import type { CryptoProvider } from '../provider/provider.js';
import type { BrowserSodium } from './sodium.js';

/** `CryptoProvider.aeadSeal` and `aeadOpen` on libsodium, where it has the algorithm. */
export function sodiumAead(sodium: BrowserSodium): Pick<CryptoProvider, 'aeadSeal' | 'aeadOpen'> {
  const { call, place, write, read, wipe, makeRoom } = sodium;
  const nonceAt = place + AEAD_KEY_LENGTH['chacha20-poly1305'];
  const textAt = nonceAt + AEAD_NONCE_LENGTH;
  /** Writes all that goes in, the associated data behind a text of this many bytes. @returns where they stand, and how much to wipe */
  const put = (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, text: Uint8Array, textLength: number) => {
    const aadAt = textAt + textLength;
    const length = aadAt + aad.length - place;
    makeRoom(length);
    write(place, key);
    write(nonceAt, nonce);
    write(textAt, text);
    write(aadAt, aad);
    return { aadAt, length };
  };
  return {
    aeadSeal: (id, key, nonce, aad, plaintext) => {
      if (id !== 'chacha20-poly1305') return aesGcm.aeadSeal(id, key, nonce, aad, plaintext);
      assertAeadSizes(id, key, nonce);
      const sealedLength = plaintext.length + AEAD_TAG_LENGTH;
      const { aadAt, length } = put(key, nonce, aad, plaintext, sealedLength);
      call.crypto_aead_chacha20poly1305_ietf_encrypt(
        ...([textAt, 0, textAt, plaintext.length, 0, aadAt, aad.length, 0, 0, nonceAt, place] as const),
      );
      const sealed = read(textAt, sealedLength);
      wipe(length);
      return sealed;
    },
    aeadOpen: (id, key, nonce, aad, ciphertext) => {
      if (id !== 'chacha20-poly1305') return aesGcm.aeadOpen(id, key, nonce, aad, ciphertext);
      assertAeadSizes(id, key, nonce);
      assertHoldsTag(ciphertext);
      const { aadAt, length } = put(key, nonce, aad, ciphertext, ciphertext.length);
      const refused = call.crypto_aead_chacha20poly1305_ietf_decrypt(
        ...([textAt, 0, 0, textAt, ciphertext.length, 0, aadAt, aad.length, 0, nonceAt, place] as const),
      );
      const opened = read(textAt, ciphertext.length - AEAD_TAG_LENGTH);
      wipe(length);
      if (refused !== 0) throw new CryptoError('crypto/open-failed', { aead: id, length: ciphertext.length });
      return opened;
    },
  };
}
