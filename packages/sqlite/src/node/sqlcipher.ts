/**
 * The deployed client's encrypted files: SQLCipher 4 with a raw 32-byte key (no password derivation), the first 32 bytes of
 * the file left readable, and the 16-byte salt, which would otherwise stand there, as 32 hex characters in a file
 * `<db>.sqlcipher_salt` beside it. Losing that file loses the database.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SqliteError } from '../errors.js';

/** Bytes of a database key. */
export const DATABASE_KEY_LENGTH = 32;

const SALT_LENGTH = 16;
const HEX = '0123456789abcdef';
/** First 16 bytes of every SQLite file (sqlite.org/fileformat.html section 1.3). */
const MAGIC = 'SQLite format 3\0';
/** Offset of the count of reserved bytes at the end of each page; SQLCipher keeps 80: IV 16 and HMAC 64. */
const RESERVED_OFFSET = 20;
const SQLCIPHER_RESERVED = 80;

/** What a file is before it is opened. */
export type FileState = 'new' | 'plain' | 'encrypted';

/** Path of the salt file. */
export function saltPathOf(path: string): string {
  return `${path}.sqlcipher_salt`;
}

/**
 * Looks at the header, without a key.
 * @throws SqliteError `sqlite/corrupt` when the file is no SQLite database, `sqlite/cannot-open` when it cannot be read
 */
export function inspectFile(path: string): FileState {
  const header = Buffer.alloc(32);
  let length: number;
  try {
    const file = openSync(path, 'r');
    try {
      length = readSync(file, header, 0, header.length, 0);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return 'new';
    throw new SqliteError('sqlite/cannot-open', { reason: String((cause as NodeJS.ErrnoException).code) }, cause);
  }
  if (length === 0) return 'new';
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new SqliteError('sqlite/corrupt', { reason: 'not a SQLite file' });
  }
  return header[RESERVED_OFFSET] === SQLCIPHER_RESERVED ? 'encrypted' : 'plain';
}

/**
 * The salt of a database, made and stored durably when the database is new.
 * @throws SqliteError `sqlite/cannot-open` when the salt of an existing database is missing or malformed
 */
export function loadSalt(path: string, state: FileState): string {
  const saltPath = saltPathOf(path);
  let salt: string;
  try {
    salt = readFileSync(saltPath, 'latin1').trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' || state !== 'new') {
      throw new SqliteError('sqlite/cannot-open', { reason: 'the salt file is missing or unreadable' }, cause);
    }
    return createSalt(saltPath);
  }
  if (/^[0-9a-fA-F]{32}$/.test(salt)) return salt;
  if (state !== 'new') throw new SqliteError('sqlite/cannot-open', { reason: 'the salt file is malformed' });
  // Left by a process that ended while it wrote the salt, before there was a database.
  rmSync(saltPath, { force: true });
  return createSalt(saltPath);
}

function createSalt(saltPath: string): string {
  const salt = randomBytes(SALT_LENGTH).toString('hex');
  try {
    const file = openSync(saltPath, 'wx', 0o400);
    try {
      writeSync(file, salt);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    syncFolder(dirname(saltPath));
  } catch (cause) {
    throw new SqliteError('sqlite/cannot-open', { reason: 'the salt file cannot be written' }, cause);
  }
  return salt;
}

/** Makes the salt's directory entry durable before a database depends on it; Windows does that by itself and refuses. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** SQLCipher's literal for a raw key with salt, `x'<64 hex><32 hex>'`, as bytes that the caller wipes. */
export function rawKeyLiteral(key: Uint8Array, salt: string): Uint8Array {
  const literal = new Uint8Array(2 + 2 * key.length + salt.length + 1);
  literal.set([0x78, 0x27]);
  // Byte by byte: a hex string of the key could not be wiped.
  key.forEach((byte, i) => {
    literal[2 + 2 * i] = HEX.charCodeAt(byte >> 4);
    literal[3 + 2 * i] = HEX.charCodeAt(byte & 15);
  });
  for (let i = 0; i < salt.length; i++) literal[2 + 2 * key.length + i] = salt.charCodeAt(i);
  literal[literal.length - 1] = 0x27;
  return literal;
}
