/** What a SQLite engine must offer for `EngineDatabase` to run on it. Engines throw their own errors and translate them on request. */
import type { EngineName, PrepareOptions, SqlValue } from '../database.js';
import type { SqliteError } from '../errors.js';

/** A row as the engine gives it, already in the values of `SqlValue`: by the names of its columns, or with `arrays` in their order. */
export type EngineRow = Record<string, SqlValue> | SqlValue[];

/** How rows are read: `PrepareOptions`, decided. */
export type EnginePrepareOptions = Readonly<Required<PrepareOptions>>;

/** A compiled statement. */
export interface EngineStatement {
  run(params: readonly SqlValue[]): number;
  get(params: readonly SqlValue[]): EngineRow | undefined;
  all(params: readonly SqlValue[]): EngineRow[];
  iterate(params: readonly SqlValue[]): IterableIterator<EngineRow>;
  /** Frees what the engine holds; the statement is not used afterwards. */
  release(): void;
}

/** An open file or memory database. */
export interface EngineConnection {
  /** False when SQLite has ended the transaction by itself, as it does when the disk is full. */
  readonly inTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string, options: EnginePrepareOptions): EngineStatement;
  close(): void;
}

/** An engine that is present on this machine. */
export interface Engine {
  readonly name: EngineName;
  /** Opens plainly; `path` null is memory. Takes no lock and reads nothing yet. */
  open(path: string | null): EngineConnection;
  /** Opens an encrypted file; absent where the engine cannot. `rawKey` is SQLCipher's form of key and salt. */
  openEncrypted?(path: string, rawKey: Uint8Array): EngineConnection;
  /**
   * True when the engine locks files by a marker that outlives a crash, and shares no memory between connections: then one
   * connection of one process has the file, always.
   */
  readonly singleConnection: boolean;
  /** Translates an error that a call of this engine threw. */
  translate(error: unknown): SqliteError;
}
