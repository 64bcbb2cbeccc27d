/** What a worker makes of what the page sends to load and start it. */
import type { CryptoProvider } from '@conclave/crypto';
import { openSodiumCrypto } from '@conclave/crypto/sodium';
import type { ClientStorage } from '@conclave/sdk';
import type { Database } from '@conclave/sqlite';
import { type BrowserSqlite, openBrowserSqlite } from '@conclave/sqlite/browser';
import type { DatabaseFound, LoadMessage, StartMessage } from '../channel/start-messages.js';
import { BrowserError } from '../errors.js';
import { Core } from './core.js';
import { databaseKey } from './database-key.js';
import { choosePlace, MEMORY, type Place } from './places.js';

/** What every client works with. */
export interface Engines {
  readonly crypto: CryptoProvider;
  readonly sqlite: BrowserSqlite;
}

/** There is no libsodium, and nothing in its place. */
export class LacksCurves extends BrowserError {
  constructor(cause: unknown) {
    super('browser/worker-failed', { reason: 'libsodium did not start' }, cause);
  }
}

/** Loads the curves and SQLite. @throws LacksCurves */
export async function loadEngines(given: Promise<LoadMessage>): Promise<Engines> {
  const [crypto, sqlite] = await Promise.all([
    openSodiumCrypto().then((started) => started ?? portableCrypto()),
    startSqlite(given),
  ]);
  return { crypto, sqlite };
}

async function startSqlite(given: Promise<LoadMessage>): Promise<BrowserSqlite> {
  const { sqlite, image } = await given;
  return openBrowserSqlite(sqlite, image);
}

/** Stands before the worker's code where the page has put it, else beside `worker.js`. */
async function portableCrypto(): Promise<CryptoProvider> {
  const { conclaveNoble } = globalThis as { conclaveNoble?: typeof import('./noble.js') };
  try {
    return (conclaveNoble ?? (await import('./noble.js'))).nobleCrypto;
  } catch (cause) {
    throw new LacksCurves(cause);
  }
}

/** Lets what any database needs first be compiled, for a worker that has nothing to do yet. */
export function warm({ sqlite }: Engines): void {
  sqlite.openMemory().close();
}

/** Looks for the database while the engines are loaded; it is opened by the first call. */
export async function startCore(
  { options, name, found, identifier }: StartMessage,
  engines: Promise<Engines>,
): Promise<Core> {
  const [{ crypto, sqlite }, { place, open }] = await Promise.all([
    engines,
    name === null ? IN_MEMORY : placeWithKey(name, options.dbEncryptionKey, found),
  ]);
  const storage: ClientStorage = {
    isForAnyInbox: true,
    exists: () => place.exists(),
    open: async () => {
      await nextTurn();
      return open(sqlite);
    },
  };
  const surroundings = { crypto, storage, memoryDatabase: () => sqlite.openMemory(), kind: place.kind };
  return new Core({ ...surroundings, flushed: () => place.flushed() }, options, identifier);
}

/** Lets messages come in, and go out what has been asked of the node, which answers while this thread makes the database. */
export function nextTurn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Where the database lies, and how it is opened there. */
interface Opening {
  readonly place: Place;
  open(sqlite: BrowserSqlite): Promise<Database>;
}

const openingOf = (place: Place, key?: Uint8Array): Opening => ({ place, open: (sqlite) => place.open(sqlite, key) });
const IN_MEMORY = openingOf(MEMORY);

/**
 * Its files and its key are looked for side by side. A new database whose key cannot be kept would be unreadable at the next visit: it is in memory,
 * and `storage` says so.
 */
async function placeWithKey(name: string, given: Uint8Array | undefined, found: DatabaseFound = {}): Promise<Opening> {
  const placing = choosePlace(name, found.files);
  try {
    const key = given ?? (await databaseKey(name, async () => (await placing).exists(), found.key));
    const place = await placing;
    if (key !== undefined) return openingOf(place, key);
    await place.leave();
    return IN_MEMORY;
  } catch (error) {
    const place = await placing;
    await place.leave();
    // Told to whoever opens the client, with its code.
    return place.kind === 'memory' ? IN_MEMORY : { place, open: () => Promise.reject(error) };
  }
}
