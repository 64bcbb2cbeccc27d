/**
 * Secrets at rest: sealed with AES-256-GCM under a key that the browser keeps and never gives out (a non-extractable CryptoKey). Whoever
 * copies the browser's files without its key store, or reads them with a script of another origin, has ciphertext.
 */
import { forgetValue, keepValue, keptValue, readValue, readValues, replaceValue } from './idb.js';
import { textOf, valueIn } from './text-of.js';

const KEY_NAME = 'vault-key';
/** Of the key that names are made with. */
const NAME_KEY_NAME = 'vault-name-key';
/** Bytes of a name. */
const NAME_LENGTH = 16;
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

/** What is sealed of a text: whose it is stands in it, as its name does not tell. */
interface Named {
  readonly id: string;
  readonly text: string;
}

/** The name of a text of this kind: the same each time, and nothing to those who have not the key. */
async function nameOf(kind: string, id: string): Promise<string> {
  const made = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign']);
  const key = await keptValue(NAME_KEY_NAME, made);
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${kind}/${id}`));
  const bytes = Array.from(new Uint8Array(mac, 0, NAME_LENGTH));
  return `${kind}/${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

async function seal(name: string, text: string): Promise<Sealed> {
  const key = await vaultKey();
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
  const plaintext = new TextEncoder().encode(text);
  return { nonce, ciphertext: await crypto.subtle.encrypt(algorithmFor(name, nonce), key, plaintext) };
}

/** @returns undefined for what this key does not open */
async function open(key: CryptoKey, name: string, { nonce, ciphertext }: Sealed): Promise<string | undefined> {
  const opening = crypto.subtle.decrypt(algorithmFor(name, new Uint8Array(nonce)), key, ciphertext);
  const plaintext = await opening.catch(() => undefined);
  return plaintext && new TextDecoder().decode(plaintext);
}

/** Keeps a text of a kind, sealed; neither it nor whose it is can be read in the browser's files. @returns false where the browser keeps nothing */
export async function keepSealed(kind: string, id: string, text: string): Promise<boolean> {
  try {
    const name = await nameOf(kind, id);
    return await keepValue(name, await seal(name, JSON.stringify({ id, text } satisfies Named)));
  } catch {
    return false;
  }
}

/** Forgets a text that was kept so. */
export async function forgetSealed(kind: string, id: string): Promise<void> {
  try {
    await forgetValue(await nameOf(kind, id));
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/** The texts of a kind by id; what cannot be opened any more is left out. */
export async function readSealed(kind: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const kept = await readValues<Sealed>(`${kind}/`);
  if (kept.size === 0) return texts;
  try {
    const key = await vaultKey();
    for (const [name, sealed] of kept) {
      const plaintext = await open(key, name, sealed);
      if (plaintext === undefined) continue;
      const { id, text } = JSON.parse(plaintext) as Named;
      texts.set(id, text);
    }
  } catch {
    // Without its key store the browser opens none of them.
  }
  return texts;
}

/**
 * Gives the texts that an earlier version kept under names that begin so, and end with the id, names that tell nothing. Where there is a text
 * already, it stays; what cannot be opened any more goes.
 */
export async function renameSealed(prefix: string, kind: string): Promise<void> {
  const kept = await readValues<Sealed>(prefix);
  if (kept.size === 0) return;
  try {
    const key = await vaultKey();
    for (const [before, sealed] of kept) {
      const text = await open(key, before, sealed);
      const id = before.slice(prefix.length);
      const name = await nameOf(kind, id);
      await replaceValue(before, name, text === undefined ? undefined : await seal(name, JSON.stringify({ id, text })));
    }
  } catch {
    // They are there the next time.
  }
}

/** Keeps a value, sealed, under a name that tells nothing of it: strings and numbers, with maps, sets and bigints. @returns false where the browser keeps nothing */
export async function keepSealedValue(name: string, value: unknown): Promise<boolean> {
  try {
    return await keepValue(name, await seal(name, textOf(value)));
  } catch {
    return false;
  }
}

/** The value under a name; undefined where there is none that can be opened. An earlier version kept some in clear: they are read as they are. */
export async function readSealedValue<T>(name: string): Promise<T | undefined> {
  const kept = await readValue<Sealed | T>(name);
  if (typeof kept !== 'object' || kept === null || !('ciphertext' in kept)) return kept as T | undefined;
  try {
    const text = await open(await vaultKey(), name, kept);
    return text === undefined ? undefined : (valueIn(text) as T);
  } catch {
    return undefined;
  }
}
