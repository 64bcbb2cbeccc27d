/** X25519 (RFC 7748) on libsodium. */
import { CryptoError } from '../errors.js';
import type { CryptoProvider, DhPrivateKey } from '../provider/provider.js';
import type { Sodium } from './sodium.js';

const KEY_LENGTH = 32;

function assertKey(bytes: Uint8Array): void {
  if (bytes.length !== KEY_LENGTH) {
    throw new CryptoError('crypto/invalid-key', { curve: 'X25519', length: bytes.length });
  }
}

class SodiumDhPrivateKey implements DhPrivateKey {
  readonly #sodium: Sodium;
  readonly #bytes: Uint8Array;
  #publicKey: Uint8Array | undefined;

  constructor(sodium: Sodium, bytes: Uint8Array) {
    assertKey(bytes);
    this.#sodium = sodium;
    this.#bytes = new Uint8Array(bytes);
  }

  get publicKey(): Uint8Array {
    this.#publicKey ??= this.#sodium.crypto_scalarmult_base(this.#bytes);
    return this.#publicKey;
  }

  dh(publicKey: Uint8Array): Uint8Array {
    assertKey(publicKey);
    try {
      return this.#sodium.crypto_scalarmult(this.#bytes, publicKey);
    } catch (cause) {
      // The library refuses an all-zero result and nothing else between two keys of the right length.
      throw new CryptoError('crypto/weak-shared-secret', {}, cause);
    }
  }
}

/** `CryptoProvider.dhPrivateKey` on libsodium. */
export function sodiumX25519(sodium: Sodium): Pick<CryptoProvider, 'dhPrivateKey'> {
  return { dhPrivateKey: (bytes) => new SodiumDhPrivateKey(sodium, bytes) };
}
