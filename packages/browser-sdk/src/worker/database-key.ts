/**
 * The database's key where the application gives none: 32 random bytes, kept in IndexedDB wrapped by an AES-GCM key of WebCrypto that
 * can be used but not read out. Whoever copies the profile's files gets ciphertext; whoever runs code in this origin can still use the key.
 */
import { wipe } from '@conclave/crypto';
import { SqliteError } from '@conclave/sqlite';
import { BrowserError } from '../errors.js';
import { openKeyStore } from './idb.js';

const KEY_LENGTH = 32;
const IV_LENGTH = 12;
const AES = { name: 'AES-GCM', length: 256 } as const;

/** The key of a database as it is kept. */
export interface KeptKey {
  readonly wrapping: CryptoKey;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly wrapped: ArrayBuffer;
}

/**
 * The key of this database, made at its first use.
 * @param exists - whether there is such a database: its key is never made anew, and what has no key stays as it is
 * @param kept - of `keptKey`, where it has been looked for
 * @returns undefined where the browser keeps no key and nothing is encrypted with one yet
 * @throws BrowserError `browser/key-unavailable`, `browser/key-lost`; SqliteError `sqlite/full`
 */
export async function databaseKey(
  name: string,
  exists: () => Promise<boolean>,
  kept?: KeptKey,
): Promise<Uint8Array | undefined> {
  try {
    const { wrapping, iv, wrapped } = kept ?? (await keptKey(name, exists));
    return new Uint8Array(await crypto.subtle.decrypt({ name: AES.name, iv }, wrapping, wrapped));
  } catch (error) {
    if (error instanceof BrowserError) throw error;
    if ((error as Error).name === 'QuotaExceededError') throw new SqliteError('sqlite/full', {}, error);
    // No IndexedDB, or one that takes no keys, as in some private windows.
    if (await exists()) throw new BrowserError('browser/key-unavailable', { reason: String(error) }, error);
    return undefined;
  }
}

/**
 * The key as it is kept, made at its first use.
 * @throws BrowserError `browser/key-lost`; what the browser throws where it keeps none
 */
export async function keptKey(name: string, exists: () => Promise<boolean>): Promise<KeptKey> {
  const store = await openKeyStore<KeptKey>();
  try {
    const kept = await store.get(name);
    if (kept !== undefined) return kept;
    const [made, isThere] = await Promise.all([makeKey(), exists()]);
    if (isThere) throw new BrowserError('browser/key-lost');
    // Durable before anything is encrypted with it: a database whose key is gone is gone.
    await store.put(name, made);
    return made;
  } finally {
    store.close();
  }
}

async function makeKey(): Promise<KeptKey> {
  const key = crypto.getRandomValues(new Uint8Array(KEY_LENGTH));
  const wrapping = await crypto.subtle.generateKey(AES, false, ['encrypt', 'decrypt']);
  const iv = crypto.getRandomValues(new Uint8Array(IV_LENGTH));
  const wrapped = await crypto.subtle.encrypt({ name: AES.name, iv }, wrapping, key);
  wipe(key);
  return { wrapping, iv, wrapped };
}
