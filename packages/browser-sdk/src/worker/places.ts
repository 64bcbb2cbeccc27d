/**
 * Where a database can lie, best first: a file of the origin private file system; blocks in IndexedDB, where there are no files (frames of
 * other sites, private windows of some browsers); memory, where nothing is kept at all.
 */
import { type Database, folderOf } from '@conclave/sqlite';
import type { BrowserSqlite } from '@conclave/sqlite/browser';
import { randomId } from '../channel/random-id.js';
import { BlockStore } from './block-store.js';

/** What a database lies in. */
export type StorageKind = 'opfs' | 'indexeddb' | 'memory';

/** One of them. */
export interface Place {
  readonly kind: StorageKind;
  exists(): Promise<boolean>;
  /** @param key - 32 bytes. @throws SqliteError */
  open(key: Uint8Array | undefined): Promise<Database>;
  /** Resolves when what was committed until now survives the worker. Nothing may leave this device before that. */
  flushed(): Promise<void>;
}

/** The best place there is here. */
export async function choosePlace(sqlite: BrowserSqlite, name: string): Promise<Place> {
  if (await hasFiles()) return filePlace(sqlite, name);
  try {
    return blockPlace(sqlite, await BlockStore.open(name));
  } catch {
    return memoryPlace(sqlite);
  }
}

/** Gone with the worker. */
export function memoryPlace(sqlite: BrowserSqlite): Place {
  return {
    kind: 'memory',
    exists: async () => false,
    open: async () => sqlite.openMemory(),
    flushed: async () => {},
  };
}

function filePlace(sqlite: BrowserSqlite, name: string): Place {
  return {
    kind: 'opfs',
    exists: () => folderExists(folderOf(name)),
    open: (key) => sqlite.openFile(name, key),
    // The write-ahead log is written before a statement returns.
    flushed: async () => {},
  };
}

function blockPlace(sqlite: BrowserSqlite, store: BlockStore): Place {
  return {
    kind: 'indexeddb',
    exists: () => store.exists(),
    async open(key) {
      const onClose = (): void => {
        const close = (): void => store.close();
        store.flushed().then(close, close);
      };
      return sqlite.openKept(await store.load(), (changes) => store.store(changes), { key, onClose });
    },
    flushed: () => store.flushed(),
  };
}

/** What a file has in dedicated workers alone. */
interface DedicatedWorkerFile {
  createSyncAccessHandle(): Promise<{ close(): void }>;
}

/** Asked by making one: some browsers have the names and refuse. */
async function hasFiles(): Promise<boolean> {
  try {
    const folder = await navigator.storage.getDirectory();
    const name = `conclave-probe-${randomId()}`;
    const file = await folder.getFileHandle(name, { create: true });
    const handle = await (file as unknown as DedicatedWorkerFile).createSyncAccessHandle();
    handle.close();
    await folder.removeEntry(name);
    return true;
  } catch {
    return false;
  }
}

async function folderExists(path: string): Promise<boolean> {
  try {
    let folder = await navigator.storage.getDirectory();
    for (const part of path.split('/').filter(Boolean)) folder = await folder.getDirectoryHandle(part);
    return true;
  } catch {
    return false;
  }
}
