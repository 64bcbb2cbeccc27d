/**
 * SQLite for a browser's dedicated worker.
 *
 * @example
 * import { openBrowserSqlite } from '@conclave/sqlite/browser';
 * const sqlite = await openBrowserSqlite(wasm);
 * const database = await sqlite.openFile('alice', key);
 */
export { type BrowserSqlite, type KeptOptions, openBrowserSqlite } from './browser-sqlite.js';
export { BLOCK_LENGTH, type FileChanges, PagedFile } from './paged-file.js';
