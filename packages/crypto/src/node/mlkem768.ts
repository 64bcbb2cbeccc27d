/** ML-KEM-768 (FIPS 203) on libsodium, which node:crypto has only from version 24 on; in plain JavaScript where WebAssembly cannot be started. */
import { mlKem768 as portable } from '../noble/mlkem768.js';
import type { MlKem768 } from '../provider/provider.js';
import { openSodium } from './sodium.js';

const PUBLIC_KEY_LENGTH = 1184;
const SECRET_KEY_LENGTH = 2400;
const CIPHERTEXT_LENGTH = 1088;
const SEED_LENGTH = 64;
const SECRET_LENGTH = 32;

/** `CryptoProvider.mlKem768` for Node. */
export const mlKem768: MlKem768 = {
  keyPair(seed) {
    const sodium = openSodium();
    if (sodium === undefined) return portable.keyPair(seed);
    const seedAt = sodium.place;
    const secretKeyAt = seedAt + SEED_LENGTH;
    const publicKeyAt = secretKeyAt + SECRET_KEY_LENGTH;
    sodium.write(seedAt, seed);
    sodium.call.crypto_kem_mlkem768_seed_keypair(publicKeyAt, secretKeyAt, seedAt);
    const publicKey = sodium.read(publicKeyAt, PUBLIC_KEY_LENGTH);
    const secretKey = sodium.read(secretKeyAt, SECRET_KEY_LENGTH);
    sodium.wipe(SEED_LENGTH + SECRET_KEY_LENGTH);
    return { publicKey, secretKey };
  },

  encapsulate(publicKey, message) {
    const sodium = openSodium();
    if (sodium === undefined) return portable.encapsulate(publicKey, message);
    const messageAt = sodium.place;
    const secretAt = messageAt + SECRET_LENGTH;
    const publicKeyAt = secretAt + SECRET_LENGTH;
    const ciphertextAt = publicKeyAt + PUBLIC_KEY_LENGTH;
    sodium.write(messageAt, message);
    sodium.write(publicKeyAt, publicKey);
    sodium.call.crypto_kem_mlkem768_enc_deterministic(ciphertextAt, secretAt, publicKeyAt, messageAt);
    const sharedSecret = sodium.read(secretAt, SECRET_LENGTH);
    const ciphertext = sodium.read(ciphertextAt, CIPHERTEXT_LENGTH);
    sodium.wipe(2 * SECRET_LENGTH);
    return { ciphertext, sharedSecret };
  },

  decapsulate(ciphertext, secretKey) {
    const sodium = openSodium();
    if (sodium === undefined) return portable.decapsulate(ciphertext, secretKey);
    const secretAt = sodium.place;
    const secretKeyAt = secretAt + SECRET_LENGTH;
    const ciphertextAt = secretKeyAt + SECRET_KEY_LENGTH;
    sodium.write(secretKeyAt, secretKey);
    sodium.write(ciphertextAt, ciphertext);
    sodium.call.crypto_kem_mlkem768_dec(secretAt, ciphertextAt, secretKeyAt);
    const sharedSecret = sodium.read(secretAt, SECRET_LENGTH);
    sodium.wipe(SECRET_LENGTH + SECRET_KEY_LENGTH);
    return sharedSecret;
  },
};
