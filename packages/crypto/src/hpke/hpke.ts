/**
 * Hybrid Public Key Encryption in base mode (RFC 9180 sections 5.1.1 and 6.1): HKDF-SHA256, the AEADs of `AeadId`, and
 * the KEMs of `dhkem-x25519.ts` and `xwing.ts`.
 *
 * Sealing one thing to many recipients (a Welcome, an UpdatePath) goes through `createHpkeSealer`, which hashes `info`
 * once: the info of a Welcome holds the whole ratchet tree, so hashing it per recipient would be quadratic.
 */
import { wipe } from '../bytes/bytes.js';
import type { Random } from '../provider/provider.js';
import { deriveKeyAndNonce, HpkeContext, type HpkeReceiverContext, type HpkeSenderContext } from './context.js';
import type { Encapsulation, KemPrivateKey } from './kem.js';
import { type HpkeSuite, keyScheduleContext } from './key-schedule.js';

/** Result of one seal. */
export interface HpkeCiphertext {
  /** Encapsulation, `kem.encLength` bytes. */
  readonly enc: Uint8Array;
  /** Ciphertext followed by the 16-byte tag. */
  readonly ciphertext: Uint8Array;
}

/** Seals under one `info` to any number of recipients, each with an own encapsulation. */
export interface HpkeSealer {
  /** @throws CryptoError `crypto/invalid-key` or `crypto/weak-shared-secret` on a public key that cannot be used */
  seal(publicKey: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, random: Random): HpkeCiphertext;
  /** The rest of `seal`, with an encapsulation of the suite's KEM that was made before (`BatchKem`) and is used once. */
  sealWith(encapsulation: Encapsulation, aad: Uint8Array, plaintext: Uint8Array): HpkeCiphertext;
}

/** Prepares sealing under `info`. Cost: one hash over `info`, nothing of it again per recipient. */
export function createHpkeSealer(suite: HpkeSuite, info: Uint8Array): HpkeSealer {
  const scheduleContext = keyScheduleContext(suite, info);
  const sealWith = ({ enc, sharedSecret }: Encapsulation, aad: Uint8Array, plaintext: Uint8Array): HpkeCiphertext => {
    const { key, baseNonce } = deriveKeyAndNonce(suite, sharedSecret, scheduleContext);
    const ciphertext = suite.provider.aeadSeal(suite.aead, key, baseNonce, aad, plaintext);
    wipe(key, baseNonce);
    return { enc, ciphertext };
  };
  return {
    seal: (publicKey, aad, plaintext, random) => sealWith(suite.kem.encap(publicKey, random), aad, plaintext),
    sealWith,
  };
}

/** SetupBaseS: a context that seals several messages to one recipient, in order. Throws as `HpkeSealer.seal`. */
export function setupBaseSender(
  suite: HpkeSuite,
  publicKey: Uint8Array,
  info: Uint8Array,
  random: Random,
): { readonly enc: Uint8Array; readonly context: HpkeSenderContext } {
  const { enc, sharedSecret } = suite.kem.encap(publicKey, random);
  return { enc, context: new HpkeContext(suite, sharedSecret, keyScheduleContext(suite, info)) };
}

/**
 * SetupBaseR: the recipient's side of `setupBaseSender`.
 * @throws CryptoError `crypto/invalid-key` or `crypto/weak-shared-secret` on an unusable `enc` or a key of another KEM
 */
export function setupBaseReceiver(
  suite: HpkeSuite,
  enc: Uint8Array,
  privateKey: KemPrivateKey,
  info: Uint8Array,
): HpkeReceiverContext {
  return new HpkeContext(suite, suite.kem.decap(enc, privateKey), keyScheduleContext(suite, info));
}

/**
 * OpenBase: opens one message sealed by `HpkeSealer.seal`, or the first of a sender's context.
 * @throws CryptoError `crypto/open-failed`, and as `setupBaseReceiver`
 */
export function hpkeOpen(
  suite: HpkeSuite,
  enc: Uint8Array,
  privateKey: KemPrivateKey,
  info: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  const sharedSecret = suite.kem.decap(enc, privateKey);
  const { key, baseNonce } = deriveKeyAndNonce(suite, sharedSecret, keyScheduleContext(suite, info));
  try {
    return suite.provider.aeadOpen(suite.aead, key, baseNonce, aad, ciphertext);
  } finally {
    wipe(key, baseNonce);
  }
}
