/** X25519 (RFC 7748) on @noble/curves. */
import { x25519 } from '@noble/curves/ed25519.js';
import { CryptoError } from '../errors.js';
import type { DhPrivateKey } from '../provider/provider.js';

const KEY_LENGTH = 32;

function assertKey(bytes: Uint8Array): void {
  if (bytes.length !== KEY_LENGTH) {
    throw new CryptoError('crypto/invalid-key', { curve: 'X25519', length: bytes.length });
  }
}

class NobleDhPrivateKey implements DhPrivateKey {
  readonly #bytes: Uint8Array;
  readonly publicKey: Uint8Array;

  constructor(bytes: Uint8Array) {
    assertKey(bytes);
    this.#bytes = new Uint8Array(bytes);
    this.publicKey = x25519.getPublicKey(this.#bytes);
  }

  dh(publicKey: Uint8Array): Uint8Array {
    assertKey(publicKey);
    try {
      return x25519.getSharedSecret(this.#bytes, publicKey);
    } catch (cause) {
      // The library refuses an all-zero result and nothing else between two keys of the right length.
      throw new CryptoError('crypto/weak-shared-secret', {}, cause);
    }
  }
}

/** `CryptoProvider.dhPrivateKey` on @noble/curves. */
export function dhPrivateKey(bytes: Uint8Array): DhPrivateKey {
  return new NobleDhPrivateKey(bytes);
}
