/** What a page sends to load and start a worker. */
import type { Identifier } from '@conclave/sdk';
import type { FoundFile } from '@conclave/sqlite/browser';
import type { CoreOptions } from '../options.js';
import type { KeptKey } from '../worker/database-key.js';

/** To a worker as soon as it is there, before it is known for whom. */
export interface LoadMessage {
  readonly kind: 'load';
  /** `sqlite3.wasm`, compiled where the page may. */
  readonly sqlite: WebAssembly.Module | Uint8Array;
  /** What new databases begin as; absent where their tables are made. */
  readonly image?: Uint8Array | undefined;
}

/** What a page finds of a database while its worker starts; what is absent is for the worker to find. */
export interface DatabaseFound {
  readonly files?: readonly FoundFile[] | undefined;
  readonly key?: KeptKey | undefined;
}

/** What makes a worker work for a client. */
export interface StartMessage {
  readonly kind: 'start';
  readonly options: CoreOptions;
  /** Name of the database; null: in memory. */
  readonly name: string | null;
  /** What the page has found of the database. */
  readonly found?: DatabaseFound | undefined;
  /** Whose client; undefined: none, only questions that need no client. */
  readonly identifier?: Identifier | undefined;
}

/** Answer to it. */
export type StartedMessage =
  | { readonly kind: 'started' }
  | { readonly kind: 'not-started'; readonly reason: string; readonly lacksCurves: boolean };
