/** Ed25519 (RFC 8032) on node:crypto: OpenSSL checks the equation of `../ed25519/verify.ts`, the strict conditions are ours. */
import { type KeyObject, sign, verify } from 'node:crypto';
import { equalBytes } from '../bytes/bytes.js';
import { isSmallOrder } from '../ed25519/small-order.js';
import { ED25519_KEY_LENGTH, ED25519_SIGNATURE_LENGTH, isStrictCandidate } from '../ed25519/verify.js';
import type { SignaturePrivateKey, SignaturePublicKey, VerifyJob } from '../provider/provider.js';
import { importPrivateKey, importPublicKey, publicKeyOf } from './jwk.js';

class NodeSignaturePrivateKey implements SignaturePrivateKey {
  readonly #key: KeyObject;
  #publicKey: Uint8Array | undefined;

  constructor(seed: Uint8Array) {
    this.#key = importPrivateKey('Ed25519', seed);
  }

  get publicKey(): Uint8Array {
    this.#publicKey ??= publicKeyOf(this.#key);
    return this.#publicKey;
  }

  sign(message: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, message, this.#key));
  }
}

class NodeSignaturePublicKey implements SignaturePublicKey {
  readonly bytes: Uint8Array;
  readonly #usable: boolean;
  #key: KeyObject | undefined;

  constructor(bytes: Uint8Array) {
    // A copy: a view would keep the tree or message that it was cut from alive as long as the handle.
    this.bytes = new Uint8Array(bytes);
    this.#usable = bytes.length === ED25519_KEY_LENGTH && !isSmallOrder(bytes);
  }

  verify(message: Uint8Array, signature: Uint8Array): boolean {
    if (!this.#usable || signature.length !== ED25519_SIGNATURE_LENGTH || isSmallOrder(signature.subarray(0, 32))) {
      return false;
    }
    this.#key ??= importPublicKey('Ed25519', this.bytes);
    return verify(null, message, this.#key, signature);
  }
}

/** `CryptoProvider.signaturePrivateKey` on node:crypto: the import is most of the cost, so keep the handle. */
export function signaturePrivateKey(seed: Uint8Array): SignaturePrivateKey {
  return new NodeSignaturePrivateKey(seed);
}

/** `CryptoProvider.signaturePublicKey` on node:crypto. */
export function signaturePublicKey(bytes: Uint8Array): SignaturePublicKey {
  return new NodeSignaturePublicKey(bytes);
}

/** Checks under way at once: enough for every thread, few enough that files and names are still served in between. */
const MAX_IN_FLIGHT = 64;
/** Of fewer than these the calling thread checks half, instead of waiting for threads to wake: a millisecond or two. */
const FEW = 32;

/** Runs the jobs on libuv's thread pool; of many, all, so that the calling thread stays free. */
export function verifyMany(jobs: readonly VerifyJob[]): Promise<boolean[]> {
  const results = new Array<boolean>(jobs.length).fill(false);
  // A key package is signed twice by one key, and an import costs a fifth of a verification.
  let imported: { readonly bytes: Uint8Array; readonly key: KeyObject } | undefined;
  const keyOf = (bytes: Uint8Array): KeyObject => {
    if (imported === undefined || !equalBytes(imported.bytes, bytes)) {
      imported = { bytes, key: importPublicKey('Ed25519', bytes) };
    }
    return imported.key;
  };
  const handedOver = jobs.length < FEW ? jobs.length >> 1 : jobs.length;
  let next = 0;
  let left = jobs.length;
  return new Promise((resolve) => {
    const settle = (index: number, valid: boolean): void => {
      results[index] = valid;
      left--;
      if (left === 0) resolve(results);
    };
    const startNext = (): void => {
      while (next < handedOver) {
        const index = next++;
        const { publicKey, message, signature } = jobs[index] as VerifyJob;
        if (!isStrictCandidate(publicKey, signature)) {
          settle(index, false);
          continue;
        }
        verify(null, message, keyOf(publicKey), signature, (error, valid) => {
          settle(index, error === null && valid);
          startNext();
        });
        return;
      }
    };
    if (jobs.length === 0) resolve(results);
    for (let i = 0; i < MAX_IN_FLIGHT; i++) startNext();
    for (const [i, { publicKey, message, signature }] of jobs.slice(handedOver).entries()) {
      const isValid = isStrictCandidate(publicKey, signature) && verify(null, message, keyOf(publicKey), signature);
      settle(handedOver + i, isValid);
    }
  });
}
