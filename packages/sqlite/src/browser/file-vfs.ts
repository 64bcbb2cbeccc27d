/**
 * A VFS (sqlite.org/vfs.html) over files that are open already: synchronous handles of the origin private file system, or memory
 * that is kept elsewhere. The files that SQLite makes besides (sorting, statement journals) are in memory.
 */
import { PagedFile } from './paged-file.js';
import type { Pointer, Sqlite3Structs } from './sqlite3-module.js';

const SQLITE_OK = 0;
const SQLITE_IOERR = 10;
const SQLITE_NOTFOUND = 12;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_IOERR_SHORT_READ = 522;
const SQLITE_OPEN_CREATE = 0x4;
const SQLITE_OPEN_DELETEONCLOSE = 0x8;
const SECTOR_LENGTH = 4096;

/** An open file. A file of no bytes counts as one that is not there. */
export interface VfsFile {
  readonly size: number;
  /** Fills `target` from there, the rest with zeros. @returns bytes that the file has of them */
  read(target: Uint8Array, offset: number): number;
  write(source: Uint8Array, offset: number): void;
  truncate(size: number): void;
  /** The file is consistent: the end of a transaction. */
  sync(): void;
}

/** Why a file cannot be written: there is no room. */
export class NoRoom extends RangeError {}

/** Registers the VFS under a name. @param given - files by path. @returns takes it away */
export function registerFileVfs(
  { capi, vfs, wasm }: Sqlite3Structs,
  name: string,
  given: ReadonlyMap<string, VfsFile>,
): () => void {
  const temporary = new Map<string, VfsFile>();
  const open = new Map<Pointer, { path: string; flags: number; file: VfsFile }>();
  let count = 0;
  const fileAt = (pointer: Pointer): VfsFile => (open.get(pointer) as { file: VfsFile }).file;
  const bytesAt = (pointer: Pointer, length: number): Uint8Array => wasm.heap8u().subarray(pointer, pointer + length);
  const exists = (path: string): boolean => temporary.has(path) || (given.get(path)?.size ?? 0) > 0;

  const ioMethods = {
    xClose(file: Pointer): number {
      const closed = open.get(file);
      open.delete(file);
      if (closed && closed.flags & SQLITE_OPEN_DELETEONCLOSE) temporary.delete(closed.path);
      return SQLITE_OK;
    },
    xRead(file: Pointer, target: Pointer, length: number, offset: bigint): number {
      return attempt(() => {
        const read = fileAt(file).read(bytesAt(target, length), Number(offset));
        return read < length ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
      });
    },
    xWrite(file: Pointer, source: Pointer, length: number, offset: bigint): number {
      return attempt(() => fileAt(file).write(bytesAt(source, length), Number(offset)));
    },
    xTruncate: (file: Pointer, size: bigint): number => attempt(() => fileAt(file).truncate(Number(size))),
    xSync: (file: Pointer): number => attempt(() => fileAt(file).sync()),
    xFileSize(file: Pointer, out: Pointer): number {
      wasm.poke64(out, BigInt(fileAt(file).size));
      return SQLITE_OK;
    },
    xLock: (): number => SQLITE_OK,
    xUnlock: (): number => SQLITE_OK,
    xCheckReservedLock(_file: Pointer, out: Pointer): number {
      wasm.poke32(out, 0);
      return SQLITE_OK;
    },
    xFileControl: (): number => SQLITE_NOTFOUND,
    xSectorSize: (): number => SECTOR_LENGTH,
    xDeviceCharacteristics: (): number => 0,
  };
  const io = new capi.sqlite3_io_methods();
  io.$iVersion = 1;
  vfs.installVfs({ io: { struct: io, methods: ioMethods } });

  const vfsMethods = {
    xOpen(_vfs: Pointer, nameAt: Pointer, file: Pointer, flags: number, outFlags: Pointer): number {
      const path = nameAt === 0 ? `temporary-${++count}` : wasm.cstrToJs(nameAt);
      if (!(flags & SQLITE_OPEN_CREATE) && !exists(path)) return SQLITE_CANTOPEN;
      const found = given.get(path) ?? temporary.get(path) ?? new PagedFile();
      if (!given.has(path)) temporary.set(path, found);
      open.set(file, { path, flags, file: found });
      const struct = new capi.sqlite3_file(file);
      struct.$pMethods = io.pointer;
      struct.dispose();
      wasm.poke32(outFlags, flags);
      return SQLITE_OK;
    },
    xDelete(_vfs: Pointer, nameAt: Pointer): number {
      const path = wasm.cstrToJs(nameAt);
      temporary.delete(path);
      return attempt(() => given.get(path)?.truncate(0));
    },
    xAccess(_vfs: Pointer, nameAt: Pointer, _flags: number, out: Pointer): number {
      wasm.poke32(out, exists(wasm.cstrToJs(nameAt)) ? 1 : 0);
      return SQLITE_OK;
    },
    xFullPathname(_vfs: Pointer, nameAt: Pointer, length: number, out: Pointer): number {
      return wasm.cstrncpy(out, nameAt, length) < length ? SQLITE_OK : SQLITE_CANTOPEN;
    },
    xGetLastError: (): number => SQLITE_OK,
    xCurrentTime(_vfs: Pointer, out: Pointer): number {
      wasm.poke(out, 2440587.5 + Date.now() / 86_400_000, 'double');
      return SQLITE_OK;
    },
    xCurrentTimeInt64(_vfs: Pointer, out: Pointer): number {
      wasm.poke64(out, BigInt(Math.round(2440587.5 * 86_400_000)) + BigInt(Date.now()));
      return SQLITE_OK;
    },
    xSleep: (): number => SQLITE_OK,
    xRandomness(_vfs: Pointer, length: number, out: Pointer): number {
      crypto.getRandomValues(bytesAt(out, length) as Uint8Array<ArrayBuffer>);
      return length;
    },
  };
  const struct = new capi.sqlite3_vfs();
  struct.$iVersion = 2;
  struct.$szOsFile = capi.sqlite3_file.structInfo.sizeof;
  struct.$mxPathname = 512;
  vfs.installVfs({ vfs: { struct, name, methods: vfsMethods } });
  return () => {
    capi.sqlite3_vfs_unregister(struct.pointer);
    struct.dispose();
    io.dispose();
  };
}

/** SQLite's code for what `work` does: an exception must not run through the module. */
function attempt(work: () => unknown): number {
  try {
    const code = work();
    return typeof code === 'number' ? code : SQLITE_OK;
  } catch (error) {
    return error instanceof NoRoom ? SQLITE_FULL : SQLITE_IOERR;
  }
}
