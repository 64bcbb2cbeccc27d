/** SQLite in a dedicated worker: databases in memory, and files in the origin private file system. */
import type { Database } from '../database.js';
import { SqliteError } from '../errors.js';
import { openOn } from './open-database.js';
import { type OpfsPool, type Sqlite3, startSqlite3 } from './sqlite3-module.js';
import { wasmEngine } from './wasm-engine.js';

/** Files that a pool is made with: the database, its log, and room for one more of each. */
const POOL_FILES = 6;

/** The started engine. */
export interface BrowserSqlite {
  /** Gone when it is closed. */
  openMemory(): Database;
  /**
   * Opens the file of this name, making it when it is not there. Nobody else in this origin can have it meanwhile.
   * @param key - 32 bytes; without it the file is not encrypted
   * @throws SqliteError `sqlite/wrong-key`, `sqlite/locked-by-another-process` when another worker has it, `sqlite/cannot-open` where there
   *   is no file system for it, `sqlite/full`
   */
  openFile(name: string, key?: Uint8Array): Promise<Database>;
}

/** @param wasm - `sqlite3.wasm` of @evolu/sqlite-wasm */
export async function openBrowserSqlite(wasm?: Uint8Array): Promise<BrowserSqlite> {
  const sqlite3 = await startSqlite3(wasm);
  return {
    openMemory: () => openOn(wasmEngine(sqlite3), { path: null }),
    openFile: (name, key) => openFile(sqlite3, name, key),
  };
}

async function openFile(sqlite3: Sqlite3, name: string, key: Uint8Array | undefined): Promise<Database> {
  const pool = await openPool(sqlite3, name);
  try {
    const onClose = (): void => {
      pool.pauseVfs();
    };
    return openOn(wasmEngine(sqlite3, pool.vfsName), { path: DATABASE_PATH, onClose, ...(key && { key }) });
  } catch (error) {
    pool.pauseVfs();
    throw error;
  }
}

/** The one database of a pool. */
const DATABASE_PATH = '/client.db3';

/** Folder of a database in the origin private file system. */
export function folderOf(name: string): string {
  return `/conclave/${encodeURIComponent(name)}`;
}

/** The handles of a closed page are let go of a moment after it: tries again for a short while. */
async function openPool(sqlite3: Sqlite3, name: string): Promise<OpfsPool> {
  try {
    return await sqlite3.openPool({ name: `pool-${name}`, directory: folderOf(name), initialCapacity: POOL_FILES });
  } catch (cause) {
    const { name: kind, message } = cause as Error;
    if (kind === 'NoModificationAllowedError') throw new SqliteError('sqlite/locked-by-another-process', {}, cause);
    if (kind === 'QuotaExceededError') throw new SqliteError('sqlite/full', { reason: message }, cause);
    throw new SqliteError('sqlite/cannot-open', { reason: message }, cause);
  }
}
