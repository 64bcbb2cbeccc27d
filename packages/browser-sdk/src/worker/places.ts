/**
 * Where a database can lie, best first: a file of the origin private file system; blocks in IndexedDB, where there are no files (frames of
 * other sites, private windows of some browsers); memory, where nothing is kept at all.
 */
import { type Database, folderOf, SqliteError } from '@conclave/sqlite';
import { type BrowserSqlite, type DatabaseFiles, type FoundFile, findFiles, openFiles } from '@conclave/sqlite/browser';
import { BlockStore } from './block-store.js';

/** What a database lies in. */
export type StorageKind = 'opfs' | 'indexeddb' | 'memory';

/** How long a worker that has ended may keep its files, and how often they are asked for meanwhile. */
const LET_GO_MS = 15_000;
const ASK_AGAIN_MS = 25;

/** One of them. */
export interface Place {
  readonly kind: StorageKind;
  /** Whether a database was there when it was looked for; a file in which nothing was ever written is none. */
  exists(): Promise<boolean>;
  /** @param key - 32 bytes. @throws SqliteError */
  open(sqlite: BrowserSqlite, key: Uint8Array | undefined): Promise<Database>;
  /** Resolves when what was committed until now survives the worker. Nothing may leave this device before that. */
  flushed(): Promise<void>;
  /** In place of `open`: lets go of what was looked at, and of what was made for a new database. */
  leave(): Promise<void>;
}

/**
 * Where the database lies, or the best place for a new one, with its files open where it is one.
 * @param found - its files, where they have been looked for
 */
export async function choosePlace(name: string, found?: readonly FoundFile[]): Promise<Place> {
  try {
    const files = found ?? (await findFiles(name));
    return filePlace(name, await openWhenFree(() => openFiles(files)));
  } catch {
    // A disk without room lets no file be made: what is there already must not be passed over for that.
    if (!(await removeEmpty(folderOf(name)))) return filePlace(name);
  }
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
  leave: async () => {},
};

/** @param opened - absent where they cannot be opened just now */
function filePlace(name: string, opened?: DatabaseFiles): Place {
  const isThere = opened?.isEmpty !== true;
  let held = opened;
  const take = (): DatabaseFiles | undefined => {
    const taken = held;
    held = undefined;
    return taken;
  };
  const openAgain = async (): Promise<DatabaseFiles> => {
    const files = await findFiles(name);
    return openWhenFree(() => openFiles(files));
  };
  return {
    kind: 'opfs',
    exists: async () => isThere,
    open: async (sqlite, key) => sqlite.openFile(take() ?? (await openAgain()), key),
    // The write-ahead log is written before a statement returns.
    flushed: async () => {},
    async leave() {
      take()?.close();
      if (!isThere) await removeEmpty(folderOf(name));
    },
  };
}

/**
 * Whoever opens a database holds its lock, so that nobody else works with it. But a worker whose page was loaded again while it was busy lets go
 * of its files a moment after it has lost the lock.
 */
async function openWhenFree<T>(open: () => Promise<T>): Promise<T> {
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
    leave: async () => store.close(),
  };
}

/** Removes the folder of a database in which nothing was ever written. @returns whether there is none now */
async function removeEmpty(path: string): Promise<boolean> {
  const parts = path.split('/').filter(Boolean);
  const last = parts.pop() as string;
  let parent: FileSystemDirectoryHandle;
  let folder: FileSystemDirectoryHandle;
  try {
    parent = await navigator.storage.getDirectory();
    for (const part of parts) parent = await parent.getDirectoryHandle(part);
    folder = await parent.getDirectoryHandle(last);
  } catch {
    return true;
  }
  try {
    for await (const entry of folder.values()) {
      if (entry.kind !== 'file' || (await (entry as FileSystemFileHandle).getFile()).size > 0) return false;
    }
    await parent.removeEntry(last, { recursive: true });
    return true;
  } catch {
    // Somebody has it open.
    return false;
  }
}
