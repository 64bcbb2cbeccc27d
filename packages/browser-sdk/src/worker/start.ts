/** What the page sends to start a worker, and what the worker makes of it. */
import { openSodiumCrypto } from '@conclave/crypto/browser';
import type { ClientStorage, Identifier } from '@conclave/sdk';
import { openBrowserSqlite } from '@conclave/sqlite/browser';
import { BrowserError } from '../errors.js';
import type { CoreOptions } from '../options.js';
import { Core } from './core.js';
import { databaseKey } from './database-key.js';
import { choosePlace, memoryPlace } from './places.js';

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
  const [crypto, sqlite] = await Promise.all([openSodiumCrypto(), inflate(sqliteWasm).then(openBrowserSqlite)]);
  // Where WebAssembly is refused SQLite has said so: a way round for the curves alone would be of no use, and is not loaded.
  if (crypto === undefined) throw new BrowserError('browser/worker-failed', { reason: 'libsodium did not start' });
  const place = name === null ? memoryPlace(sqlite) : await choosePlace(sqlite, name);
  const givenKey = options.dbEncryptionKey;
  const storage: ClientStorage = {
    exists: () => place.exists(),
    // What is in memory needs no key, and where there is no IndexedDB there is none to be had.
    open: async () =>
      place.open(name === null || place.kind === 'memory' ? undefined : (givenKey ?? (await databaseKey(name)))),
  };
  const surroundings = { crypto, storage, memoryDatabase: () => sqlite.openMemory(), kind: place.kind };
  return new Core({ ...surroundings, flushed: () => place.flushed() }, options, identifier);
}

async function inflate(gzipped: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([gzipped as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
