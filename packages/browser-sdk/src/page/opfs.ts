/** The databases of this origin as files: listed, copied out and in, deleted, while no client has them open. */
import { folderOf } from '@conclave/sqlite';
import { OpfsInitializationError, OpfsNotInitializedError } from '../errors.js';
import { leaderLock } from '../tabs/names.js';

/** Folder of all databases in the origin private file system. */
const ROOT = folderOf('').replace(/\/$/, '').slice(1);

/** Made by `Opfs.create`. Names of databases are those given as `dbPath`. */
export class Opfs {
  #root: FileSystemDirectoryHandle | undefined;

  /** @throws OpfsInitializationError where there is no origin private file system */
  static async create(_enableLogging?: boolean): Promise<Opfs> {
    const opfs = new Opfs();
    await opfs.init();
    return opfs;
  }

  async init(): Promise<void> {
    try {
      const top = await navigator.storage.getDirectory();
      this.#root = await top.getDirectoryHandle(ROOT, { create: true });
    } catch (cause) {
      throw new OpfsInitializationError(cause);
    }
  }

  close(): void {
    this.#root = undefined;
  }

  /** Names of the databases. */
  async listFiles(): Promise<string[]> {
    const names: string[] = [];
    for await (const name of this.#require().keys()) names.push(decodeURIComponent(name));
    return names.sort();
  }

  async fileCount(): Promise<number> {
    return (await this.listFiles()).length;
  }

  /** How many databases there is room for: they are not made in advance, so as many as there are. */
  async poolCapacity(): Promise<number> {
    return this.fileCount();
  }

  async fileExists(path: string): Promise<boolean> {
    return (await this.listFiles()).includes(path);
  }

  /** False when there is none. @throws OpfsInitializationError while a client has it open */
  async deleteFile(path: string): Promise<boolean> {
    const root = this.#require();
    return whileClosed(path, async () => {
      if (!(await this.fileExists(path))) return false;
      await root.removeEntry(encodeURIComponent(path), { recursive: true });
      return true;
    });
  }

  /**
   * The database as bytes, encrypted as it lies on the disk; of use only together with its key.
   * @throws OpfsInitializationError while a client has it open
   */
  async exportDb(path: string): Promise<Uint8Array> {
    const root = this.#require();
    return whileClosed(path, async () => {
      const folder = await root.getDirectoryHandle(encodeURIComponent(path));
      const parts: BlobPart[] = [];
      for await (const [name, file] of filesBelow(folder, '')) {
        const head = new TextEncoder().encode(`${JSON.stringify({ name, size: file.size })}\n`);
        parts.push(head, file);
      }
      return new Uint8Array(await new Blob(parts).arrayBuffer());
    });
  }

  /** Puts back what `exportDb` gave. @throws OpfsInitializationError while a client has it open, or when the bytes are no export */
  async importDb(path: string, data: Uint8Array): Promise<void> {
    const root = this.#require();
    await whileClosed(path, async () => {
      const files = filesIn(data);
      if (await this.fileExists(path)) await root.removeEntry(encodeURIComponent(path), { recursive: true });
      const folder = await root.getDirectoryHandle(encodeURIComponent(path), { create: true });
      for (const { name, bytes } of files) await writeFile(folder, name, bytes);
    });
  }

  /** Deletes every database. @throws OpfsInitializationError while a client has one open */
  async clearAll(): Promise<void> {
    for (const path of await this.listFiles()) await this.deleteFile(path);
  }

  #require(): FileSystemDirectoryHandle {
    if (this.#root === undefined) throw new OpfsNotInitializedError();
    return this.#root;
  }
}

/** Holds the lock that a client would hold. */
async function whileClosed<T>(path: string, work: () => Promise<T>): Promise<T> {
  return navigator.locks.request(leaderLock(path), { ifAvailable: true }, async (lock) => {
    if (lock === null) throw new OpfsInitializationError();
    return work();
  });
}

async function* filesBelow(folder: FileSystemDirectoryHandle, prefix: string): AsyncGenerator<[string, File]> {
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind === 'file') yield [prefix + name, await (handle as FileSystemFileHandle).getFile()];
    else yield* filesBelow(handle as FileSystemDirectoryHandle, `${prefix}${name}/`);
  }
}

/** @throws OpfsInitializationError when the bytes are not what `exportDb` gives */
function filesIn(data: Uint8Array): { name: string; bytes: Uint8Array }[] {
  const files: { name: string; bytes: Uint8Array }[] = [];
  for (let at = 0; at < data.length; ) {
    const end = data.indexOf(0x0a, at);
    const { name, size } = headerIn(data.subarray(at, end));
    if (end < 0 || end + 1 + size > data.length) throw new OpfsInitializationError();
    files.push({ name, bytes: data.subarray(end + 1, end + 1 + size) });
    at = end + 1 + size;
  }
  return files;
}

function headerIn(bytes: Uint8Array): { name: string; size: number } {
  try {
    const { name, size } = JSON.parse(new TextDecoder().decode(bytes)) as { name: unknown; size: unknown };
    if (typeof name === 'string' && Number.isSafeInteger(size) && (size as number) >= 0) {
      return { name, size: size as number };
    }
  } catch {
    // Told below.
  }
  throw new OpfsInitializationError();
}

async function writeFile(folder: FileSystemDirectoryHandle, path: string, bytes: Uint8Array): Promise<void> {
  const parts = path.split('/');
  let place = folder;
  for (const part of parts.slice(0, -1)) place = await place.getDirectoryHandle(part, { create: true });
  const file = await place.getFileHandle(parts.at(-1) as string, { create: true });
  const writable = await file.createWritable();
  await writable.write(bytes as Uint8Array<ArrayBuffer>);
  await writable.close();
}
