/** ML-KEM-768 (FIPS 203) on libsodium, some seven times as fast as plain JavaScript. */
import type { CryptoProvider } from '../provider/provider.js';
import type { Sodium } from './sodium.js';

/** `CryptoProvider.mlKem768` on libsodium. */
export function sodiumMlKem768(sodium: Sodium): Pick<CryptoProvider, 'mlKem768'> {
  return {
    mlKem768: {
      keyPair(seed) {
        const { publicKey, privateKey } = sodium.crypto_kem_mlkem768_seed_keypair(seed);
        return { publicKey, secretKey: privateKey };
      },
      encapsulate: (publicKey, message) => sodium.crypto_kem_mlkem768_enc_deterministic(publicKey, message),
      decapsulate: (ciphertext, secretKey) => sodium.crypto_kem_mlkem768_dec(ciphertext, secretKey),
    },
  };
}
