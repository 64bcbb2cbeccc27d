/**
 * The caller's side of a store: the same calls, answered by promise. Calls that arrive while the thread is busy travel
 * together, so a loaded node pays one crossing for many of them.
 */
import { Worker } from 'node:worker_threads';
import { NodeError } from '../../errors.js';
import { SqliteStore, type StoreCall, type StoreOptions } from './sqlite-store.js';
import {
  type PackedOutcomes,
  pack,
  runStoreRequests,
  type StoreOutcome,
  type StoreRequest,
  settleOutcome,
  storageError,
  unpack,
  unpackOutcomes,
} from './store-codec.js';
import type { StoreOpened } from './store-thread.js';

/** A store somewhere: its calls, and its end. */
export interface StoreClient {
  readonly engine: SqliteStore['engine'];
  /** False after the thread died; every call is refused then. */
  readonly healthy: boolean;
  call<Method extends StoreCall>(
    method: Method,
    argument: Parameters<SqliteStore[Method]>[0],
  ): Promise<ReturnType<SqliteStore[Method]>>;
  /** Resolves after the calls made before it were answered and the file was closed. */
  close(): Promise<void>;
}

/** Batches on their way at once: one that runs and one that waits in the thread, so that it never idles between two. */
const MAX_IN_FLIGHT = 2;

interface Pending {
  readonly request: StoreRequest;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Opens the file in a thread of its own.
 * @throws NodeError `node/database-too-new`, `node/storage-failed`
 */
export async function openThreadedStore(options: StoreOptions): Promise<StoreClient> {
  // Flags of the main program (an inline script's input type, say) are none of the thread's business.
  const worker = new Worker(new URL('./store-thread.js', import.meta.url), { workerData: options, execArgv: [] });
  const opened = await new Promise<StoreOpened>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (error) => reject(storageError(error)));
  });
  if (!opened.ok) settleOutcome(opened);
  // What is written was gathered by its queue.
  return new ThreadedStore(worker, (opened as Extract<StoreOpened, { ok: true }>).engine, options.role === 'reader');
}

class ThreadedStore implements StoreClient {
  readonly engine: SqliteStore['engine'];
  readonly #worker: Worker;
  readonly #waiting: Pending[] = [];
  readonly #inFlight: Pending[][] = [];
  readonly #exited: Promise<void>;
  readonly #gathers: boolean;
  #isGathering = false;
  #closed = false;
  #failure: NodeError | undefined;

  /** @param gathers whether the calls of one turn of the event loop travel together, even the first of them */
  constructor(worker: Worker, engine: SqliteStore['engine'], gathers: boolean) {
    this.engine = engine;
    this.#gathers = gathers;
    this.#worker = worker;
    worker.on('message', (packed: PackedOutcomes) => this.#settle(unpackOutcomes(packed)));
    worker.on('error', (error) => this.#fail(storageError(error)));
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#fail(
          new NodeError(this.#closed ? 'node/shutting-down' : 'node/storage-failed', { reason: 'thread ended' }),
        );
        resolve();
      });
    });
  }

  get healthy(): boolean {
    return this.#failure === undefined && !this.#closed;
  }

  call<Method extends StoreCall>(
    method: Method,
    argument: Parameters<SqliteStore[Method]>[0],
  ): Promise<ReturnType<SqliteStore[Method]>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closed) return Promise.reject(new NodeError('node/shutting-down'));
    return new Promise((resolve, reject) => {
      const settle = resolve as (value: unknown) => void;
      this.#waiting.push({ request: { method, argument }, resolve: settle, reject });
      if (this.#gathers) this.#gather();
      else this.#send();
    });
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#send();
      this.#closeWhenIdle();
    }
    await this.#exited;
  }

  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    setImmediate(() => {
      this.#isGathering = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#waiting.length === 0 || this.#inFlight.length >= MAX_IN_FLIGHT) return;
    const batch = this.#waiting.splice(0);
    this.#inFlight.push(batch);
    const bytes = pack(batch.map(({ request }) => request));
    this.#worker.postMessage(bytes, [bytes.buffer]);
  }

  /** Outcomes come in the order of the calls, those of a batch in one part or several. */
  #settle(outcomes: readonly StoreOutcome[]): void {
    const batch = this.#inFlight[0] ?? [];
    const settled = batch.splice(0, outcomes.length);
    if (batch.length === 0) this.#inFlight.shift();
    // The thread gets its next work before the callers hear of the last, so that it runs while they do.
    this.#send();
    for (const [index, { resolve, reject }] of settled.entries()) {
      try {
        resolve(settleOutcome(outcomes[index] as StoreOutcome));
      } catch (error) {
        reject(error);
      }
    }
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (this.#closed && this.#inFlight.length === 0 && this.#waiting.length === 0) this.#worker.postMessage('close');
  }

  #fail(error: NodeError): void {
    this.#failure ??= error;
    for (const { reject } of [...this.#inFlight.splice(0).flat(), ...this.#waiting.splice(0)]) reject(this.#failure);
  }
}

/**
 * Opens the file on the calling thread, through the same codec.
 * @throws NodeError `node/database-too-new`, `node/storage-failed`
 */
export function openInlineStore(options: StoreOptions): StoreClient {
  let store: SqliteStore;
  try {
    store = new SqliteStore(options);
  } catch (error) {
    throw storageError(error);
  }
  let open = true;
  return {
    engine: store.engine,
    get healthy() {
      return open;
    },
    async call(method, argument) {
      if (!open) throw new NodeError('node/shutting-down');
      const requests = unpack<StoreRequest[]>(pack([{ method, argument }]));
      const outcomes = unpack<StoreOutcome[]>(pack([...runStoreRequests(store, requests)].flat()));
      // As from a thread, the answer comes in a later turn: who asks again at once does not keep others from theirs.
      await new Promise(setImmediate);
      return settleOutcome(outcomes[0] as StoreOutcome) as never;
    },
    async close() {
      if (open) store.close();
      open = false;
    },
  };
}
