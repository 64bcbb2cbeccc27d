/**
 * Where a database can lie, best first: a file of the origin private file system; blocks in IndexedDB, where there are no files (frames of
 * other sites, private windows of some browsers); memory, where nothing is kept at all.
 */
import { type Database, folderOf, SqliteError } from '@conclave/sqlite';
import type { BrowserSqlite } from '@conclave/sqlite/browser';
import { randomId } from '../channel/random-id.js';
import { BlockStore } from './block-store.js';

/** What a database lies in. */
export type StorageKind = 'opfs' | 'indexeddb' | 'memory';

/** How long a worker that has ended may keep its files, and how often they are asked for meanwhile. */
const LET_GO_MS = 15_000;
const ASK_AGAIN_MS = 25;

/** One of them. */
export interface Place {
  readonly kind: StorageKind;
  /** Whether it was there when it was looked for. */
  exists(): Promise<boolean>;
  /** @param key - 32 bytes. @throws SqliteError */
  open(sqlite: BrowserSqlite, key: Uint8Array | undefined): Promise<Database>;
  /** Resolves when what was committed until now survives the worker. Nothing may leave this device before that. */
  flushed(): Promise<void>;
}

/** Where the database lies, or the best place for a new one. */
export async function choosePlace(name: string): Promise<Place> {
  // A disk without room lets no file be made: what is there already must not be passed over for that.
  const isThere = await folderExists(folderOf(name));
  if (isThere || (await hasFiles())) return filePlace(name, isThere);
  try {
    return blockPlace(await BlockStore.open(name));
  } catch {
    return MEMORY;
  }
}

/** Gone with the worker. */
export const MEMORY: Place = {
  kind: 'memory',
  exists: async () => false,
  open: async (sqlite) => sqlite.openMemory(),
  flushed: async () => {},
};

function filePlace(name: string, isThere: boolean): Place {
  return {
    kind: 'opfs',
    exists: async () => isThere,
    open: (sqlite, key) => openWhenFree(() => sqlite.openFile(name, key)),
    // The write-ahead log is written before a statement returns.
    flushed: async () => {},
  };
}

/**
 * Whoever opens a database holds its lock, so that nobody else works with it. But a worker whose page was loaded again while it was busy lets go
 * of its files a moment after it has lost the lock.
 */
async function openWhenFree(open: () => Promise<Database>): Promise<Database> {
  for (let waitedMs = 0; ; waitedMs += ASK_AGAIN_MS) {
    try {
      return await open();
    } catch (error) {
      const isHeld = error instanceof SqliteError && error.code === 'sqlite/locked-by-another-process';
      if (!isHeld || waitedMs >= LET_GO_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}

function blockPlace(store: BlockStore): Place {
  return {
    kind: 'indexeddb',
    exists: () => store.exists(),
    async open(sqlite, key) {
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
