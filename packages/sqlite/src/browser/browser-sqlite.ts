/** SQLite in a dedicated worker: databases in memory, and files in the origin private file system. */
import type { Database } from '../database.js';
import { SqliteError } from '../errors.js';
import { registerMemoryVfs } from './memory-vfs.js';
import { openOn } from './open-database.js';
import type { FileChanges, PagedFile } from './paged-file.js';
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
  /**
   * Opens a file that is in memory and kept elsewhere by the caller.
   * @param onSync - gets what each transaction has changed; what it throws makes the transaction `sqlite/full`
   * @throws SqliteError `sqlite/wrong-key`
   */
  openKept(file: PagedFile, onSync: (changes: FileChanges) => void, options?: KeptOptions): Database;
}

/** How a kept file is opened. */
export interface KeptOptions {
  /** 32 bytes; without it the file is not encrypted. */
  readonly key?: Uint8Array | undefined;
  readonly onClose?: () => void;
}

/** @param wasm - `sqlite3.wasm` of @evolu/sqlite-wasm */
export async function openBrowserSqlite(wasm?: Uint8Array): Promise<BrowserSqlite> {
  const sqlite3 = await startSqlite3(wasm);
  return {
    openMemory: () => openOn(wasmEngine(sqlite3), { path: null }),
    openFile: (name, key) => openFile(sqlite3, name, key),
    openKept: (file, onSync, options) => openKept(sqlite3, file, onSync, options),
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

let vfsCount = 0;

function openKept(
  sqlite3: Sqlite3,
  file: PagedFile,
  onSync: (changes: FileChanges) => void,
  { key, onClose = () => {} }: KeptOptions = {},
): Database {
  const vfsName = `kept-${++vfsCount}`;
  const unregister = registerMemoryVfs(sqlite3.structs, vfsName, { path: DATABASE_PATH, file, onSync });
  const release = (): void => {
    unregister();
    onClose();
  };
  try {
    const engine = wasmEngine(sqlite3, vfsName);
    return openOn(engine, { path: DATABASE_PATH, journal: 'MEMORY', onClose: release, ...(key && { key }) });
  } catch (error) {
    release();
    throw error;
  }
}
