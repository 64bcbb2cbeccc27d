/**
 * Secrets at rest: sealed with AES-256-GCM under a key that the browser keeps and never gives out (a non-extractable CryptoKey). Whoever
 * copies the browser's files without its key store, or reads them with a script of another origin, has ciphertext.
 */
import { keepValue, keptValue, readValues } from './idb.js';

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

/** Keeps a text under a name, sealed. @returns false where the browser keeps nothing */
export async function keepSealed(name: string, text: string): Promise<boolean> {
  try {
    const key = await vaultKey();
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
    const ciphertext = await crypto.subtle.encrypt(algorithmFor(name, nonce), key, new TextEncoder().encode(text));
    return await keepValue(name, { nonce, ciphertext } satisfies Sealed);
  } catch {
    return false;
  }
}

/** The texts that were kept under names that begin so, by the rest of the name; what cannot be opened any more is left out. */
export async function readSealed(prefix: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const kept = await readValues<Sealed>(prefix);
  if (kept.size === 0) return texts;
  try {
    const key = await vaultKey();
    for (const [name, { nonce, ciphertext }] of kept) {
      const opening = algorithmFor(name, new Uint8Array(nonce));
      const text = await crypto.subtle.decrypt(opening, key, ciphertext).catch(() => undefined);
      if (text !== undefined) texts.set(name.slice(prefix.length), new TextDecoder().decode(text));
    }
  } catch {
    // Without its key store the browser opens none of them.
  }
  return texts;
}
