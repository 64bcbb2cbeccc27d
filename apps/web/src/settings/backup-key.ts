/**
 * The backup file: a salt, then an archive in the deployed format under a key that PBKDF2 gives from passphrase and salt.
 *
 *     8 bytes   "CONCLAV1"
 *     16 bytes  salt
 *     the rest  archive
 */
import { PageFault } from '../state/notices.js';
import { t } from '../strings/index.js';

const MAGIC = new TextEncoder().encode('CONCLAV1');
const SALT_LENGTH = 16;
/** OWASP's figure for PBKDF2 with HMAC-SHA-256. */
const ITERATIONS = 600_000;

/** A fresh salt, 16 bytes. */
export function newSalt(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(SALT_LENGTH));
}

/** The archive's key, 32 bytes. Cost: about a third of a second, on purpose. */
export async function keyOfPassphrase(passphrase: string, salt: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const given = new TextEncoder().encode(passphrase.normalize('NFKC'));
  const key = await crypto.subtle.importKey('raw', given, 'PBKDF2', false, ['deriveBits']);
  const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ITERATIONS };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 256));
}

/** The file's bytes. */
export function sealContainer(salt: Uint8Array, archive: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(MAGIC.length + SALT_LENGTH + archive.length);
  bytes.set(MAGIC);
  bytes.set(salt, MAGIC.length);
  bytes.set(archive, MAGIC.length + SALT_LENGTH);
  return bytes;
}

/** Salt and archive of a file. @throws PageFault when it is no backup of this page */
export function openContainer(bytes: Uint8Array<ArrayBuffer>): {
  salt: Uint8Array<ArrayBuffer>;
  archive: Uint8Array<ArrayBuffer>;
} {
  const isOurs = bytes.length > MAGIC.length + SALT_LENGTH && MAGIC.every((byte, i) => bytes[i] === byte);
  if (!isOurs) throw new PageFault(t('notABackup'));
  const at = MAGIC.length + SALT_LENGTH;
  return { salt: bytes.slice(MAGIC.length, at), archive: bytes.slice(at) };
}
