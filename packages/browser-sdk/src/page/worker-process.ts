/** A worker of this page: its code loaded, started, and stopped. */
import { fromBase64 } from '@conclave/crypto';
import type { Channel, PageMessage, WorkerMessage } from '../channel/messages.js';
import type { DatabaseFound, LoadMessage, StartedMessage, StartMessage } from '../channel/start-messages.js';
import { BrowserError } from '../errors.js';
import { findDatabase } from './find-database.js';

/** What a worker works for, and where it comes from. */
export type StartOptions = Omit<StartMessage, 'kind' | 'found'> & {
  readonly workerUrl?: string | URL | undefined;
};

type FromWorker = WorkerMessage | StartedMessage | { readonly kind: 'stopped' };

/** A started worker. */
export interface WorkerProcess {
  readonly channel: Channel<PageMessage, WorkerMessage>;
  /** Resolves with the reason when the worker ends without being asked to. */
  readonly died: Promise<BrowserError>;
  /** Closes the database, then the worker. */
  stop(): Promise<void>;
}

/** A worker that loads what every client needs, and waits to hear for whom. */
interface Launched {
  readonly worker: Worker;
  readonly died: Promise<BrowserError>;
  /** Resolves when it has been given all that it loads. */
  readonly given: Promise<void>;
}

/** @param before - code that the worker runs first; none where it is a file */
async function launch(workerUrl: string | URL | undefined, before = ''): Promise<Launched> {
  const coming = workerUrl === undefined ? import('../embedded/worker-code.js') : undefined;
  // Asked for second, so that the worker need not wait for it.
  const loading = import('../embedded/sqlite-wasm.js');
  // Told by `given`.
  loading.catch(() => {});
  const code = (await coming)?.workerCode ?? '';
  const worker = newWorker(workerUrl, before + code);
  const died = new Promise<BrowserError>((resolve) => {
    worker.onerror = (event) => {
      event.preventDefault();
      // It may live on with the database in its hands, which the next one needs.
      worker.terminate();
      // An error before anything ran carries no message: the script was not allowed, or not there.
      resolve(
        new BrowserError(event.message ? 'browser/worker-failed' : 'browser/worker-blocked', {
          reason: event.message ?? '',
        }),
      );
    };
  });
  const given = loading.then(async ({ sqliteWasm, newDatabase }) => {
    const [sqlite, image] = await Promise.all([
      compiled(fromBase64(sqliteWasm)),
      newDatabase === '' ? undefined : inflate(fromBase64(newDatabase)),
    ]);
    const message: LoadMessage = { kind: 'load', sqlite, image };
    worker.postMessage(message);
  });
  given.catch(() => {});
  return { worker, died, given };
}

/** Compiled here while the worker's code is read there. A page that may not compile leaves it to the worker, which may have a policy of its own. */
async function compiled(gzipped: Uint8Array): Promise<WebAssembly.Module | Uint8Array> {
  const wasm = await inflate(gzipped);
  return WebAssembly.compile(wasm).catch(() => wasm);
}

