/**
 * The back end for Node: node:crypto, synchronous, keys kept as imported KeyObjects.
 *
 * @example
 * import { nodeCrypto } from '@conclave/crypto/node';
 * const key = nodeCrypto.signaturePrivateKey(nodeCrypto.random(32));
 * nodeCrypto.signaturePublicKey(key.publicKey).verify(message, key.sign(message)); // true
 */
import { randomFillSync } from 'node:crypto';
import { signPrehashed, verifyPrehashed } from '../ed25519/ed25519ph.js';
import type { CryptoProvider } from '../provider/provider.js';
import { aeadOpen, aeadSeal } from './aead.js';
import { signaturePrivateKey, signaturePublicKey, verifyMany } from './ed25519.js';
import { hash, hkdfExpand, hkdfExtract, hmac } from './hash.js';
import { recoverSecp256k1 } from './secp256k1.js';
import { dhPrivateKey } from './x25519.js';

/** Provider on node:crypto; Ed25519ph, which node:crypto does not offer, runs on the portable code. */
export const nodeCrypto: CryptoProvider = {
  name: 'node',
  random: (length) => randomFillSync(new Uint8Array(length)),
  hash,
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
  dhPrivateKey,
};
