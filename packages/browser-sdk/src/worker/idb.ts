/** Tables of IndexedDB by the names of databases: keys, and files in blocks. */

const TABLE = 'keys';
/** Blocks of files. */
export const BLOCKS = 'blocks';
/** Lengths of files in bytes. */
export const SIZES = 'sizes';

/** Values by name. */
export interface KeyStore<Value> {
  get(name: string): Promise<Value | undefined>;
  /** Resolves when it is on the disk. */
  put(name: string, value: Value): Promise<void>;
  close(): void;
}

/** Opens the table, making it when it is not there. */
export async function openKeyStore<Value>(): Promise<KeyStore<Value>> {
  const database = await openKeys();
  return {
    get: (name) => settled<Value | undefined>(database.transaction(TABLE).objectStore(TABLE).get(name)),
    put: (name, value) => changed(database, [TABLE], ([table]) => table?.put(value, name)),
    close: () => database.close(),
  };
}

/** Forgets the key of a database. */
export async function removeKey(name: string): Promise<void> {
  const database = await openKeys();
  await changed(database, [TABLE], ([table]) => table?.delete(name)).finally(() => database.close());
}

/** Opens where files are kept in blocks: `blocks` by name and number, `sizes` by name. */
export function openBlocks(): Promise<IDBDatabase> {
  return opened('conclave-files', [BLOCKS, SIZES]);
}

/** Removes a file that is kept in blocks. */
export async function removeBlocks(name: string): Promise<void> {
  const database = await openBlocks();
  await changed(database, [BLOCKS, SIZES], ([blocks, sizes]) => {
    blocks?.delete(blocksOf(name));
    sizes?.delete(name);
  }).finally(() => database.close());
}

/** The keys of a file's blocks from this one on. */
export function blocksOf(name: string, from = 0): IDBKeyRange {
  return IDBKeyRange.bound([name, from], [name, Number.POSITIVE_INFINITY]);
}

const openKeys = () => opened('conclave', [TABLE]);

function opened(name: string, tables: readonly string[]): Promise<IDBDatabase> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    for (const table of tables) opening.result.createObjectStore(table);
  };
  return settled(opening);
}

/** One change of some tables, on the disk when it resolves. */
export function changed(
  database: IDBDatabase,
  tables: readonly string[],
  change: (stores: readonly IDBObjectStore[]) => unknown,
  durability: IDBTransactionDurability = 'strict',
): Promise<void> {
  const transaction = database.transaction(tables, 'readwrite', { durability });
  change(tables.map((table) => transaction.objectStore(table)));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

/** What a request gives. Rejects with its error. */
export function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
