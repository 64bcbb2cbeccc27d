/** What the page sends to start a worker, and what the worker makes of it. */
import { openSodiumCrypto } from '@conclave/crypto/browser';
import type { ClientStorage, Identifier } from '@conclave/sdk';
import type { Database } from '@conclave/sqlite';
import { type BrowserSqlite, openBrowserSqlite } from '@conclave/sqlite/browser';
import { BrowserError } from '../errors.js';
import type { CoreOptions } from '../options.js';
import { Core } from './core.js';
import { databaseKey } from './database-key.js';
import { choosePlace, MEMORY, type Place } from './places.js';

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

/** Loads SQLite and the curves, and looks for the database, side by side; it is opened by the first call. */
export async function startCore({ sqliteWasm, options, name, identifier }: StartMessage): Promise<Core> {
  const [crypto, sqlite, { place, open }] = await Promise.all([
    openSodiumCrypto(),
    inflate(sqliteWasm).then(openBrowserSqlite),
    name === null ? IN_MEMORY : placeWithKey(name, options.dbEncryptionKey),
  ]);
  // Where WebAssembly is refused SQLite has said so: a way round for the curves alone would be of no use, and is not loaded.
  if (crypto === undefined) throw new BrowserError('browser/worker-failed', { reason: 'libsodium did not start' });
  const storage: ClientStorage = { exists: () => place.exists(), open: () => open(sqlite) };
  const surroundings = { crypto, storage, memoryDatabase: () => sqlite.openMemory(), kind: place.kind };
  return new Core({ ...surroundings, flushed: () => place.flushed() }, options, identifier);
}

/** Where the database lies, and how it is opened there. */
interface Opening {
  readonly place: Place;
  open(sqlite: BrowserSqlite): Promise<Database>;
}

const openingOf = (place: Place, key?: Uint8Array): Opening => ({ place, open: (sqlite) => place.open(sqlite, key) });
const IN_MEMORY = openingOf(MEMORY);

/** A new database whose key cannot be kept would be unreadable at the next visit: it is in memory, and `storage` says so. */
async function placeWithKey(name: string, given: Uint8Array | undefined): Promise<Opening> {
  const place = await choosePlace(name);
  if (place.kind === 'memory') return IN_MEMORY;
  if (given !== undefined) return openingOf(place, given);
  try {
    const key = await databaseKey(name, () => place.exists());
    return key === undefined ? IN_MEMORY : openingOf(place, key);
  } catch (error) {
    // Told to whoever opens the client, with its code.
    return { place, open: () => Promise.reject(error) };
  }
}

async function inflate(gzipped: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([gzipped as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
