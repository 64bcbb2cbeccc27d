/** ML-KEM-768 (FIPS 203) on libsodium, some seven times as fast as plain JavaScript. */
import type { MlKem768 } from '../provider/provider.js';
import type { Sodium } from './library.js';

const PUBLIC_KEY_LENGTH = 1184;
const SECRET_KEY_LENGTH = 2400;
const CIPHERTEXT_LENGTH = 1088;
const SEED_LENGTH = 64;
const SECRET_LENGTH = 32;

/** `CryptoProvider.mlKem768` on libsodium. */
export function sodiumMlKem768(sodium: Sodium): MlKem768 {
  const { call, place, write, read, wipe } = sodium;
  return {
    keyPair(seed) {
      const secretKeyAt = place + SEED_LENGTH;
      const publicKeyAt = secretKeyAt + SECRET_KEY_LENGTH;
      write(place, seed);
      call.crypto_kem_mlkem768_seed_keypair(publicKeyAt, secretKeyAt, place);
      const publicKey = read(publicKeyAt, PUBLIC_KEY_LENGTH);
      const secretKey = read(secretKeyAt, SECRET_KEY_LENGTH);
      wipe(SEED_LENGTH + SECRET_KEY_LENGTH);
      return { publicKey, secretKey };
    },

    encapsulate(publicKey, message) {
      const secretAt = place + SECRET_LENGTH;
      const publicKeyAt = secretAt + SECRET_LENGTH;
      const ciphertextAt = publicKeyAt + PUBLIC_KEY_LENGTH;
      write(place, message);
      write(publicKeyAt, publicKey);
      call.crypto_kem_mlkem768_enc_deterministic(ciphertextAt, secretAt, publicKeyAt, place);
      const sharedSecret = read(secretAt, SECRET_LENGTH);
      const ciphertext = read(ciphertextAt, CIPHERTEXT_LENGTH);
      wipe(2 * SECRET_LENGTH);
      return { ciphertext, sharedSecret };
    },

    decapsulate(ciphertext, secretKey) {
      const secretKeyAt = place + SECRET_LENGTH;
      const ciphertextAt = secretKeyAt + SECRET_KEY_LENGTH;
      write(secretKeyAt, secretKey);
      write(ciphertextAt, ciphertext);
      call.crypto_kem_mlkem768_dec(place, ciphertextAt, secretKeyAt);
      const sharedSecret = read(place, SECRET_LENGTH);
      wipe(SECRET_LENGTH + SECRET_KEY_LENGTH);
      return sharedSecret;
    },
  };
}
