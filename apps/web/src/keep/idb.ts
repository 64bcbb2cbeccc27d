/** The page's own small store: a few named values in IndexedDB. Messages are not here, they are in the client's encrypted database. */

const NAME = 'conclave-page';
const STORE = 'values';

let opening: Promise<IDBDatabase> | undefined;
/** Once all was forgotten nothing is kept: what was under way then would be left behind. */
let isOver = false;

function open(): Promise<IDBDatabase> {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(request.error);
  });
  opening.catch(() => {
    opening = undefined;
  });
  return opening;
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await open();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(STORE, mode);
    const request = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error ?? request.error);
  });
}

/** The value under a key, undefined when there is none or the browser keeps nothing. */
export async function readValue<T>(key: string): Promise<T | undefined> {
  try {
    return (await run('readonly', (store) => store.get(key))) as T | undefined;
  } catch {
    return undefined;
  }
}

/** All values whose keys begin so, by key; none where the browser keeps nothing. */
export async function readValues<T>(prefix: string): Promise<Map<string, T>> {
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  try {
    let keys: IDBRequest<IDBValidKey[]> | undefined;
    const values = (await run('readonly', (store) => {
      keys = store.getAllKeys(range);
      return store.getAll(range);
    })) as T[];
    return new Map(values.map((value, index) => [keys?.result[index] as string, value]));
  } catch {
    return new Map();
  }
}

/** Forgets the value under a key. */
export async function forgetValue(key: string): Promise<void> {
  try {
    await run('readwrite', (store) => store.delete(key));
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/**
 * Removes the value under a key and keeps the given one under another, unless one is there or none is given: both or neither.
 * @throws what the browser throws where it keeps nothing
 */
export async function replaceValue(before: string, after: string, value: unknown): Promise<void> {
  await run('readwrite', (store) => {
    const found = store.get(after);
    found.onsuccess = () => {
      if (value !== undefined && found.result === undefined) store.put(value, after);
    };
    return store.delete(before);
  });
}

/** Keeps a value that can be cloned. @returns false where the browser keeps nothing, and after all was forgotten */
export async function keepValue(key: string, value: unknown): Promise<boolean> {
  if (isOver) return false;
  try {
    await run('readwrite', (store) => store.put(value, key));
    return true;
  } catch {
    return false;
  }
}

/**
 * The value under a key; the given one, kept, when there is none. Of two tabs that ask at once one decides.
 * @throws what the browser throws where it keeps nothing; InvalidStateError after all was forgotten
 */
export async function keptValue<T>(key: string, otherwise: T): Promise<T> {
  const db = await open();
  if (isOver) throw new DOMException('all was forgotten', 'InvalidStateError');
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(STORE, 'readwrite');
    const store = transaction.objectStore(STORE);
    const found = store.get(key);
    let value = otherwise;
    found.onsuccess = () => {
      if (found.result === undefined) store.put(otherwise, key);
      else value = found.result as T;
    };
    transaction.oncomplete = () => resolve(value);
    transaction.onabort = () => reject(transaction.error ?? found.error);
  });
}

/** From now on values are kept again. */
export function keepAgain(): void {
  isOver = false;
}

/** Forgets all values but the one under this key. Nothing is kept from now on, until `keepAgain` or another load of the page. */
export async function forgetValues(but: string): Promise<void> {
  isOver = true;
  try {
    await run('readwrite', (store) => {
      store.delete(IDBKeyRange.upperBound(but, true));
      return store.delete(IDBKeyRange.lowerBound(but, true));
    });
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}
