/**
 * From a stream of the core to a stream of the SDK: values mapped, losses counted and reported, an end that is an end.
 *
 * The core keeps its subscription alive by itself: after a loss it reconnects and continues from the stored cursor, so the same
 * stream goes on without a gap. Here the losses are told to the application and, when the budget is used up, end the stream.
 * The budget holds for the life of the stream, but a value refills it: a connection that delivers is a good one.
 */
import type { StreamState } from '@conclave/client';
import { StreamFailedError, StreamInvalidRetryAttemptsError } from '../errors.js';
import { AsyncStream, type AsyncStreamProxy, asyncStreamProxy, MAX_WAITING_VALUES } from './async-stream.js';

/** Default of `retryAttempts`. */
export const DEFAULT_RETRY_ATTEMPTS = 10;
/** Default of `retryDelay`, milliseconds. */
export const DEFAULT_RETRY_DELAY = 60_000;

/** Options of every `stream…` method. No callback is called after the end but `onEnd`. */
export interface StreamOptions<T> {
  /** Called right after a value was queued. When it returns a promise, that is not awaited; its rejection goes to `onError`. */
  onValue?: (value: T) => void;
  /** A failure: of the transport, of a value, of another callback, or `StreamFailedError` when the retries are used up. */
  onError?: (error: Error) => void;
  /** The stream was lost; a retry follows unless `retryOnFail` is false. */
  onFail?: () => void;
  onRetry?: (attempt: number, maxAttempts: number) => void;
  /** The stream is open again. */
  onRestart?: () => void;
  /** Once, whatever ended the stream. */
  onEnd?: () => void;
  /** Default 10. */
  retryAttempts?: number;
  /**
   * Milliseconds, default 60,000. A lost stream is given up only after `retryAttempts` attempts and so many times this; the attempts
   * themselves come sooner, after 0.2, 1, 2, 4 … and at most 60 seconds, because all streams of a client share one subscription.
   */
  retryDelay?: number;
  /** Default true. */
  retryOnFail?: boolean;
  /** Skips the sync before the stream opens. Default false. */
  disableSync?: boolean;
}

/** Options of a stream that needs no network and so cannot be lost. */
export type LocalStreamOptions<T> = Pick<StreamOptions<T>, 'onValue' | 'onError' | 'onEnd'>;

/** What makes one stream. */
export interface StreamSource<In, Out> {
  /** Ends the stream: the client was closed. */
  closed?: AbortSignal;
  /** Brings the database up to date; skipped with `disableSync`. */
  sync(): Promise<unknown>;
  /** Opens the core's stream, which ends only when the signal aborts. */
  open(options: { signal: AbortSignal; onState: (state: StreamState) => void }): AsyncIterable<In>;
  /** Undefined drops the value. */
  map(value: In): Out | undefined;
}

/** What makes a stream of local events. */
export interface LocalStreamSource<In, Out> {
  /** Ends the stream: the client was closed. */
  closed?: AbortSignal;
  /** Listens from the call on, until the signal aborts. */
  open(signal: AbortSignal): AsyncIterable<In>;
  map(value: In): Out | undefined;
}

/**
 * Opens a stream; resolves when the node has accepted it or the first attempt has failed. Never rejects for a failing network: `onError` tells.
 * @param nowMs - a clock that only goes forward
 * @throws StreamInvalidRetryAttemptsError when `retryAttempts` is negative
 */
export async function openStream<In, Out>(
  source: StreamSource<In, Out>,
  options: StreamOptions<Out> = {},
  nowMs: () => number = () => performance.now(),
): Promise<AsyncStreamProxy<Out>> {
  const { retryAttempts = DEFAULT_RETRY_ATTEMPTS, retryOnFail = true } = options;
  if (retryOnFail && retryAttempts < 0) throw new StreamInvalidRetryAttemptsError();
  const run = new StreamRun(source, options, retryOnFail ? retryAttempts : 0, nowMs);
  if (options.disableSync !== true) {
    // A failing sync ends nothing: the subscription brings what it would have brought.
    await source.sync().catch((error: unknown) => run.report(error));
  }
  await run.start();
  return asyncStreamProxy(run.stream);
}

