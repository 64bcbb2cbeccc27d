/**
 * SQLite for a browser's dedicated worker.
 *
 * @example
 * import { findFiles, openBrowserSqlite, openFiles } from '@conclave/sqlite/browser';
 * const sqlite = await openBrowserSqlite(wasm);
 * const database = sqlite.openFile(await openFiles(await findFiles('alice')), key);
 */
export { type BrowserSqlite, type KeptOptions, openBrowserSqlite } from './browser-sqlite.js';
export { type DatabaseFiles, type FoundFile, findFiles, openFiles } from './handle-file.js';
export { imageOf } from './new-file.js';
export { BLOCK_LENGTH, type FileChanges, PagedFile } from './paged-file.js';
