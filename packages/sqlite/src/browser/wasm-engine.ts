/** Engine: SQLite as WebAssembly in a browser's worker, on whichever VFS is registered with the module. */

import type { Engine, EngineConnection, EnginePrepareOptions, EngineStatement } from '../engine/engine.js';
import { errorOfCodeNumber } from '../engine/result-codes.js';
import { SqliteError } from '../errors.js';
import { newText, type Pointer, type Sqlite3, textAt } from './sqlite3-module.js';
import { WasmStatement } from './wasm-statement.js';

const SQLITE_OK = 0;
const SQLITE_OPEN_READWRITE_CREATE = 0x2 | 0x4;
const SQLITE_PREPARE_PERSISTENT = 1;
const encoder = new TextEncoder();

/** A result code other than success, as the engine's own error. */
export class ResultCode extends SqliteError {
  readonly resultCode: number;

  constructor(resultCode: number, sentence: string) {
    const { code } = errorOfCodeNumber(resultCode, undefined);
    super(code, { reason: sentence, resultCode });
    this.resultCode = resultCode;
  }
}

/** @param vfs - name of a registered VFS for files; memory needs none */
export function wasmEngine(sqlite3: Sqlite3, vfs?: string): Engine {
  return {
    name: 'sqlite3-wasm',
    singleConnection: true,
    open: (path) => new Connection(sqlite3, path, path === null ? undefined : vfs),
    openEncrypted: (path, key) => new Connection(sqlite3, path, `multipleciphers-${vfs}`, key),
    translate: (error) =>
      error instanceof SqliteError ? error : new SqliteError('sqlite/io-failed', { reason: String(error) }, error),
  };
}

class Connection implements EngineConnection {
  readonly #sqlite3: Sqlite3;
  readonly #database: Pointer;

  constructor(sqlite3: Sqlite3, path: string | null, vfs: string | undefined, key?: Uint8Array) {
    this.#sqlite3 = sqlite3;
    const { c } = sqlite3;
    const out = c.malloc(4);
    const name = newText(this.#sqlite3, path ?? ':memory:');
    const vfsName = vfs === undefined ? 0 : newText(this.#sqlite3, vfs);
    const code = c.sqlite3_open_v2(name, out, SQLITE_OPEN_READWRITE_CREATE, vfsName);
    this.#database = this.#pointerAt(out);
    for (const pointer of [out, name, vfsName]) c.free(pointer);
    try {
      this.#check(code);
      c.sqlite3_extended_result_codes(this.#database, 1);
      if (key !== undefined) this.#useKey(key);
    } catch (error) {
      c.sqlite3_close_v2(this.#database);
      throw error;
    }
  }

  get inTransaction(): boolean {
    return this.#sqlite3.c.sqlite3_get_autocommit(this.#database) === 0;
  }

  exec(sql: string): void {
    this.#compileAll(sql, (statement) => statement.run([]));
  }

  prepare(sql: string, options: EnginePrepareOptions): EngineStatement {
    const { c } = this.#sqlite3;
    const text = newText(this.#sqlite3, sql);
    try {
      const { statement } = this.#compile(text, encoder.encode(sql).length, SQLITE_PREPARE_PERSISTENT);
      if (statement === 0) throw new SqliteError('sqlite/misuse', { reason: 'no statement in the text' });
      return this.#statement(statement, options);
    } finally {
      c.free(text);
    }
  }

  close(): void {
    this.#check(this.#sqlite3.c.sqlite3_close_v2(this.#database));
  }

  #statement(pointer: Pointer, options: EnginePrepareOptions): WasmStatement {
    return new WasmStatement(this.#sqlite3, this.#database, pointer, options, (code) => this.#check(code));
  }

  /** Runs each statement of a text before the next is compiled: that may rest on it. */
  #compileAll(sql: string, run: (statement: WasmStatement) => void): void {
    const { c } = this.#sqlite3;
    const length = encoder.encode(sql).length;
    const text = newText(this.#sqlite3, sql);
    try {
      for (let at = text; at < text + length; ) {
        const { statement, tail } = this.#compile(at, text + length - at, 0);
        at = tail;
        if (statement === 0) continue;
        const compiled = this.#statement(statement, { bigints: true, arrays: true });
        try {
          run(compiled);
        } finally {
          compiled.release();
        }
      }
    } finally {
      c.free(text);
    }
  }

  #compile(sql: Pointer, bytes: number, flags: number): { statement: Pointer; tail: Pointer } {
    const { c } = this.#sqlite3;
    const out = c.malloc(8);
    try {
      this.#check(c.sqlite3_prepare_v3(this.#database, sql, bytes, flags, out, out + 4));
      return { statement: this.#pointerAt(out), tail: this.#pointerAt(out + 4) };
    } finally {
      c.free(out);
    }
  }

  /** The key is wiped in the module's memory once SQLite has taken it over. */
  #useKey(key: Uint8Array): void {
    const { c } = this.#sqlite3;
    this.exec("PRAGMA cipher = 'chacha20'");
    const pointer = c.malloc(key.length);
    this.#sqlite3.memory().set(key, pointer);
    const code = c.sqlite3_key(this.#database, pointer, key.length);
    this.#sqlite3.memory().fill(0, pointer, pointer + key.length);
    c.free(pointer);
    this.#check(code);
  }

  #check(code: number): void {
    if (code === SQLITE_OK) return;
    const { c } = this.#sqlite3;
    const extended = this.#database === 0 ? code : c.sqlite3_extended_errcode(this.#database);
    const sentence = this.#database === 0 ? 'out of memory' : textAt(this.#sqlite3, c.sqlite3_errmsg(this.#database));
    throw new ResultCode((extended & 0xff) === (code & 0xff) ? extended : code, sentence);
  }

  #pointerAt(place: Pointer): Pointer {
    return this.#sqlite3.view().getUint32(place, true);
  }
}
