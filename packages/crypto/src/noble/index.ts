/**
 * The portable back end: the noble libraries, plain JavaScript, no platform needed. The reference that the other back
 * ends are compared with; its curves are 14 to 30 times slower than node:crypto.
 *
 * @example
 * import { nobleCrypto } from '@conclave/crypto/noble';
 * nobleCrypto.hash('sha256', part1, part2);
 */
import { randomBytes } from '@noble/hashes/utils.js';
import { signPrehashed, verifyPrehashed } from '../ed25519/ed25519ph.js';
import { agreeHybrid } from '../provider/hybrid.js';
import type { CryptoProvider } from '../provider/provider.js';
import { aeadOpen, aeadSeal } from './aead.js';
import { recoverManySecp256k1, verifyManyPrehashed } from './batches.js';
import { signaturePrivateKey, signaturePublicKey, verifyMany } from './ed25519.js';
import { hash, hkdfExpand, hkdfExtract, hmac } from './hash.js';
import { keccak256 } from './keccak.js';
import { mlKem768 } from './mlkem768.js';
import { recoverSecp256k1 } from './secp256k1.js';
import { dhPrivateKey } from './x25519.js';

/** Provider on the noble libraries. */
export const nobleCrypto: CryptoProvider = {
  name: 'noble',
  random: (length) => randomBytes(length),
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
  agreeManyHybrid: async (jobs) => jobs.map((job) => agreeHybrid({ dhPrivateKey, mlKem768 }, job)),
  mlKem768,
};
