/**
 * SQLite compiled to WebAssembly with encryption (`sqlite3.wasm` of @evolu/sqlite-wasm: SQLite3 Multiple Ciphers built with Emscripten): how it
 * is started, and the part of its C interface in use. Everything is synchronous once it is started; texts and blobs are passed by length, so that
 * U+0000 survives.
 *
 * The package's own JavaScript sets up a whole C library with a file system and every interface of SQLite, 40 KiB compressed; what is needed
 * here are memory, randomness, the time and functions that C can call.
 */
import { SqliteError } from '../errors.js';
import { type CFunction, tableEntries } from './c-functions.js';
import { type WasmImports, type WasmMemory, type WasmModule, type WasmTable, webAssembly } from './web-assembly.js';

/** A place in the module's memory. */
export type Pointer = number;

/** C functions of SQLite (sqlite.org/c3ref) by name; pointers and codes are numbers, 64-bit integers bigints. */
export interface CFunctions {
  malloc(bytes: number): Pointer;
  free(pointer: Pointer): void;
  sqlite3_vfs_register(vfs: Pointer, makeDefault: number): number;
  sqlite3_vfs_unregister(vfs: Pointer): number;
  sqlite3_open_v2(name: Pointer, database: Pointer, flags: number, vfs: Pointer): number;
  sqlite3_close_v2(database: Pointer): number;
  sqlite3_key(database: Pointer, key: Pointer, bytes: number): number;
  sqlite3_extended_result_codes(database: Pointer, on: number): number;
  sqlite3_extended_errcode(database: Pointer): number;
  sqlite3_errmsg(database: Pointer): Pointer;
  sqlite3_get_autocommit(database: Pointer): number;
  sqlite3_changes(database: Pointer): number;
  sqlite3_total_changes(database: Pointer): number;
  sqlite3_prepare_v3(
    database: Pointer,
    sql: Pointer,
    bytes: number,
    flags: number,
    out: Pointer,
    tail: Pointer,
  ): number;
  sqlite3_finalize(statement: Pointer): number;
  sqlite3_step(statement: Pointer): number;
  sqlite3_reset(statement: Pointer): number;
  sqlite3_clear_bindings(statement: Pointer): number;
  sqlite3_bind_parameter_count(statement: Pointer): number;
  sqlite3_bind_null(statement: Pointer, index: number): number;
  sqlite3_bind_double(statement: Pointer, index: number, value: number): number;
  sqlite3_bind_int64(statement: Pointer, index: number, value: bigint): number;
  sqlite3_bind_text(statement: Pointer, index: number, text: Pointer, bytes: number, release: number): number;
  sqlite3_bind_blob(statement: Pointer, index: number, blob: Pointer, bytes: number, release: number): number;
  sqlite3_column_count(statement: Pointer): number;
  sqlite3_column_name(statement: Pointer, index: number): Pointer;
  sqlite3_column_type(statement: Pointer, index: number): number;
  sqlite3_column_int64(statement: Pointer, index: number): bigint;
  sqlite3_column_double(statement: Pointer, index: number): number;
  sqlite3_column_text(statement: Pointer, index: number): Pointer;
  sqlite3_column_blob(statement: Pointer, index: number): Pointer;
  sqlite3_column_bytes(statement: Pointer, index: number): number;
}

/** The started module. */
export interface Sqlite3 {
  readonly c: CFunctions;
  /** Its memory now; a view of before is detached when the memory grows. */
  memory(): Uint8Array;
  /** The same for numbers; they are little-endian. */
  view(): DataView;
  /** Makes functions callable from C, for as long as the module lives. @returns pointers to them */
  pointersTo(functions: readonly CFunction[]): Pointer[];
}

/** The text that ends with a zero byte there. */
export function textAt(sqlite3: Sqlite3, pointer: Pointer): string {
  const memory = sqlite3.memory();
  return decoder.decode(memory.slice(pointer, memory.indexOf(0, pointer)));
}

/** A copy of the text with a zero byte behind it, in the module's memory; to be freed. */
export function newText({ c, memory }: Sqlite3, text: string): Pointer {
  const bytes = encoder.encode(text);
  const pointer = c.malloc(bytes.length + 1);
  if (pointer === 0) throw new SqliteError('sqlite/io-failed', { reason: 'out of memory' });
  const target = memory();
  target.set(bytes, pointer);
  target[pointer + bytes.length] = 0;
  return pointer;
}

