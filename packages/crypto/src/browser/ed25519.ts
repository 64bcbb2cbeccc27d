/**
 * Ed25519 (RFC 8032) on libsodium. It checks the equation of `../ed25519/verify.ts`, without the cofactor, with S below
 * the order and R compared as bytes. Lengths and small orders are checked here.
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
import type { BrowserSodium } from './sodium.js';

const SECRET_KEY_LENGTH = 64;

class SodiumSignaturePrivateKey implements SignaturePrivateKey {
  readonly #sodium: BrowserSodium;
  /** Seed and public key. */
  readonly #secretKey: Uint8Array;
  readonly publicKey: Uint8Array;

  constructor(sodium: BrowserSodium, seed: Uint8Array) {
    if (seed.length !== ED25519_KEY_LENGTH) {
      throw new CryptoError('crypto/invalid-key', { curve: 'Ed25519', length: seed.length });
    }
    const { call, place, write, read, wipe } = sodium;
    const secretKeyAt = place + ED25519_KEY_LENGTH;
    const publicKeyAt = secretKeyAt + SECRET_KEY_LENGTH;
    write(place, seed);
    call.crypto_sign_seed_keypair(publicKeyAt, secretKeyAt, place);
    this.#sodium = sodium;
    this.#secretKey = read(secretKeyAt, SECRET_KEY_LENGTH);
    this.publicKey = read(publicKeyAt, ED25519_KEY_LENGTH);
    wipe(ED25519_KEY_LENGTH + SECRET_KEY_LENGTH);
  }

  sign(message: Uint8Array): Uint8Array {
    const { call, place, write, read, wipe, makeRoom } = this.#sodium;
    const signatureAt = place + SECRET_KEY_LENGTH;
    const messageAt = signatureAt + ED25519_SIGNATURE_LENGTH;
    makeRoom(SECRET_KEY_LENGTH + ED25519_SIGNATURE_LENGTH + message.length);
    write(place, this.#secretKey);
    write(messageAt, message);
    call.crypto_sign_detached(signatureAt, 0, messageAt, message.length, 0, place);
    wipe(SECRET_KEY_LENGTH);
    return read(signatureAt, ED25519_SIGNATURE_LENGTH);
  }
}

class SodiumSignaturePublicKey implements SignaturePublicKey {
  readonly #sodium: BrowserSodium;
  readonly #usable: boolean;
  readonly bytes: Uint8Array;

  constructor(sodium: BrowserSodium, bytes: Uint8Array) {
    this.#sodium = sodium;
    this.#usable = bytes.length === ED25519_KEY_LENGTH && !isSmallOrder(bytes);
    this.bytes = new Uint8Array(bytes);
  }

  verify(message: Uint8Array, signature: Uint8Array): boolean {
    if (!this.#usable || signature.length !== ED25519_SIGNATURE_LENGTH) return false;
    if (isSmallOrder(signature.subarray(0, ED25519_KEY_LENGTH))) return false;
    const { call, place, write, makeRoom } = this.#sodium;
    const keyAt = place + ED25519_SIGNATURE_LENGTH;
    const messageAt = keyAt + ED25519_KEY_LENGTH;
    makeRoom(ED25519_SIGNATURE_LENGTH + ED25519_KEY_LENGTH + message.length);
    write(place, signature);
    write(keyAt, this.bytes);
    write(messageAt, message);
    return call.crypto_sign_verify_detached(place, messageAt, message.length, 0, keyAt) === 0;
  }
}

/** Checks made before other work of the page gets its turn: about 10 ms of them. */
const CHUNK = 128;

/** The part of a provider that signs and verifies, on libsodium. `verifyMany` works in one thread, in chunks. */
export function sodiumEd25519(
  sodium: BrowserSodium,
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
