/**
 * The database's key where the application gives none: 32 random bytes, kept in IndexedDB wrapped by an AES-GCM key of WebCrypto that
 * can be used but not read out. Whoever copies the profile's files gets ciphertext; whoever runs code in this origin can still use the key.
 */
import { openKeyStore } from './key-store.js';

const KEY_LENGTH = 32;
const IV_LENGTH = 12;
const AES = { name: 'AES-GCM', length: 256 } as const;

interface WrappedKey {
  readonly wrapping: CryptoKey;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly wrapped: ArrayBuffer;
}

/** The key of this database, made at its first use. */
export async function databaseKey(name: string): Promise<Uint8Array> {
  const store = await openKeyStore<WrappedKey>();
  try {
    const kept = await store.get(name);
    if (kept !== undefined) {
      const { wrapping, iv, wrapped } = kept;
      return new Uint8Array(await crypto.subtle.decrypt({ name: AES.name, iv }, wrapping, wrapped));
    }
    const key = crypto.getRandomValues(new Uint8Array(KEY_LENGTH));
    const wrapping = await crypto.subtle.generateKey(AES, false, ['encrypt', 'decrypt']);
    const iv = crypto.getRandomValues(new Uint8Array(IV_LENGTH));
    const wrapped = await crypto.subtle.encrypt({ name: AES.name, iv }, wrapping, key);
    // Durable before anything is encrypted with it: a database whose key is gone is gone.
    await store.put(name, { wrapping, iv, wrapped });
    return key;
  } finally {
    store.close();
  }
}