const PAGE_BYTES = 65_536;
/** As the module was linked: 16 MiB at first, of which only what is touched takes memory, and 2 GiB at most. */
const INITIAL_PAGES = 256;
const MAX_PAGES = 32_768;
/** Growing copies everything in some engines: a little more than asked for, so that it is done seldom. */
const GROWTH = 1.2;
/** POSIX: no such system call. */
const ENOSYS = 52;
const RANDOM_FILE = '/dev/urandom';
const RANDOM_DESCRIPTOR = 3;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Exports extends CFunctions {
  __wasm_call_ctors(): void;
  readonly __indirect_function_table: WasmTable;
}

/**
 * @param wasm - `sqlite3.wasm` of @evolu/sqlite-wasm, or what `WebAssembly.compile` made of it
 * @throws SqliteError `sqlite/cannot-open` where the platform has no WebAssembly; where it forbids it, what the platform throws
 */
export async function startSqlite3(wasm: Uint8Array | WasmModule): Promise<Sqlite3> {
  const { Memory, Module, compile, instantiate } = webAssembly();
  const wasmMemory = new Memory({ initial: INITIAL_PAGES, maximum: MAX_PAGES });
  const module = wasm instanceof Uint8Array ? await compile(wasm) : wasm;
  const instance = await instantiate(module, importsOf(Module.imports(module), wasmMemory));
  const c = instance.exports as unknown as Exports;
  c.__wasm_call_ctors();
  return {
    c,
    memory: () => new Uint8Array(wasmMemory.buffer),
    view: () => new DataView(wasmMemory.buffer),
    pointersTo: (functions) => tableEntries(c.__indirect_function_table, functions),
  };
}

/** What the module asks of its surroundings. It has files through a VFS alone; of system calls it gets the time and randomness. */
function importsOf(asked: readonly { module: string; name: string }[], wasmMemory: WasmMemory): WasmImports {
  const view = () => new DataView(wasmMemory.buffer);
  const fillRandomly = (pointer: Pointer, length: number): void => {
    crypto.getRandomValues(new Uint8Array(wasmMemory.buffer, pointer, length));
  };
  const stop = (): never => {
    throw new SqliteError('sqlite/io-failed', { reason: 'the module gave up' });
  };
  const given: Record<string, unknown> = {
    memory: wasmMemory,
    emscripten_date_now: () => Date.now(),
    emscripten_get_now: () => performance.now(),
    emscripten_resize_heap(bytes: number): number {
      const now = wasmMemory.buffer.byteLength;
      const most = MAX_PAGES * PAGE_BYTES;
      if (bytes >>> 0 > most) return 0;
      const wanted = Math.min(Math.max(bytes >>> 0, now * GROWTH), most);
      try {
        wasmMemory.grow(Math.ceil((wanted - now) / PAGE_BYTES));
        return 1;
      } catch {
        return 0;
      }
    },
    // The ciphers take their salts and nonces from here,
    random_get(pointer: Pointer, length: number): number {
      fillRandomly(pointer, length);
      return 0;
    },
    // or from this file.
    __syscall_openat(_folder: number, path: Pointer): number {
      const name = new Uint8Array(wasmMemory.buffer, path, RANDOM_FILE.length + 1);
      return decoder.decode(name.slice()) === `${RANDOM_FILE}\0` ? RANDOM_DESCRIPTOR : -ENOSYS;
    },
    fd_read(descriptor: number, vectors: Pointer, count: number, out: Pointer): number {
      if (descriptor !== RANDOM_DESCRIPTOR) return ENOSYS;
      let total = 0;
      for (let at = vectors; at < vectors + 8 * count; at += 8) {
        const length = view().getUint32(at + 4, true);
        fillRandomly(view().getUint32(at, true), length);
        total += length;
      }
      view().setUint32(out, total, true);
      return 0;
    },
    fd_close: () => 0,
    _abort_js: stop,
    exit: stop,
    // SQL that asks for local time: nothing here does, and zeros would be a lie.
    _localtime_js: stop,
  };
  const imports: WasmImports = {};
  for (const { module: from, name } of asked) {
    const refuse = name.startsWith('__syscall') ? () => -ENOSYS : () => ENOSYS;
    imports[from] = { ...imports[from], [name]: given[name] ?? refuse };
  }
  return imports;
}
