/**
 * The back end for browsers: libsodium as WebAssembly for the curves, ML-KEM, hashes and ChaCha20-Poly1305, noble for the rest.
 * Synchronous once it is open. It runs on Node as well.
 *
 * @example
 * import { openBrowserCrypto } from '@conclave/crypto/browser';
 * const provider = await openBrowserCrypto();
 * const key = provider.signaturePrivateKey(provider.random(32));
 */
import type { CryptoProvider } from '../provider/provider.js';
import { openSodiumCrypto } from './sodium-provider.js';

/**
 * Opens the fastest provider that the page allows.
 *
 * @returns the provider named `browser`; `nobleCrypto`, named `noble` and about ten times slower at signatures and key
 *   agreement, where WebAssembly cannot be started
 */
export async function openBrowserCrypto(): Promise<CryptoProvider> {
  // Imported here, so that a page which has WebAssembly need not load what is only there for those that have not.
  return (await openSodiumCrypto()) ?? (await import('../noble/index.js')).nobleCrypto;
}
