/**
 * Ed25519 (RFC 8032) on libsodium. It checks the equation of `../ed25519/verify.ts`, without the cofactor, with S below
 * the order and R compared as bytes. Lengths and small orders are checked here; libsodium throws on the former.
 *
 * libsodium also refuses a key written with y at or above p, which the definition accepts. No difference can show: such
 * y that are not of small order are the 17 numbers from 2 to 18, and nobody knows the discrete logarithm of their points.
 */
import { isSmallOrder } from '../ed25519/small-order.js';
import { ED25519_KEY_LENGTH, ED25519_SIGNATURE_LENGTH } from '../ed25519/verify.js';
import { CryptoError } from '../errors.js';
import { inTurns } from '../provider/in-turns.js';
import type { CryptoProvider, SignaturePrivateKey, SignaturePublicKey, VerifyJob } from '../provider/provider.js';
import { nextTurn } from './next-turn.js';
import type { Sodium } from './sodium.js';

class SodiumSignaturePrivateKey implements SignaturePrivateKey {
  readonly #sodium: Sodium;
  /** Seed and public key, 64 bytes. */
  readonly #secretKey: Uint8Array;
  readonly publicKey: Uint8Array;

  constructor(sodium: Sodium, seed: Uint8Array) {
    if (seed.length !== ED25519_KEY_LENGTH) {
      throw new CryptoError('crypto/invalid-key', { curve: 'Ed25519', length: seed.length });
    }
    const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed);
    this.#sodium = sodium;
    this.#secretKey = privateKey;
    this.publicKey = publicKey;
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#sodium.crypto_sign_detached(message, this.#secretKey);
  }
}

class SodiumSignaturePublicKey implements SignaturePublicKey {
  readonly #sodium: Sodium;
  readonly #usable: boolean;
  readonly bytes: Uint8Array;

  constructor(sodium: Sodium, bytes: Uint8Array) {
    this.#sodium = sodium;
    this.#usable = bytes.length === ED25519_KEY_LENGTH && !isSmallOrder(bytes);
    this.bytes = new Uint8Array(bytes);
  }

  verify(message: Uint8Array, signature: Uint8Array): boolean {
    return (
      this.#usable &&
      signature.length === ED25519_SIGNATURE_LENGTH &&
      !isSmallOrder(signature.subarray(0, 32)) &&
      this.#sodium.crypto_sign_verify_detached(signature, message, this.bytes)
    );
  }
}

/** Checks made before other work of the page gets its turn: about 10 ms of them. */
const CHUNK = 128;

/** What browsers and Node both give a port; packages for every platform compile without the browser's types. */
/** The part of a provider that signs and verifies, on libsodium. `verifyMany` works in one thread, in chunks. */
export function sodiumEd25519(
  sodium: Sodium,
): Pick<CryptoProvider, 'signaturePrivateKey' | 'signaturePublicKey' | 'verifyMany'> {
  const signaturePublicKey = (bytes: Uint8Array) => new SodiumSignaturePublicKey(sodium, bytes);
  const verify = ({ publicKey, message, signature }: VerifyJob) =>
    signaturePublicKey(publicKey).verify(message, signature);
  return {
    signaturePrivateKey: (seed) => new SodiumSignaturePrivateKey(sodium, seed),
    signaturePublicKey,
    verifyMany: (jobs) => inTurns(jobs, CHUNK, nextTurn, verify),
  };
}
