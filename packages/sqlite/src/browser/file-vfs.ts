/**
 * A VFS (sqlite.org/vfs.html) over files that are open already: synchronous handles of the origin private file system, or memory
 * that is kept elsewhere. The files that SQLite makes besides (sorting, statement journals) are in memory.
 */
import type { CFunction } from './c-functions.js';
import { PagedFile } from './paged-file.js';
import { newText, type Pointer, type Sqlite3, textAt } from './sqlite3-module.js';

const SQLITE_OK = 0;
const SQLITE_IOERR = 10;
const SQLITE_NOTFOUND = 12;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_IOERR_SHORT_READ = 522;
const SQLITE_OPEN_CREATE = 0x4;
const SQLITE_OPEN_DELETEONCLOSE = 0x8;
const SECTOR_LENGTH = 4096;
const DAY_MS = 86_400_000;
const JULIAN_DAY_OF_1970 = 2_440_587.5;

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

/** Places of the fields of `sqlite3_vfs` and `sqlite3_io_methods`, in pointers of four bytes, and their lengths (sqlite3.h). */
const VFS = { iVersion: 0, szOsFile: 1, mxPathname: 2, zName: 4, xOpen: 6, xRandomness: 14, length: 22 } as const;
const IO = { iVersion: 0, xClose: 1, length: 19 } as const;
/** Of `sqlite3_file`: a pointer to its methods. */
const FILE_BYTES = 4;
const MAX_PATH_BYTES = 512;

/** A VFS that is registered: its files, and what SQLite has open of them. */
interface Registered {
  readonly given: ReadonlyMap<string, VfsFile>;
  readonly temporary: Map<string, VfsFile>;
}

/** The VFSs of a module. One set of functions serves them all; SQLite says which is meant. */
export class FileVfs {
  readonly #sqlite3: Sqlite3;
  readonly #registered = new Map<Pointer, Registered>();
  readonly #open = new Map<Pointer, { of: Registered; path: string; flags: number; file: VfsFile }>();
  readonly #io: Pointer;
  readonly #vfsFunctions: readonly Pointer[];
  #count = 0;

