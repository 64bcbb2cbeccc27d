/**
 * SQLite compiled to WebAssembly with encryption (sqlite3mc, as @evolu/sqlite-wasm ships it): how it is started, and the part of its
 * C interface in use. Everything is synchronous once it is started; texts and blobs are passed by length, so that U+0000 survives.
 */
import sqlite3InitModule from '@evolu/sqlite-wasm';

/** A place in the module's memory. */
export type Pointer = number;

/** C functions of SQLite (sqlite.org/c3ref) by name; pointers and codes are numbers, 64-bit integers bigints. */
export interface CFunctions {
  malloc(bytes: number): Pointer;
  free(pointer: Pointer): void;
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

/** A structure of C in the module's memory; its fields are `$name`. */
export interface CStruct {
  readonly pointer: Pointer;
  dispose(): void;
  $zName: Pointer;
  $iVersion: number;
  $szOsFile: number;
  $mxPathname: number;
  $pMethods: Pointer;
}

/** The part of the module by which a VFS is written in JavaScript (sqlite.org/wasm). */
export interface Sqlite3Structs {
  readonly capi: {
    readonly sqlite3_io_methods: new () => CStruct;
    readonly sqlite3_vfs: new () => CStruct;
    readonly sqlite3_file: { new (pointer: Pointer): CStruct; readonly structInfo: { readonly sizeof: number } };
    sqlite3_vfs_unregister(vfs: Pointer): number;
  };
  readonly vfs: {
    installVfs(parts: {
      io?: { struct: CStruct; methods: object };
      vfs?: { struct: CStruct; name: string; methods: object };
    }): void;
  };
  readonly wasm: {
    heap8u(): Uint8Array;
    poke(pointer: Pointer, value: number, type: 'double'): void;
    poke32(pointer: Pointer, value: number): void;
    poke64(pointer: Pointer, value: bigint): void;
    cstrToJs(pointer: Pointer): string;
    cstrncpy(target: Pointer, source: Pointer, length: number): number;
  };
}

/** The started module. */
export interface Sqlite3 {
  readonly c: CFunctions;
  readonly structs: Sqlite3Structs;
  /** Its memory now; a view of before is detached when the memory grows. */
  memory(): Uint8Array;
}

/** @param wasm - `sqlite3.wasm`; where the package lies beside it, as on Node, it is found without */
export async function startSqlite3(wasm?: Uint8Array): Promise<Sqlite3> {
  const quiet = (): void => {};
  // Read once while the module starts; without it, what it says about the platform goes to the console.
  Object.assign(globalThis, { sqlite3ApiConfig: { log: quiet, warn: quiet, debug: quiet, error: quiet } });
  const start = sqlite3InitModule as unknown as (options: object) => Promise<Started>;
  const given = wasm === undefined ? {} : { wasmBinary: wasm, locateFile: (name: string) => name };
  const started = await start({ print: quiet, printErr: quiet, ...given });
  const { wasm: loaded } = started;
  return {
    structs: started,
    c: loaded.exports as unknown as CFunctions,
    memory: () => loaded.heap8u(),
  };
}

interface Started extends Sqlite3Structs {
  readonly wasm: Sqlite3Structs['wasm'] & { readonly exports: unknown };
}
