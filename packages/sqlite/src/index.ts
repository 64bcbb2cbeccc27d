/**
 * A synchronous SQLite interface and its errors; `@conclave/sqlite/node` opens files.
 *
 * @example
 * import { openDatabase } from '@conclave/sqlite/node';
 * const database = openDatabase({ path: 'client.db3', key, exclusive: true });
 * database.transaction(() => database.prepare('INSERT INTO log VALUES (?)').run(1n));
 */
export { folderOf } from './browser/folder-of.js';
export type { Database, EngineName, PrepareOptions, SqlValue, Statement } from './database.js';
export { SQLITE_ERRORS, SqliteError, type SqliteErrorCode } from './errors.js';
export { type OpenConnection, ReleasableDatabase } from './releasable-database.js';
