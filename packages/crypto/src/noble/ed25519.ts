/** Ed25519 (RFC 8032) on @noble/curves, with the strict verification of `../ed25519/verify.ts`. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { type DecodedPublicKey, decodePublicKey, ED25519_KEY_LENGTH, verifyStrict } from '../ed25519/verify.js';
import { CryptoError } from '../errors.js';
import type { SignaturePrivateKey, SignaturePublicKey, VerifyJob } from '../provider/provider.js';

class NobleSignaturePrivateKey implements SignaturePrivateKey {
  readonly #seed: Uint8Array;
  readonly publicKey: Uint8Array;

  constructor(seed: Uint8Array) {
    if (seed.length !== ED25519_KEY_LENGTH) {
      throw new CryptoError('crypto/invalid-key', { curve: 'Ed25519', length: seed.length });
    }
    this.#seed = new Uint8Array(seed);
    this.publicKey = ed25519.getPublicKey(this.#seed);
  }

  sign(message: Uint8Array): Uint8Array {
    return ed25519.sign(message, this.#seed);
  }
}

class NobleSignaturePublicKey implements SignaturePublicKey {
  readonly bytes: Uint8Array;
  readonly #decoded: DecodedPublicKey | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = new Uint8Array(bytes);
    this.#decoded = decodePublicKey(bytes);
  }

  verify(message: Uint8Array, signature: Uint8Array): boolean {
    return this.#decoded !== undefined && verifyStrict(this.#decoded, message, signature);
  }
}

/** `CryptoProvider.signaturePrivateKey` on @noble/curves. */
export function signaturePrivateKey(seed: Uint8Array): SignaturePrivateKey {
  return new NobleSignaturePrivateKey(seed);
}

/** `CryptoProvider.signaturePublicKey` on @noble/curves. */
export function signaturePublicKey(bytes: Uint8Array): SignaturePublicKey {
  return new NobleSignaturePublicKey(bytes);
}

/** One after the other: plain JavaScript has no threads to give them to. */
export async function verifyMany(jobs: readonly VerifyJob[]): Promise<boolean[]> {
  return jobs.map((job) => signaturePublicKey(job.publicKey).verify(job.message, job.signature));
}