  constructor(sqlite3: Sqlite3) {
    this.#sqlite3 = sqlite3;
    const ioFunctions = this.#ioFunctions();
    const pointers = sqlite3.pointersTo([...ioFunctions, ...this.#functions()]);
    this.#io = this.#struct(IO.length);
    this.#set(this.#io, IO.iVersion, 1);
    pointers.slice(0, ioFunctions.length).forEach((pointer, i) => {
      this.#set(this.#io, IO.xClose + i, pointer);
    });
    this.#vfsFunctions = pointers.slice(ioFunctions.length);
  }

  /**
   * Registers a VFS under a name.
   * @param given - files by path
   * @param isDefault - serves databases that name no VFS
   * @returns takes it away
   */
  register(name: string, given: ReadonlyMap<string, VfsFile>, isDefault = false): () => void {
    const { c } = this.#sqlite3;
    const vfs = this.#struct(VFS.length);
    const zName = newText(this.#sqlite3, name);
    const fields = { iVersion: 2, szOsFile: FILE_BYTES, mxPathname: MAX_PATH_BYTES, zName };
    for (const [field, value] of Object.entries(fields)) this.#set(vfs, VFS[field as keyof typeof fields], value);
    // Those for loading libraries lie between, and stay null.
    this.#vfsFunctions.forEach((pointer, i) => {
      this.#set(vfs, i < 4 ? VFS.xOpen + i : VFS.xRandomness + i - 4, pointer);
    });
    this.#registered.set(vfs, { given, temporary: new Map() });
    c.sqlite3_vfs_register(vfs, isDefault ? 1 : 0);
    return () => {
      c.sqlite3_vfs_unregister(vfs);
      this.#registered.delete(vfs);
      for (const pointer of [vfs, zName]) c.free(pointer);
    };
  }

  /** In the order of `sqlite3_io_methods`. */
  #ioFunctions(): readonly CFunction[] {
    const fileAt = (pointer: Pointer): VfsFile => (this.#open.get(pointer) as { file: VfsFile }).file;
    const bytesAt = (pointer: Pointer, length: number): Uint8Array =>
      this.#sqlite3.memory().subarray(pointer, pointer + length);
    const xClose = (file: Pointer): number => {
      const closed = this.#open.get(file);
      this.#open.delete(file);
      if (closed && closed.flags & SQLITE_OPEN_DELETEONCLOSE) closed.of.temporary.delete(closed.path);
      return SQLITE_OK;
    };
    const xRead = (file: Pointer, target: Pointer, length: number, offset: bigint): number =>
      attempt(() => {
        const read = fileAt(file).read(bytesAt(target, length), Number(offset));
        return read < length ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
      });
    const xWrite = (file: Pointer, source: Pointer, length: number, offset: bigint): number =>
      attempt(() => fileAt(file).write(bytesAt(source, length), Number(offset)));
    const xTruncate = (file: Pointer, size: bigint): number => attempt(() => fileAt(file).truncate(Number(size)));
    const xSync = (file: Pointer): number => attempt(() => fileAt(file).sync());
    const xFileSize = (file: Pointer, out: Pointer): number => {
      this.#sqlite3.view().setBigInt64(out, BigInt(fileAt(file).size), true);
      return SQLITE_OK;
    };
    const xLock = (): number => SQLITE_OK;
    const xCheckReservedLock = (_file: Pointer, out: Pointer): number => {
      this.#sqlite3.view().setInt32(out, 0, true);
      return SQLITE_OK;
    };
    return [
      { parameters: 'i', call: xClose },
      { parameters: 'iiij', call: xRead },
      { parameters: 'iiij', call: xWrite },
      { parameters: 'ij', call: xTruncate },
      { parameters: 'ii', call: xSync },
      { parameters: 'ii', call: xFileSize },
      { parameters: 'ii', call: xLock },
      { parameters: 'ii', call: xLock },
      { parameters: 'ii', call: xCheckReservedLock },
      // xFileControl, xSectorSize, xDeviceCharacteristics
      { parameters: 'iii', call: () => SQLITE_NOTFOUND },
      { parameters: 'i', call: () => SECTOR_LENGTH },
      { parameters: 'i', call: () => 0 },
    ];
  }

  /** In the order of `sqlite3_vfs`, without those for loading libraries. */
  #functions(): readonly CFunction[] {
    const at = (vfs: Pointer): Registered => this.#registered.get(vfs) as Registered;
    const exists = ({ temporary, given }: Registered, path: string): boolean =>
      temporary.has(path) || (given.get(path)?.size ?? 0) > 0;
    const xOpen = (vfs: Pointer, nameAt: Pointer, file: Pointer, flags: number, outFlags: Pointer): number => {
      const of = at(vfs);
      const path = nameAt === 0 ? `temporary-${++this.#count}` : textAt(this.#sqlite3, nameAt);
      if (!(flags & SQLITE_OPEN_CREATE) && !exists(of, path)) return SQLITE_CANTOPEN;
      const found = of.given.get(path) ?? of.temporary.get(path) ?? new PagedFile();
      if (!of.given.has(path)) of.temporary.set(path, found);
      this.#open.set(file, { of, path, flags, file: found });
      this.#set(file, 0, this.#io);
      if (outFlags !== 0) this.#set(outFlags, 0, flags);
      return SQLITE_OK;
    };
    const xDelete = (vfs: Pointer, nameAt: Pointer): number => {
      const { temporary, given } = at(vfs);
      const path = textAt(this.#sqlite3, nameAt);
      temporary.delete(path);
      return attempt(() => given.get(path)?.truncate(0));
    };
    const xAccess = (vfs: Pointer, nameAt: Pointer, _flags: number, out: Pointer): number => {
      this.#set(out, 0, exists(at(vfs), textAt(this.#sqlite3, nameAt)) ? 1 : 0);
      return SQLITE_OK;
    };
    const xFullPathname = (_vfs: Pointer, nameAt: Pointer, length: number, out: Pointer): number => {
      const memory = this.#sqlite3.memory();
      const end = memory.indexOf(0, nameAt) + 1;
      if (end - nameAt > length) return SQLITE_CANTOPEN;
      memory.copyWithin(out, nameAt, end);
      return SQLITE_OK;
    };
    const xRandomness = (_vfs: Pointer, length: number, out: Pointer): number => {
      crypto.getRandomValues(this.#sqlite3.memory().subarray(out, out + length) as Uint8Array<ArrayBuffer>);
      return length;
    };
    const xCurrentTime = (_vfs: Pointer, out: Pointer): number => {
      this.#sqlite3.view().setFloat64(out, JULIAN_DAY_OF_1970 + Date.now() / DAY_MS, true);
      return SQLITE_OK;
    };
    const xCurrentTimeInt64 = (_vfs: Pointer, out: Pointer): number => {
      this.#sqlite3.view().setBigInt64(out, BigInt(JULIAN_DAY_OF_1970 * DAY_MS) + BigInt(Date.now()), true);
      return SQLITE_OK;
    };
    return [
      { parameters: 'iiiii', call: xOpen },
      { parameters: 'iii', call: xDelete },
      { parameters: 'iiii', call: xAccess },
      { parameters: 'iiii', call: xFullPathname },
      { parameters: 'iii', call: xRandomness },
      // xSleep
      { parameters: 'ii', call: () => SQLITE_OK },
      { parameters: 'ii', call: xCurrentTime },
      // xGetLastError
      { parameters: 'iii', call: () => SQLITE_OK },
      { parameters: 'ii', call: xCurrentTimeInt64 },
    ];
  }

  /** Memory for so many fields, all zero. */
  #struct(fields: number): Pointer {
    const pointer = this.#sqlite3.c.malloc(4 * fields);
    this.#sqlite3.memory().fill(0, pointer, pointer + 4 * fields);
    return pointer;
  }

  #set(struct: Pointer, field: number, value: number): void {
    this.#sqlite3.view().setInt32(struct + 4 * field, value, true);
  }
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
