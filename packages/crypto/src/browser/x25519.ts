/** X25519 (RFC 7748) on libsodium. */
import { CryptoError } from '../errors.js';
import type { CryptoProvider, DhPrivateKey } from '../provider/provider.js';
import type { BrowserFunctions, BrowserSodium } from './sodium.js';

const KEY_LENGTH = 32;

function assertKey(bytes: Uint8Array): void {
  if (bytes.length !== KEY_LENGTH) {
    throw new CryptoError('crypto/invalid-key', { curve: 'X25519', length: bytes.length });
  }
}

class SodiumDhPrivateKey implements DhPrivateKey {
  readonly #sodium: BrowserSodium;
  readonly #bytes: Uint8Array;
  #publicKey: Uint8Array | undefined;

  constructor(sodium: BrowserSodium, bytes: Uint8Array) {
    assertKey(bytes);
    this.#sodium = sodium;
    this.#bytes = new Uint8Array(bytes);
  }

  get publicKey(): Uint8Array {
    this.#publicKey ??= this.#multiply((call, result, scalar) => call.crypto_scalarmult_base(result, scalar));
    return this.#publicKey as Uint8Array;
  }

  dh(publicKey: Uint8Array): Uint8Array {
    assertKey(publicKey);
    const secret = this.#multiply((call, result, scalar, pointAt) => {
      this.#sodium.write(pointAt, publicKey);
      return call.crypto_scalarmult(result, scalar, pointAt);
    });
    // The library refuses an all-zero result and nothing else between two keys of the right length.
    if (secret === undefined) throw new CryptoError('crypto/weak-shared-secret');
    return secret;
  }

  /** @returns undefined when the library refuses */
  #multiply(
    multiply: (call: BrowserFunctions, result: number, scalar: number, point: number) => number,
  ): Uint8Array | undefined {
    const { call, place, write, read, wipe } = this.#sodium;
    const [resultAt, pointAt] = [place + KEY_LENGTH, place + 2 * KEY_LENGTH];
    write(place, this.#bytes);
    const isRefused = multiply(call, resultAt, place, pointAt) !== 0;
    const result = read(resultAt, KEY_LENGTH);
    wipe(2 * KEY_LENGTH);
    return isRefused ? undefined : result;
  }
}

/** `CryptoProvider.dhPrivateKey` on libsodium. */
export function sodiumX25519(sodium: BrowserSodium): Pick<CryptoProvider, 'dhPrivateKey'> {
  return { dhPrivateKey: (bytes) => new SodiumDhPrivateKey(sodium, bytes) };
}
