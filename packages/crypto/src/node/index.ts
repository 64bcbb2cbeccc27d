/**
 * The back end for Node: node:crypto, synchronous, keys kept as imported KeyObjects; WebAssembly for what it does not offer.
 *
 * @example
 * import { nodeCrypto } from '@conclave/crypto/node';
 * const key = nodeCrypto.signaturePrivateKey(nodeCrypto.random(32));
 * nodeCrypto.signaturePublicKey(key.publicKey).verify(message, key.sign(message)); // true
 */
import { randomFillSync } from 'node:crypto';
import type { CryptoProvider } from '../provider/provider.js';
import { aeadOpen, aeadSeal } from './aead.js';
import { agreeManyHybrid, recoverManySecp256k1, verifyManyPrehashed } from './batches.js';
import { signaturePrivateKey, signaturePublicKey, verifyMany } from './ed25519.js';
import { signPrehashed, verifyPrehashed } from './ed25519ph.js';
import { hash, hkdfExpand, hkdfExtract, hmac } from './hash.js';
import { keccak256 } from './keccak.js';
import { mlKem768 } from './mlkem768.js';
import { recoverSecp256k1 } from './secp256k1.js';
import { dhPrivateKey } from './x25519.js';

/** Randomness is fetched in advance for what is shorter than a key: a call to the system costs as much as a hash. */
const MAX_POOLED = 16;
const pool = new Uint8Array(1024);
let unused = 0;

/** Cryptographically random bytes; those from the pool are wiped there as they are given out. */
function random(length: number): Uint8Array {
  if (length > MAX_POOLED) return randomFillSync(new Uint8Array(length));
  if (unused < length) {
    randomFillSync(pool);
    unused = pool.length;
  }
  const bytes = pool.slice(unused - length, unused);
  pool.fill(0, unused - length, unused);
  unused -= length;
  return bytes;
}

/** Provider on node:crypto; Ed25519ph, ML-KEM and Keccak on libsodium and secp256k1 on libsecp256k1, both as WebAssembly. */
export const nodeCrypto: CryptoProvider = {
  name: 'node',
  random,
  hash,
  keccak256,
  hmac,
  hkdfExtract,
  hkdfExpand,
  aeadSeal,
  aeadOpen,
  signaturePrivateKey,
  signaturePublicKey,
  verifyMany,
  signPrehashed,
  verifyPrehashed,
  recoverSecp256k1,
  recoverManySecp256k1,
  verifyManyPrehashed,
  dhPrivateKey,
  agreeManyHybrid,
  mlKem768,
};
