/**
 * Secrets at rest: sealed with AES-256-GCM under a key that the browser keeps and never gives out (a non-extractable CryptoKey). Whoever
 * copies the browser's files without its key store, or reads them with a script of another origin, has ciphertext.
 */
import { keptValue } from './idb.js';

const KEY_NAME = 'vault-key';
const NONCE_LENGTH = 12;

interface Sealed {
  readonly nonce: Uint8Array;
  readonly ciphertext: ArrayBuffer;
}

async function vaultKey(): Promise<CryptoKey> {
  return keptValue(
    KEY_NAME,
    await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']),
  );
}

const algorithmFor = (name: string, iv: Uint8Array<ArrayBuffer>) => ({
  name: 'AES-GCM',
  iv,
  additionalData: new TextEncoder().encode(`conclave-page/${name}`),
});

/**
 * A secret of random bytes, made at the first call and the same afterwards. Where the browser keeps nothing it is another each time: what it
 * opens is gone with the page.
 */
export async function secretOf(name: string, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const made = crypto.getRandomValues(new Uint8Array(length));
  try {
    const key = await vaultKey();
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
    const ciphertext = await crypto.subtle.encrypt(algorithmFor(name, nonce), key, made);
    const kept = await keptValue<Sealed>(`secret/${name}`, { nonce, ciphertext });
    const opening = algorithmFor(name, new Uint8Array(kept.nonce));
    return new Uint8Array(await crypto.subtle.decrypt(opening, key, kept.ciphertext));
  } catch (error) {
    if ((error as Error).name === 'QuotaExceededError') throw error;
    return made;
  }
}
