import { ConclaveError } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { errorOfCodeName, errorOfCodeNumber } from './engine/result-codes.js';
import { SQLITE_ERRORS, SqliteError, type SqliteErrorCode } from './errors.js';

describe('SqliteError', () => {
  it.each(Object.keys(SQLITE_ERRORS) as SqliteErrorCode[])('%s carries its table entry', (code) => {
    const error = new SqliteError(code);
    expect(error).toBeInstanceOf(ConclaveError);
    expect([error.name, error.code, error.message]).toEqual(['SqliteError', code, SQLITE_ERRORS[code].message]);
    expect(error.message).toMatch(/^[A-Z].*\.$/);
  });

  it.each<[string, number, SqliteErrorCode]>([
    ['SQLITE_BUSY', 5, 'sqlite/busy'],
    ['SQLITE_BUSY_SNAPSHOT', 517, 'sqlite/busy'],
    ['SQLITE_LOCKED', 6, 'sqlite/busy'],
    ['SQLITE_NOTADB', 26, 'sqlite/corrupt'],
    ['SQLITE_CORRUPT_INDEX', 779, 'sqlite/corrupt'],
    ['SQLITE_FULL', 13, 'sqlite/full'],
    ['SQLITE_READONLY_DIRECTORY', 1544, 'sqlite/read-only'],
    ['SQLITE_CONSTRAINT_UNIQUE', 2067, 'sqlite/constraint'],
    ['SQLITE_CANTOPEN', 14, 'sqlite/cannot-open'],
    ['SQLITE_IOERR_WRITE', 778, 'sqlite/io-failed'],
    ['SQLITE_NOMEM', 7, 'sqlite/io-failed'],
    ['SQLITE_ERROR', 1, 'sqlite/misuse'],
    ['SQLITE_RANGE', 25, 'sqlite/misuse'],
  ])('%s (%i) is %s', (name, number, code) => {
    const cause = new Error('engine');
    expect(errorOfCodeName(name, cause)).toMatchObject({ code, cause, details: { reason: name } });
    expect(errorOfCodeNumber(number, cause)).toMatchObject({ code, cause });
  });
});
