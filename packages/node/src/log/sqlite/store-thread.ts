/**
 * Entry of a database thread. One thread owns the writing connection, another, where the engine allows it, reads beside
 * it, so that neither a flush of the disk nor a long read stops the node's main thread.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { SqliteStore, type StoreOptions } from './sqlite-store.js';
import { packOutcomes, runStoreRequests, type StoreRequest, storageError, transferOf, unpack } from './store-codec.js';

/** What the thread says first: how the opening of the file went. */
export type StoreOpened =
  | { readonly ok: true; readonly engine: SqliteStore['engine'] }
  | { readonly ok: false; readonly code: string; readonly details: NodeErrorDetails };

type NodeErrorDetails = ReturnType<typeof storageError>['details'];

const port = parentPort;
if (port !== null) {
  try {
    const store = new SqliteStore(workerData as StoreOptions);
    port.postMessage({ ok: true, engine: store.engine } satisfies StoreOpened);
    port.on('message', (message: Uint8Array | 'close') => {
      if (message === 'close') {
        store.close();
        port.close();
        return;
      }
      for (const part of runStoreRequests(store, unpack<StoreRequest[]>(message))) {
        const packed = packOutcomes(part);
        port.postMessage(packed, transferOf(packed));
      }
    });
  } catch (error) {
    const { code, details } = storageError(error);
    port.postMessage({ ok: false, code, details } satisfies StoreOpened);
    port.close();
  }
}
