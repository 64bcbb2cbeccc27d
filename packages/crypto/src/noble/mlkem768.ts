/** ML-KEM-768 (FIPS 203) on @noble/post-quantum. */
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import type { MlKem768 } from '../provider/provider.js';

/** `CryptoProvider.mlKem768` in plain JavaScript. */
export const mlKem768: MlKem768 = {
  keyPair: (seed) => ml_kem768.keygen(seed),
  encapsulate(publicKey, message) {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, message);
    return { ciphertext: cipherText, sharedSecret };
  },
  decapsulate: (ciphertext, secretKey) => ml_kem768.decapsulate(ciphertext, secretKey),
};