/** Opens a stream of local events. */
export function openLocalStream<In, Out>(
  source: LocalStreamSource<In, Out>,
  options?: LocalStreamOptions<Out>,
): Promise<AsyncStreamProxy<Out>> {
  const { onValue, onError, onEnd } = options ?? {};
  const callbacks = { ...(onValue && { onValue }), ...(onError && { onError }), ...(onEnd && { onEnd }) };
  return openStream(
    {
      ...(source.closed && { closed: source.closed }),
      sync: async () => {},
      open: ({ signal, onState }) => {
        const events = source.open(signal);
        onState({ kind: 'open' });
        return events;
      },
      map: (value) => source.map(value),
    },
    callbacks,
  );
}

/** The life of one stream. */
class StreamRun<In, Out> {
  readonly stream = new AsyncStream<Out>();
  readonly #source: StreamSource<In, Out>;
  readonly #options: StreamOptions<Out>;
  readonly #attempts: number;
  readonly #patienceMs: number;
  readonly #nowMs: () => number;
  readonly #abort = new AbortController();
  #used = 0;
  /** When the present loss began. */
  #lostAtMs: number | undefined;

  constructor(source: StreamSource<In, Out>, options: StreamOptions<Out>, attempts: number, nowMs: () => number) {
    this.#source = source;
    this.#options = options;
    this.#attempts = attempts;
    this.#patienceMs = attempts * (options.retryDelay ?? DEFAULT_RETRY_DELAY);
    this.#nowMs = nowMs;
    const end = (): void => void this.stream.end();
    source.closed?.addEventListener('abort', end, { once: true });
    this.stream.onDone = () => {
      source.closed?.removeEventListener('abort', end);
      this.#abort.abort();
      outside(() => options.onEnd?.());
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
    const failure = error instanceof Error ? error : new StreamFailedError(this.#used);
    outside(() => this.#options.onError?.(failure));
  }

  async #read(onState: (state: StreamState) => void): Promise<void> {
    try {
      for await (const value of this.#source.open({ signal: this.#abort.signal, onState })) {
        if (this.stream.isDone) return;
        this.#deliver(value);
        await this.#makeRoom();
      }
    } catch (error) {
      this.report(error);
    }
    await this.stream.end();
  }

  /**
   * What is not fetched must not fill the memory. Whoever reads with `next()` is waited for: meanwhile the values stay where they come from. Whoever
   * has a callback and never reads got them by it: the oldest of the queue go.
   */
  async #makeRoom(): Promise<void> {
    if (this.stream.waitingCount < MAX_WAITING_VALUES) return;
    if (this.#options.onValue !== undefined && !this.stream.isRead) this.stream.dropOldest();
    else await this.stream.room();
  }

  #onState(state: StreamState): void {
    if (this.stream.isDone) return;
    if (state.kind === 'open') {
      const wasLost = this.#lostAtMs !== undefined;
      this.#lostAtMs = undefined;
      if (wasLost) this.#call(() => this.#options.onRestart?.());
      return;
    }
    this.#lostAtMs ??= this.#nowMs();
    this.report(state.error);
    // Any callback may end the stream.
    if (!this.stream.isDone) this.#call(() => this.#options.onFail?.());
    if (this.stream.isDone) return;
    if (this.#used >= this.#attempts && this.#nowMs() - this.#lostAtMs >= this.#patienceMs) {
      this.report(new StreamFailedError(this.#attempts));
      void this.stream.end();
      return;
    }
    this.#used = Math.min(this.#used + 1, this.#attempts);
    this.#call(() => this.#options.onRetry?.(this.#used, this.#attempts));
  }

  /** A value that cannot be mapped, or a callback that throws, must not end the stream. */
  #deliver(value: In): void {
    this.#used = 0;
    this.#call(() => {
      const mapped = this.#source.map(value);
      if (mapped === undefined || this.stream.isDone) return;
      this.stream.push(mapped);
      return this.#options.onValue?.(mapped);
    });
  }

  /** Runs what belongs to the application: what it throws is reported to it, and reaches nothing of ours. */
  #call(work: () => unknown): void {
    try {
      const pending = work();
      if (pending instanceof Promise) pending.catch((error: unknown) => this.report(error));
    } catch (error) {
      this.report(error);
    }
  }
}

/** Runs a callback that nobody is left to be told of the failure of: the process hears of it, beyond our stack. */
function outside(work: () => void): void {
  try {
    work();
  } catch (failure) {
    queueMicrotask(() => {
      throw failure;
    });
  }
}
