/** A table of IndexedDB, by the names of databases. */

const DATABASE = 'conclave';
const TABLE = 'keys';

/** Values by name. */
export interface KeyStore<Value> {
  get(name: string): Promise<Value | undefined>;
  /** Resolves when it is on the disk. */
  put(name: string, value: Value): Promise<void>;
  close(): void;
}

/** Opens the table, making it when it is not there. */
export async function openKeyStore<Value>(): Promise<KeyStore<Value>> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE);
  const database = await settled(opening);
  return {
    get: (name) => settled<Value | undefined>(database.transaction(TABLE).objectStore(TABLE).get(name)),
    put: (name, value) =>
      new Promise((resolve, reject) => {
        const transaction = database.transaction(TABLE, 'readwrite', { durability: 'strict' });
        transaction.objectStore(TABLE).put(value, name);
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      }),
    close: () => database.close(),
  };
}

/** What a request gives. Rejects with its error. */
export function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
