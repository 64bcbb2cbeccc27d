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
interface FileHandle {
  createSyncAccessHandle(): Promise<SyncAccessHandle>;
}
interface Folder {
  getDirectoryHandle(name: string, options: { create: boolean }): Promise<Folder>;
  getFileHandle(name: string, options: { create: boolean }): Promise<FileHandle>;
}

interface WorkerGlobals {
  readonly navigator: { readonly storage: { getDirectory(): Promise<Folder> } };
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
 * Opens the files of a database, making what is not there. It needs no engine, so that one may be started meanwhile.
 * @param name - of the database
 * @throws SqliteError `sqlite/locked-by-another-process`, `sqlite/full`, `sqlite/cannot-open` where there are no such files
 */
export async function openFiles(name: string): Promise<DatabaseFiles> {
  const handles: SyncAccessHandle[] = [];
  const close = (): void => {
    for (const handle of handles) handle.close();
  };
  try {
    const { storage } = (globalThis as unknown as WorkerGlobals).navigator;
    let folder = await storage.getDirectory();
    for (const part of folderOf(name).split('/').filter(Boolean))
      folder = await folder.getDirectoryHandle(part, { create: true });
    const opened = await Promise.allSettled(
      FILE_NAMES.map(async (each) => (await folder.getFileHandle(each, { create: true })).createSyncAccessHandle()),
    );
    for (const each of opened) if (each.status === 'fulfilled') handles.push(each.value);
    for (const each of opened) if (each.status === 'rejected') throw each.reason;
  } catch (cause) {
    close();
    throw openingError(cause);
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
