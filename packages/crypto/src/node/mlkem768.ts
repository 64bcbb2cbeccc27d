/** ML-KEM-768 (FIPS 203) on libsodium, which node:crypto has only from version 24 on; in plain JavaScript where WebAssembly cannot be started. */
import { mlKem768 as portable } from '../noble/mlkem768.js';
import type { MlKem768 } from '../provider/provider.js';
import { sodiumMlKem768 } from '../sodium/mlkem768.js';
import { openSodium } from './sodium.js';

let chosen: MlKem768 | undefined;

function implementation(): MlKem768 {
  if (chosen === undefined) {
    const sodium = openSodium();
    chosen = sodium === undefined ? portable : sodiumMlKem768(sodium);
  }
  return chosen;
}

/** `CryptoProvider.mlKem768` for Node. */
export const mlKem768: MlKem768 = {
  keyPair: (seed) => implementation().keyPair(seed),
  encapsulate: (publicKey, message) => implementation().encapsulate(publicKey, message),
  decapsulate: (ciphertext, secretKey) => implementation().decapsulate(ciphertext, secretKey),
};
