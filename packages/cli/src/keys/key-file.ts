/**
 * The key file beside a database: the wallet key and the database key.
 *
 * With a passphrase the two are sealed with ChaCha20-Poly1305 under a key from scrypt (RFC 7914); without one they stand
 * in the clear and the file's mode (0600) is all that guards them: for throw-away identities.
 */
import { scryptSync } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConclaveError, concatBytes, fromHex, toHex, utf8, wipe } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { CliError } from '../errors.js';

/** Both keys, 32 bytes each. */
export interface Keys {
  readonly walletKey: Uint8Array;
  readonly databaseKey: Uint8Array;
}

/** scrypt cost: 128 MiB and roughly a third of a second; a passphrase is guessed offline, so it must hurt. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 } as const;
const AAD = utf8('conclave key file 1');

interface SealedFile {
  readonly version: 1;
  readonly kdf: 'scrypt-131072-8-1';
  readonly salt: string;
  readonly nonce: string;
  readonly sealed: string;
}
interface ClearFile {
  readonly version: 1;
  readonly kdf: 'none';
  readonly walletKey: string;
  readonly databaseKey: string;
}

/** Where the keys of a database lie. */
export function keyFilePath(databasePath: string): string {
  return `${databasePath}.key`;
}

/**
 * Writes a new key file, mode 0600, flushed to the disk before it returns.
 * @param passphrase - empty: in the clear
 * @throws CliError `cli/key-exists`, `cli/key-file-not-written`
 */
export function writeKeyFile(path: string, keys: Keys, passphrase: string): void {
  const content: SealedFile | ClearFile =
    passphrase === ''
      ? { version: 1, kdf: 'none', walletKey: toHex(keys.walletKey), databaseKey: toHex(keys.databaseKey) }
      : seal(keys, passphrase);
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw new CliError('cli/key-exists', { path }, cause);
    throw new CliError('cli/key-file-not-written', { path }, cause);
  }
  try {
    writeSync(file, `${JSON.stringify(content, null, 2)}\n`);
    fsyncSync(file);
  } catch (cause) {
    // Half a key file would be taken for a damaged one later; nobody has used the key yet.
    rmSync(path, { force: true });
    throw new CliError('cli/key-file-not-written', { path }, cause);
  } finally {
    closeSync(file);
  }
  flushFolder(dirname(path));
}

/** A new file's name is on the disk only with its folder; Windows does not open folders, and does not need it. */
function flushFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } catch {
    // Some file systems cannot; the key itself has been flushed.
  } finally {
    closeSync(folder);
  }
}

/**
 * How the keys of a file are kept, without opening them.
 * @throws CliError `cli/no-key`, `cli/bad-key-file`, `cli/key-file-open-to-others`
 */
export function keyProtection(path: string): 'passphrase' | 'none' {
  return readChecked(path).kdf === 'none' ? 'none' : 'passphrase';
}

/**
 * Reads a key file.
 * @param askPassphrase - called only when the file has one
 * @throws CliError `cli/no-key`, `cli/bad-key-file`, `cli/key-file-open-to-others`, `cli/wrong-passphrase`
 */
export async function readKeyFile(path: string, askPassphrase: () => Promise<string>): Promise<Keys> {
  const content = readChecked(path);
  if (content.kdf === 'none') {
    return { walletKey: field(content.walletKey, 32, path), databaseKey: field(content.databaseKey, 32, path) };
  }
  return unseal(content, await askPassphrase(), path);
}

function readChecked(path: string): SealedFile | ClearFile {
  const text = readText(path);
  // Permission bits mean nothing on Windows, where node reports every file as readable by all.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
    throw new CliError('cli/key-file-open-to-others', { path });
  return parse(text, path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw new CliError('cli/no-key', { path }, cause);
    throw new CliError('cli/bad-key-file', { path }, cause);
  }
}

function parse(text: string, path: string): SealedFile | ClearFile {
  try {
    const value = JSON.parse(text) as SealedFile | ClearFile;
    if (value !== null && value.version === 1 && (value.kdf === 'none' || value.kdf === 'scrypt-131072-8-1'))
      return value;
  } catch {
    // Falls through: not JSON and not of version 1 are the same to the reader.
  }
  throw new CliError('cli/bad-key-file', { path });
}

function field(value: unknown, length: number, path: string): Uint8Array {
  try {
    const bytes = fromHex(String(value));
    if (bytes.length === length) return bytes;
  } catch (error) {
    if (!(error instanceof ConclaveError)) throw error;
  }
  throw new CliError('cli/bad-key-file', { path });
}

function seal(keys: Keys, passphrase: string): SealedFile {
  const salt = nodeCrypto.random(32);
  const nonce = nodeCrypto.random(12);
  const key = stretch(passphrase, salt);
  const sealed = nodeCrypto.aeadSeal(
    'chacha20-poly1305',
    key,
    nonce,
    AAD,
    concatBytes(keys.walletKey, keys.databaseKey),
  );
  wipe(key);
  return { version: 1, kdf: 'scrypt-131072-8-1', salt: toHex(salt), nonce: toHex(nonce), sealed: toHex(sealed) };
}

function unseal(file: SealedFile, passphrase: string, path: string): Keys {
  const key = stretch(passphrase, field(file.salt, 32, path));
  try {
    const both = nodeCrypto.aeadOpen(
      'chacha20-poly1305',
      key,
      field(file.nonce, 12, path),
      AAD,
      field(file.sealed, 80, path),
    );
    const keys = { walletKey: both.slice(0, 32), databaseKey: both.slice(32) };
    wipe(both);
    return keys;
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError('cli/wrong-passphrase', { path }, cause);
  } finally {
    wipe(key);
  }
}

function stretch(passphrase: string, salt: Uint8Array): Uint8Array {
  return scryptSync(passphrase.normalize('NFKC'), salt, 32, SCRYPT);
}
