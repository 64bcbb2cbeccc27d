/** Files of the origin private file system, through handles that are synchronous (WHATWG File System, dedicated workers only). */
import { SqliteError } from '../errors.js';
import { NoRoom, type VfsFile } from './file-vfs.js';
import { folderOf } from './folder-of.js';
import { walFile } from './wal-file.js';

/** What a file has in a dedicated worker; this package compiles without a browser's types. */
interface SyncAccessHandle {
  read(target: Uint8Array, options: { at: number }): number;
  write(source: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}
interface Folder {
  getDirectoryHandle(name: string, options: { create: boolean }): Promise<Folder>;
  getFileHandle(name: string, options: { create: boolean }): Promise<FoundFile>;
}

interface Globals {
  readonly navigator: { readonly storage: { getDirectory(): Promise<Folder> } };
}

/** A file that is there: a handle, which goes from a page to its worker. */
export interface FoundFile {
  createSyncAccessHandle(): Promise<SyncAccessHandle>;
  getFile(): Promise<{ readonly size: number }>;
}

/** The open files of a database, for nobody else until they are closed. */
export interface DatabaseFiles {
  readonly files: ReadonlyMap<string, VfsFile>;
  /** Nothing was ever written. */
  readonly isEmpty: boolean;
  /** Lets others open them. */
  close(): void;
}

/** A database, and what SQLite makes beside it. */
const DATABASE_NAME = 'client.db3';
const FILE_NAMES = [DATABASE_NAME, `${DATABASE_NAME}-wal`, `${DATABASE_NAME}-journal`];
/** The database's path for SQLite. */
export const DATABASE_PATH = `/${DATABASE_NAME}`;

/**
 * Finds the files of a database, making what is not there; on a page or in a worker.
 * @param name - of the database
 * @returns the database itself first
 * @throws SqliteError `sqlite/full`, `sqlite/cannot-open` where there are no such files
 */
export async function findFiles(name: string): Promise<readonly FoundFile[]> {
  try {
    const { storage } = (globalThis as unknown as Globals).navigator;
    let folder = await storage.getDirectory();
    for (const part of folderOf(name).split('/').filter(Boolean))
      folder = await folder.getDirectoryHandle(part, { create: true });
    return await Promise.all(FILE_NAMES.map((each) => folder.getFileHandle(each, { create: true })));
  } catch (cause) {
    throw openingError(cause);
  }
}

/**
 * Opens the files of a database, in a worker. It needs no engine, so that one may be started meanwhile.
 * @param found - of `findFiles`
 * @throws SqliteError `sqlite/locked-by-another-process`, `sqlite/full`, `sqlite/cannot-open`
 */
export async function openFiles(found: readonly FoundFile[]): Promise<DatabaseFiles> {
  const handles: SyncAccessHandle[] = [];
  const close = (): void => {
    for (const handle of handles) handle.close();
  };
  const opened = await Promise.allSettled(found.map((file) => file.createSyncAccessHandle()));
  for (const each of opened) if (each.status === 'fulfilled') handles.push(each.value);
  for (const each of opened) {
    if (each.status === 'fulfilled') continue;
    close();
    throw openingError(each.reason);
  }
  const [database, wal, journal] = handles.map(handleFile) as [VfsFile, VfsFile, VfsFile];
  const files = new Map([database, walFile(wal), journal].map((file, i) => [`/${FILE_NAMES[i]}`, file]));
  return { files, isEmpty: files.get(DATABASE_PATH)?.size === 0, close };
}

function handleFile(handle: SyncAccessHandle): VfsFile {
  let size = handle.getSize();
  return {
    get size() {
      return size;
    },
    read(target, offset) {
      const read = handle.read(target, { at: offset });
      target.fill(0, read);
      return read;
    },
    write(source, offset) {
      if (withRoom(() => handle.write(source, { at: offset })) < source.length) throw new NoRoom('written in part');
      size = Math.max(size, offset + source.length);
    },
    truncate(length) {
      withRoom(() => handle.truncate(length));
      size = length;
    },
    sync: () => handle.flush(),
  };
}

function withRoom<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw (error as Error).name === 'QuotaExceededError' ? new NoRoom(String(error)) : error;
  }
}

function openingError(cause: unknown): SqliteError {
  const { name, message } = cause as Error;
  if (name === 'NoModificationAllowedError') return new SqliteError('sqlite/locked-by-another-process', {}, cause);
  return new SqliteError(
    name === 'QuotaExceededError' ? 'sqlite/full' : 'sqlite/cannot-open',
    { reason: message },
    cause,
  );
}
