/**
 * A VFS (sqlite.org/vfs.html) of files in memory, one of which is stored elsewhere each time that SQLite has it in a consistent
 * state: at `xSync`, the end of a transaction.
 */
import { type FileChanges, PagedFile } from './paged-file.js';
import type { Pointer, Sqlite3Structs } from './sqlite3-module.js';

const SQLITE_OK = 0;
const SQLITE_NOTFOUND = 12;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_IOERR_SHORT_READ = 522;
const SQLITE_OPEN_CREATE = 0x4;
const SQLITE_OPEN_DELETEONCLOSE = 0x8;
const SECTOR_LENGTH = 4096;

/** The file that is kept. */
export interface KeptFile {
  readonly path: string;
  readonly file: PagedFile;
  /** Called with what has changed at the end of each transaction. What it throws is a full disk to SQLite. */
  onSync(changes: FileChanges): void;
}

/** Registers the VFS under a name. @returns takes it away */
export function registerMemoryVfs({ capi, vfs, wasm }: Sqlite3Structs, name: string, kept: KeptFile): () => void {
  const files = new Map<string, PagedFile>([[kept.path, kept.file]]);
  const open = new Map<Pointer, { path: string; flags: number; file: PagedFile }>();
  let temporary = 0;
  const fileAt = (pointer: Pointer): PagedFile => (open.get(pointer) as { file: PagedFile }).file;
  const bytesAt = (pointer: Pointer, length: number): Uint8Array => wasm.heap8u().subarray(pointer, pointer + length);

  const ioMethods = {
    xClose(file: Pointer): number {
      const closed = open.get(file);
      open.delete(file);
      if (closed && closed.flags & SQLITE_OPEN_DELETEONCLOSE) files.delete(closed.path);
      return SQLITE_OK;
    },
    xRead(file: Pointer, target: Pointer, length: number, offset: bigint): number {
      const read = fileAt(file).read(bytesAt(target, length), Number(offset));
      return read < length ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
    },
    xWrite(file: Pointer, source: Pointer, length: number, offset: bigint): number {
      fileAt(file).write(bytesAt(source, length), Number(offset));
      return SQLITE_OK;
    },
    xTruncate(file: Pointer, size: bigint): number {
      fileAt(file).truncate(Number(size));
      return SQLITE_OK;
    },
    xSync(file: Pointer): number {
      if (fileAt(file) !== kept.file) return SQLITE_OK;
      try {
        kept.file.handOver((changes) => kept.onSync(changes));
        return SQLITE_OK;
      } catch {
        return SQLITE_FULL;
      }
    },
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
      const path = nameAt === 0 ? `temporary-${++temporary}` : wasm.cstrToJs(nameAt);
      let found = files.get(path);
      if (found === undefined) {
        if (!(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
        found = new PagedFile();
        files.set(path, found);
      }
      open.set(file, { path, flags, file: found });
      const struct = new capi.sqlite3_file(file);
      struct.$pMethods = io.pointer;
      struct.dispose();
      wasm.poke32(outFlags, flags);
      return SQLITE_OK;
    },
    xDelete(_vfs: Pointer, nameAt: Pointer): number {
      files.delete(wasm.cstrToJs(nameAt));
      return SQLITE_OK;
    },
    xAccess(_vfs: Pointer, nameAt: Pointer, _flags: number, out: Pointer): number {
      wasm.poke32(out, files.has(wasm.cstrToJs(nameAt)) ? 1 : 0);
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
