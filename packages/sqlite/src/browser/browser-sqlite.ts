/** SQLite in a dedicated worker: databases in memory, and files in the origin private file system. */
import type { Database } from '../database.js';
import { FileVfs, type VfsFile } from './file-vfs.js';
import { DATABASE_PATH, type DatabaseFiles } from './handle-file.js';
import { keptFile } from './kept-file.js';
import { openOn } from './open-database.js';
import type { FileChanges, PagedFile } from './paged-file.js';
import { type Sqlite3, startSqlite3 } from './sqlite3-module.js';
import { wasmEngine } from './wasm-engine.js';
import type { WasmModule } from './web-assembly.js';

/** The started engine. */
export interface BrowserSqlite {
  /** Gone when it is closed. */
  openMemory(): Database;
  /**
   * Opens a database over its files (`openFiles`), which go with it, closed here as well when that fails.
   * @param key - 32 bytes; without it the file is not encrypted
   * @throws SqliteError `sqlite/wrong-key`, `sqlite/full`
   */
  openFile(files: DatabaseFiles, key?: Uint8Array): Database;
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

/**
 * @param wasm - `sqlite3.wasm` of @evolu/sqlite-wasm, or what `WebAssembly.compile` made of it
 * @param image - what each new encrypted file begins as, of `imageOf`; default empty
 */
export async function openBrowserSqlite(wasm: Uint8Array | WasmModule, image?: Uint8Array): Promise<BrowserSqlite> {
  const sqlite3 = await startSqlite3(wasm);
  const started = { sqlite3, vfs: new FileVfs(sqlite3), image };
  // What a database in memory sorts beside itself.
  started.vfs.register('memory', new Map(), true);
  return {
    openMemory: () => openOn(wasmEngine(sqlite3), { path: null }),
    openFile: ({ files, close }, key) => openOver(started, files, { journal: 'WAL', key, onClose: close }),
    openKept: (file, onSync, options) => openKept(started, file, onSync, options),
  };
}

interface Started {
  readonly sqlite3: Sqlite3;
  readonly vfs: FileVfs;
  readonly image: Uint8Array | undefined;
}

function openKept(
  started: Started,
  file: PagedFile,
  onSync: (changes: FileChanges) => void,
  { key, onClose = () => {} }: KeptOptions = {},
): Database {
  // Each sync of the database stores a whole transaction, so the journal need not outlive the worker.
  return openOver(started, new Map([[DATABASE_PATH, keptFile(file, onSync)]]), { journal: 'MEMORY', key, onClose });
}

let vfsCount = 0;

/** Opens the database among these files through a VFS of its own. */
function openOver(
  { sqlite3, vfs, image }: Started,
  files: ReadonlyMap<string, VfsFile>,
  { journal, key, onClose }: { journal: 'WAL' | 'MEMORY'; key: Uint8Array | undefined; onClose: () => void },
): Database {
  const vfsName = `files-${++vfsCount}`;
  const unregister = vfs.register(vfsName, files);
  const release = (): void => {
    unregister();
    onClose();
  };
  try {
    const engine = wasmEngine(sqlite3, vfsName);
    return openOn(engine, { path: DATABASE_PATH, journal, image, onClose: release, ...(key && { key }) });
  } catch (error) {
    release();
    throw error;
  }
}
