/**
 * Secrets at rest: sealed with AES-256-GCM under a key that the browser keeps and never gives out (a non-extractable CryptoKey). Whoever
 * copies the browser's files without its key store, or reads them with a script of another origin, has ciphertext.
 */
import { forgetValue, keepValue, readValue } from './idb.js';

const KEY_NAME = 'vault-key';
const NONCE_LENGTH = 12;

interface Sealed {
  readonly nonce: Uint8Array;
  readonly ciphertext: ArrayBuffer;
}

async function vaultKey(): Promise<CryptoKey> {
  const kept = await readValue<CryptoKey>(KEY_NAME);
  if (kept !== undefined) return kept;
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  await keepValue(KEY_NAME, key);
  // Another tab may have been quicker: what is kept counts.
  return (await readValue<CryptoKey>(KEY_NAME)) ?? key;
}

const boundTo = (name: string) => new TextEncoder().encode(`conclave-page/${name}`);

/** Seals and keeps a secret. @returns false where the browser keeps nothing */
export async function keepSecret(name: string, secret: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: boundTo(name) };
  const ciphertext = await crypto.subtle.encrypt(algorithm, await vaultKey(), secret);
  return keepValue(`secret/${name}`, { nonce, ciphertext } satisfies Sealed);
}

/** Opens a kept secret; undefined when there is none, or when the browser lost the key to it. */
export async function readSecret(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const sealed = await readValue<Sealed>(`secret/${name}`);
  if (sealed === undefined) return undefined;
  try {
    const iv = new Uint8Array(sealed.nonce);
    const algorithm = { name: 'AES-GCM', iv, additionalData: boundTo(name) };
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, await vaultKey(), sealed.ciphertext));
  } catch {
    return undefined;
  }
}

/** Forgets a secret. */
export async function forgetSecret(name: string): Promise<void> {
  await forgetValue(`secret/${name}`);
}

/** A secret of random bytes, made at the first call and the same afterwards. */
export async function secretOf(name: string, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const kept = await readSecret(name);
  if (kept?.length === length) return kept;
  const made = crypto.getRandomValues(new Uint8Array(length));
  await keepSecret(name, made);
  return (await readSecret(name)) ?? made;
}
