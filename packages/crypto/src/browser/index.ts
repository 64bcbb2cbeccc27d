/**
 * The back end for browsers: libsodium as WebAssembly for the curves and ChaCha20-Poly1305, noble for the rest.
 * Synchronous once it is open. It runs on Node as well.
 *
 * @example
 * import { openBrowserCrypto } from '@conclave/crypto/browser';
 * const provider = await openBrowserCrypto();
 * const key = provider.signaturePrivateKey(provider.random(32));
 */
import { nobleCrypto } from '../noble/index.js';
import type { CryptoProvider } from '../provider/provider.js';
import { sodiumAead } from './aead.js';
import { sodiumEd25519 } from './ed25519.js';
import { startSodium } from './sodium.js';
import { sodiumX25519 } from './x25519.js';

/**
 * Opens the fastest provider that the page allows.
 *
 * @returns the provider named `browser`; `nobleCrypto`, named `noble` and about ten times slower at signatures and key
 *   agreement, where WebAssembly cannot be started
 */
export async function openBrowserCrypto(): Promise<CryptoProvider> {
  const sodium = await startSodium();
  if (sodium === undefined) return nobleCrypto;
  return { ...nobleCrypto, name: 'browser', ...sodiumEd25519(sodium), ...sodiumX25519(sodium), ...sodiumAead(sodium) };
}
