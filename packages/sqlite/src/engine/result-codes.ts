/** Result codes of SQLite (sqlite.org/rescode.html), primary ones, and what they mean here. */
import { SqliteError, type SqliteErrorCode } from '../errors.js';

/** Primary result codes by number; the extended code's low byte. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  2: 'SQLITE_INTERNAL',
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  15: 'SQLITE_PROTOCOL',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB',
};

const MEANINGS: readonly (readonly [prefix: string, code: SqliteErrorCode])[] = [
  ['SQLITE_BUSY', 'sqlite/busy'],
  ['SQLITE_LOCKED', 'sqlite/busy'],
  ['SQLITE_CONSTRAINT', 'sqlite/constraint'],
  ['SQLITE_FULL', 'sqlite/full'],
  ['SQLITE_READONLY', 'sqlite/read-only'],
  ['SQLITE_CORRUPT', 'sqlite/corrupt'],
  ['SQLITE_NOTADB', 'sqlite/corrupt'],
  ['SQLITE_CANTOPEN', 'sqlite/cannot-open'],
  ['SQLITE_PERM', 'sqlite/cannot-open'],
  ['SQLITE_IOERR', 'sqlite/io-failed'],
  ['SQLITE_NOMEM', 'sqlite/io-failed'],
  ['SQLITE_INTERNAL', 'sqlite/io-failed'],
  ['SQLITE_PROTOCOL', 'sqlite/io-failed'],
];

/** Error for a result code by name, primary or extended, such as `SQLITE_CONSTRAINT_UNIQUE`. */
export function errorOfCodeName(name: string, cause: unknown): SqliteError {
  const meaning = MEANINGS.find(([prefix]) => name.startsWith(prefix));
  return new SqliteError(meaning === undefined ? 'sqlite/misuse' : meaning[1], { reason: name }, cause);
}

/** Error for a result code by number, primary or extended. */
export function errorOfCodeNumber(code: number, cause: unknown): SqliteError {
  return errorOfCodeName(NAMES[code & 0xff] ?? `SQLITE_${code}`, cause);
}