async function inflate(gzipped: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  // A Response holds the bytes here; a Blob would send them to the browser's process and back.
  const { body } = new Response(gzipped as Uint8Array<ArrayBuffer>);
  const stream = (body as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A worker for the client that comes next, with the address that it was started from. */
let ahead: { readonly address: string; readonly launching: Promise<Launched> } | undefined;

/** Resolves when it is known whether there will be one: a client that does not wait for it would start a second. */
let deciding: Promise<unknown> = Promise.resolve();

/**
 * Starts a worker for the next client, unless there is one. A failure is left for that client to meet.
 * @param isAnyAtWork - whether another client is: then it is not needed
 */
export function launchAhead(workerUrl: string | URL | undefined, isAnyAtWork: Promise<boolean>): void {
  // Whoever need not work now may have to take over.
  if (workerUrl === undefined) import('../embedded/worker-code.js').catch(() => {});
  const decided = isAnyAtWork.then(
    (isOne) => {
      if (!isOne) startAhead(workerUrl);
    },
    () => {},
  );
  deciding = Promise.all([deciding, decided]);
}

/** Resolves when the worker that is being started ahead, if any, has its code. */
export async function launched(): Promise<void> {
  await deciding;
  await ahead?.launching.catch(() => {});
}

function startAhead(workerUrl: string | URL | undefined): void {
  if (ahead !== undefined) return;
  const mine = { address: String(workerUrl), launching: launch(workerUrl) };
  const forget = (): void => {
    if (ahead === mine) ahead = undefined;
  };
  mine.launching.then(({ died }) => died.then(forget), forget);
  ahead = mine;
}

/** Ends the worker that was started ahead: its client found another at work. */
export function dropAhead(): void {
  ahead?.launching.then(
    ({ worker }) => worker.terminate(),
    () => {},
  );
  ahead = undefined;
}

function takeAhead(workerUrl: string | URL | undefined): Promise<Launched> | undefined {
  if (ahead?.address !== String(workerUrl)) return undefined;
  const { launching } = ahead;
  ahead = undefined;
  return launching;
}

/**
 * Starts a worker, or takes the one that was started ahead.
 * @throws BrowserError `browser/worker-blocked`, `browser/worker-failed`
 */
export async function startWorker(options: StartOptions): Promise<WorkerProcess> {
  const { workerUrl, name } = options;
  const finding = name === null ? {} : findDatabase(name, options.options.dbEncryptionKey !== undefined);
  await deciding;
  try {
    return await begin(await (takeAhead(workerUrl) ?? launch(workerUrl)), options, finding);
  } catch (error) {
    // One that is a file finds them beside it.
    if (!(error instanceof LacksCurves) || workerUrl !== undefined) throw error;
    const { nobleCode } = await import('../embedded/noble-code.js');
    return begin(await launch(workerUrl, nobleCode), options, finding);
  }
}

/** The worker has no curves: libsodium did not start. */
class LacksCurves extends BrowserError {}

async function begin(
  { worker, died, given }: Launched,
  { workerUrl, ...start }: StartOptions,
  finding: DatabaseFound | Promise<DatabaseFound>,
): Promise<WorkerProcess> {
  const listeners: { onMessage: (message: WorkerMessage) => void; onStopped: () => void } = {
    onMessage: () => {},
    onStopped: () => {},
  };
  const started = new Promise<void>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === 'started') resolve();
      else if (data.kind === 'not-started') {
        const Failure = data.lacksCurves ? LacksCurves : BrowserError;
        reject(new Failure('browser/worker-failed', { reason: data.reason }));
      } else if (data.kind === 'stopped') listeners.onStopped();
      else listeners.onMessage(data);
    };
    void died.then(reject);
  });
  const message: StartMessage = { kind: 'start', ...start };
  const post = async (): Promise<void> => {
    const found = await finding;
    try {
      worker.postMessage({ ...message, found });
    } catch {
      // A browser whose handles stay where they are.
      worker.postMessage(message);
    }
  };
  try {
    // All at once: the worker may die while its database is looked for.
    await Promise.all([post(), started, given]);
  } catch (error) {
    worker.terminate();
    throw error;
  }
  return {
    channel: {
      post: (out) => worker.postMessage(out),
      listen: (listener) => {
        listeners.onMessage = listener;
      },
      close: () => {},
    },
    died,
    stop: () =>
      new Promise((resolve) => {
        const end = (): void => {
          worker.terminate();
          resolve();
        };
        listeners.onStopped = end;
        void died.then(end);
        worker.postMessage({ kind: 'stop' });
      }),
  };
}

/** The code comes with the package, so that no bundler has to find a file for it. */
function newWorker(workerUrl: string | URL | undefined, code: string): Worker {
  const blobUrl =
    workerUrl === undefined ? URL.createObjectURL(new Blob([code], { type: 'text/javascript' })) : undefined;
  try {
    return new Worker(workerUrl ?? (blobUrl as string), { type: 'module', name: 'conclave' });
  } catch (cause) {
    throw new BrowserError('browser/worker-blocked', {}, cause);
  } finally {
    // The worker has the code by the time that it runs; until then the address must be good.
    if (blobUrl !== undefined) setTimeout(() => URL.revokeObjectURL(blobUrl), 60_000);
  }
}
