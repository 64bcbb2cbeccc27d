/** X25519 (RFC 7748) on node:crypto. */
import { diffieHellman, type KeyObject } from 'node:crypto';
import { CryptoError } from '../errors.js';
import type { DhPrivateKey } from '../provider/provider.js';
import { importPrivateKey, importPublicKey, publicKeyOf } from './jwk.js';

class NodeDhPrivateKey implements DhPrivateKey {
  readonly #key: KeyObject;
  #publicKey: Uint8Array | undefined;

  constructor(bytes: Uint8Array) {
    this.#key = importPrivateKey('X25519', bytes);
  }

  get publicKey(): Uint8Array {
    this.#publicKey ??= publicKeyOf(this.#key);
    return this.#publicKey;
  }

  dh(publicKey: Uint8Array): Uint8Array {
    const peer = importPublicKey('X25519', publicKey);
    try {
      return new Uint8Array(diffieHellman({ privateKey: this.#key, publicKey: peer }));
    } catch (cause) {
      // The one failure that OpenSSL knows for two well-formed X25519 keys.
      throw new CryptoError('crypto/weak-shared-secret', {}, cause);
    }
  }
}

/** `CryptoProvider.dhPrivateKey` on node:crypto. */
export function dhPrivateKey(bytes: Uint8Array): DhPrivateKey {
  return new NodeDhPrivateKey(bytes);
}
