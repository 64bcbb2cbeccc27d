/**
 * From a stream of the core to a stream of the SDK: values mapped, losses counted and reported, an end that is an end.
 *
 * The core keeps its subscription alive by itself: after a loss it reconnects and continues from the stored cursor, so the same
 * stream goes on without a gap. Here the losses are told to the application and, beyond `retryAttempts`, end the stream. The budget
 * holds for the whole life of a stream.
 */
import type { StreamState } from '@conclave/client';
import { StreamFailedError, StreamInvalidRetryAttemptsError } from '../errors.js';
import { AsyncStream, type AsyncStreamProxy, asyncStreamProxy } from './async-stream.js';

/** Options of every `stream…` method. */
export interface StreamOptions<T> {
  /** Called right after a value was queued; what it returns is not awaited. */
  onValue?: (value: T) => void;
  /** A failure: of the transport, of a value, or `StreamFailedError` when the retries are used up. */
  onError?: (error: Error) => void;
  /** The stream was lost; a retry follows unless `retryOnFail` is false. */
  onFail?: () => void;
  onRetry?: (attempt: number, maxAttempts: number) => void;
  onRestart?: () => void;
  /** Once, whatever ended the stream. */
  onEnd?: () => void;
  /** Default 10. */
  retryAttempts?: number;
  /**
   * Accepted for compatibility. All streams of a client share one subscription, which reconnects after 1, 2, 4 … and at most 60
   * seconds: sooner than the original's 60.
   */
  retryDelay?: number;
  /** Default true. */
  retryOnFail?: boolean;
  /** Skips the sync before the stream opens. Default false. */
  disableSync?: boolean;
}

/** What makes one stream. */
export interface StreamSource<In, Out> {
  /** Brings the database up to date; skipped with `disableSync`. */
  sync(): Promise<unknown>;
  /** Opens the core's stream, which ends only when the signal aborts. */
  open(options: { signal: AbortSignal; onState: (state: StreamState) => void }): AsyncIterable<In>;
  /** Undefined drops the value. */
  map(value: In): Out | undefined;
}

/**
 * Opens a stream; resolves when the node has accepted it or the first attempt has failed. Never rejects for a failing network: `onError` tells.
 * @throws StreamInvalidRetryAttemptsError when `retryAttempts` is negative
 */
export async function openStream<In, Out>(
  source: StreamSource<In, Out>,
  options: StreamOptions<Out> = {},
): Promise<AsyncStreamProxy<Out>> {
  const { retryAttempts = 10, retryOnFail = true } = options;
  if (retryOnFail && retryAttempts < 0) throw new StreamInvalidRetryAttemptsError();
  const run = new StreamRun(source, options, retryOnFail ? retryAttempts : 0);
  if (options.disableSync !== true) {
    // A failing sync ends nothing: the subscription brings what it would have brought.
    await source.sync().catch((error: unknown) => run.report(error));
  }
  await run.start();
  return asyncStreamProxy(run.stream);
}

/** The life of one stream. */
class StreamRun<In, Out> {
  readonly stream = new AsyncStream<Out>();
  readonly #source: StreamSource<In, Out>;
  readonly #options: StreamOptions<Out>;
  readonly #attempts: number;
  readonly #abort = new AbortController();
  #lost = 0;

  constructor(source: StreamSource<In, Out>, options: StreamOptions<Out>, attempts: number) {
    this.#source = source;
    this.#options = options;
    this.#attempts = attempts;
    this.stream.onDone = () => {
      this.#abort.abort();
      options.onEnd?.();
    };
  }

  /** Resolves at the first word about the subscription, good or bad. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      void this.#read((state) => {
        this.#onState(state);
        resolve();
      }).then(resolve);
    });
  }

  report(error: unknown): void {
    if (this.stream.isDone) return;
    this.#options.onError?.(error instanceof Error ? error : new StreamFailedError(this.#lost));
  }

  async #read(onState: (state: StreamState) => void): Promise<void> {
    try {
      for await (const value of this.#source.open({ signal: this.#abort.signal, onState })) {
        if (this.stream.isDone) return;
        this.#deliver(value);
      }
    } catch (error) {
      this.report(error);
    }
    await this.stream.end();
  }

  #onState(state: StreamState): void {
    if (this.stream.isDone) return;
    if (state.kind === 'open') {
      if (this.#lost > 0) this.#options.onRestart?.();
      return;
    }
    this.report(state.error);
    this.#options.onFail?.();
    if (this.#lost >= this.#attempts) {
      const failure = new StreamFailedError(this.#lost);
      this.report(failure);
      void this.stream.end();
      return;
    }
    this.#lost += 1;
    this.#options.onRetry?.(this.#lost, this.#attempts);
  }

  /** A value that cannot be mapped, or a callback that throws, must not end the stream. */
  #deliver(value: In): void {
    try {
      const mapped = this.#source.map(value);
      if (mapped === undefined) return;
      this.stream.push(mapped);
      this.#options.onValue?.(mapped);
    } catch (error) {
      this.report(error);
    }
  }
}
