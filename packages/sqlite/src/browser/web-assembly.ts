/** The part of WebAssembly's JavaScript interface (W3C, version 2) in use: packages for every platform compile without a browser's types. */
import { SqliteError } from '../errors.js';

/** Compiled code. */
export type WasmModule = object;
/** Linear memory. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** By pages of 64 KiB; throws where there is no room. */
  grow(pages: number): number;
}
/** A table of functions. */
export interface WasmTable {
  grow(entries: number): number;
  set(index: number, entry: unknown): void;
}
/** What a module imports, by module and name. */
export type WasmImports = Record<string, Record<string, unknown>>;
interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

interface WebAssemblyApi {
  readonly Module: {
    new (bytes: Uint8Array): WasmModule;
    imports(module: WasmModule): { module: string; name: string }[];
  };
  readonly Instance: new (module: WasmModule, imports: WasmImports) => WasmInstance;
  readonly Memory: new (pages: { initial: number; maximum: number }) => WasmMemory;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  instantiate(module: WasmModule, imports: WasmImports): Promise<WasmInstance>;
}

/** The interface. @throws SqliteError `sqlite/cannot-open` where the platform has none */
export function webAssembly(): WebAssemblyApi {
  const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyApi };
  if (WebAssembly === undefined) throw new SqliteError('sqlite/cannot-open', { reason: 'no WebAssembly' });
  return WebAssembly;
}
