/** A worker of this page: its code loaded, started, and stopped. */
import type { Channel, PageMessage, WorkerMessage } from '../channel/messages.js';
import { BrowserError } from '../errors.js';
import type { StartedMessage, StartMessage } from '../worker/start.js';

/** What is known before the worker's code is loaded. */
export type StartOptions = Omit<StartMessage, 'kind' | 'sqliteWasm'> & {
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

/**
 * Starts a worker.
 * @throws BrowserError `browser/worker-blocked`, `browser/worker-failed`
 */
export async function startWorker({ workerUrl, ...start }: StartOptions): Promise<WorkerProcess> {
  // SQLite is loaded while the worker starts.
  const loading = import('../embedded/sqlite-wasm.js');
  const worker = launch(
    workerUrl,
    workerUrl === undefined ? (await import('../embedded/worker-code.js')).workerCode : '',
  );
  const listeners: { onMessage: (message: WorkerMessage) => void; onStopped: () => void } = {
    onMessage: () => {},
    onStopped: () => {},
  };
  const died = new Promise<BrowserError>((resolve) => {
    worker.onerror = (event) => {
      event.preventDefault();
      // An error before anything ran carries no message: the script was not allowed, or not there.
      resolve(
        new BrowserError(event.message ? 'browser/worker-failed' : 'browser/worker-blocked', {
          reason: event.message ?? '',
        }),
      );
    };
  });
  const started = new Promise<void>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === 'started') resolve();
      else if (data.kind === 'not-started') reject(new BrowserError('browser/worker-failed', { reason: data.reason }));
      else if (data.kind === 'stopped') listeners.onStopped();
      else listeners.onMessage(data);
    };
    void died.then(reject);
  });
  const send = async (): Promise<void> => {
    const wasm = fromBase64((await loading).sqliteWasm);
    const message: StartMessage = { kind: 'start', sqliteWasm: wasm, ...start };
    worker.postMessage(message, [wasm.buffer]);
  };
  try {
    await Promise.all([started, send()]);
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
function launch(workerUrl: string | URL | undefined, code: string): Worker {
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

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const { fromBase64: native } = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  // Ten times as fast; browsers have it since 2025.
  if (native !== undefined) return native.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
