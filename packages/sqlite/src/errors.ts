/** Errors of `packages/sqlite`: what an engine answers, in codes that mean the same on all engines. */
import { ConclaveError, type ErrorDetails, type ErrorTable } from '@conclave/crypto';

/** Codes of `packages/sqlite`. */
export const SQLITE_ERRORS = {
  'sqlite/wrong-key': {
    message: 'The database does not open with this key; give the key that it was created with.',
    retryable: false,
  },
  'sqlite/corrupt': {
    message: 'The database file is damaged or is no database; restore it from a backup.',
    retryable: false,
  },
  'sqlite/busy': { message: 'Another connection holds the database; try again shortly.', retryable: true },
  'sqlite/locked-by-another-process': {
    message: 'The database is already open in another process or client; close that one first.',
    retryable: false,
  },
  'sqlite/full': {
    message:
      'The disk or the database is full; nothing of this transaction was written. Free some space and try again.',
    retryable: true,
  },
  'sqlite/read-only': {
    message: 'The database cannot be written; check the permissions of the file.',
    retryable: false,
  },
  'sqlite/constraint': { message: 'The values break a constraint of the table.', retryable: false },
  'sqlite/encryption-unavailable': {
    message:
      'This machine has no engine that can encrypt the database; install better-sqlite3-multiple-ciphers or allow an unencrypted database.',
    retryable: false,
  },
  'sqlite/cannot-open': {
    message: 'The database file cannot be opened; check that its folder exists and may be written.',
    retryable: false,
  },
  'sqlite/io-failed': {
    message: 'The engine could not read or write (disk or memory); check the disk and try again.',
    retryable: true,
  },
  'sqlite/released': {
    message: 'The connection to the database was released; reconnect before anything is read or written.',
    retryable: false,
  },
  'sqlite/misuse': { message: 'The statement or its use is wrong; this is a mistake of the caller.', retryable: false },
} as const satisfies ErrorTable<string>;

export type SqliteErrorCode = keyof typeof SQLITE_ERRORS;

/** Error of `packages/sqlite`. `details.reason` narrows the code; the engine's own error is the cause. */
export class SqliteError extends ConclaveError {
  override readonly name = 'SqliteError';
  declare readonly code: SqliteErrorCode;

  constructor(code: SqliteErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, SQLITE_ERRORS[code], details, cause);
  }
}
