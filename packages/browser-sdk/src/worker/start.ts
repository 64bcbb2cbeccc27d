/** What the page sends to start a worker, and what the worker makes of it. */
import { openBrowserCrypto } from '@conclave/crypto/browser';
import type { ClientStorage, Identifier } from '@conclave/sdk';
import { type BrowserSqlite, folderOf, openBrowserSqlite } from '@conclave/sqlite/browser';
import type { CoreOptions } from '../options.js';
import { Core } from './core.js';
import { databaseKey } from './database-key.js';

/** First message to a worker. */
export interface StartMessage {
  readonly kind: 'start';
  /** `sqlite3.wasm`, compressed with gzip. */
  readonly sqliteWasm: Uint8Array;
  readonly options: CoreOptions;
  /** Name of the database; null: in memory. */
  readonly name: string | null;
  /** Whose client; undefined: none, only questions that need no client. */
  readonly identifier?: Identifier | undefined;
}

/** Answer to it. */
export type StartedMessage = { readonly kind: 'started' } | { readonly kind: 'not-started'; readonly reason: string };

/** Loads SQLite and the curves side by side; the database is opened by the first call. */
export async function startCore({ sqliteWasm, options, name, identifier }: StartMessage): Promise<Core> {
  const [crypto, sqlite] = await Promise.all([openBrowserCrypto(), inflate(sqliteWasm).then(openBrowserSqlite)]);
  const memoryDatabase = () => sqlite.openMemory();
  const storage = name === null ? memoryStorage(sqlite) : fileStorage(sqlite, name, options.dbEncryptionKey);
  return new Core({ crypto, storage, memoryDatabase }, options, identifier);
}

function memoryStorage(sqlite: BrowserSqlite): ClientStorage {
  return { exists: () => false, open: () => sqlite.openMemory() };
}

function fileStorage(sqlite: BrowserSqlite, name: string, givenKey: Uint8Array | undefined): ClientStorage {
  return {
    exists: () => folderExists(folderOf(name)),
    open: async () => sqlite.openFile(name, givenKey ?? (await databaseKey(name))),
  };
}

async function folderExists(path: string): Promise<boolean> {
  try {
    let folder = await navigator.storage.getDirectory();
    for (const part of path.split('/').filter(Boolean)) folder = await folder.getDirectoryHandle(part);
    return true;
  } catch {
    return false;
  }
}

async function inflate(gzipped: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([gzipped as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
