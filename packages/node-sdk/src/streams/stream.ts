/**
 * From a stream of the core to a stream of the SDK: values mapped, failures retried, an end that is an end.
 *
 * The core's stream resumes from its stored cursor, so a reopened stream continues where the last one stopped. One budget of
 * retries holds for the whole life of a stream; at most one retry is under way.
 */
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
  /** Milliseconds between retries, default 60,000. */
  retryDelay?: number;
  /** First retries after 1, 2, 4 … seconds, at most `retryDelay`. Default false, as the original waits. */
  retryBackoff?: boolean;
  /** Default true. */
  retryOnFail?: boolean;
  /** Skips the sync before the stream opens. Default false. */
  disableSync?: boolean;
}

/** What makes one stream. */
export interface StreamSource<In, Out> {
  /** Brings the database up to date; skipped with `disableSync`. */
  sync(): Promise<unknown>;
  /** Opens the core's stream; calls `onOpen` when the node has accepted it. */
  open(options: { signal: AbortSignal; onOpen: () => void; onError: (error: Error) => void }): AsyncIterable<In>;
  /** Undefined drops the value. */
  map(value: In): Out | undefined;
  /** Resolves after `ms`, or at once when the signal aborts. */
  delay(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * Opens a stream; resolves when the first attempt is open or has failed. Never rejects for a failing network: `onError` tells.
 * @throws StreamInvalidRetryAttemptsError when `retryAttempts` is negative
 */
export async function openStream<In, Out>(
  source: StreamSource<In, Out>,
  options: StreamOptions<Out> = {},
): Promise<AsyncStreamProxy<Out>> {
  const { retryAttempts = 10, retryDelay = 60_000, retryOnFail = true } = options;
  if (retryOnFail && retryAttempts < 0) throw new StreamInvalidRetryAttemptsError();
  const stream = new AsyncStream<Out>();
  const abort = new AbortController();
  stream.onDone = () => {
    abort.abort();
    options.onEnd?.();
  };
  const run = new StreamRun(source, options, stream, abort.signal);
  const firstAttempt = run.attempt();
  void firstAttempt.finished.then(async (error) => {
    let failure = error;
    for (let tried = 0; failure !== undefined && !stream.isDone; ) {
      options.onError?.(failure);
      options.onFail?.();
      if (!retryOnFail || tried >= retryAttempts) {
        await stream.end();
        options.onError?.(new StreamFailedError(tried));
        return;
      }
      const wait = options.retryBackoff === true ? Math.min(retryDelay, 1000 * 2 ** tried) : retryDelay;
      await source.delay(wait, abort.signal);
      if (stream.isDone) return;
      tried += 1;
      options.onRetry?.(tried, retryAttempts);
      const next = run.attempt();
      if (await next.opened) options.onRestart?.();
      failure = await next.finished;
    }
    if (!stream.isDone) await stream.end();
  });
  await firstAttempt.opened;
  return asyncStreamProxy(stream);
}

/** The attempts of one stream. */
class StreamRun<In, Out> {
  readonly #source: StreamSource<In, Out>;
  readonly #options: StreamOptions<Out>;
  readonly #stream: AsyncStream<Out>;
  readonly #signal: AbortSignal;

  constructor(
    source: StreamSource<In, Out>,
    options: StreamOptions<Out>,
    stream: AsyncStream<Out>,
    signal: AbortSignal,
  ) {
    this.#source = source;
    this.#options = options;
    this.#stream = stream;
    this.#signal = signal;
  }

  /** `opened`: true when open, false when it failed before. `finished`: the failure, or undefined after an end. */
  attempt(): { opened: Promise<boolean>; finished: Promise<Error | undefined> } {
    let settle: (open: boolean) => void = () => {};
    const opened = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    const finished = this.#read(() => settle(true)).finally(() => settle(false));
    return { opened, finished };
  }

  async #read(onOpen: () => void): Promise<Error | undefined> {
    const onError = (error: Error): void => this.#options.onError?.(error);
    try {
      if (this.#options.disableSync !== true) await this.#source.sync();
      if (this.#stream.isDone) return undefined;
      for await (const value of this.#source.open({ signal: this.#signal, onOpen, onError })) {
        if (this.#stream.isDone) return undefined;
        this.#deliver(value);
      }
      return undefined;
    } catch (error) {
      if (this.#stream.isDone) return undefined;
      return error instanceof Error ? error : new StreamFailedError(0);
    }
  }

  /** A value that cannot be mapped, or a callback that throws, must not end the stream. */
  #deliver(value: In): void {
    try {
      const mapped = this.#source.map(value);
      if (mapped === undefined) return;
      this.#stream.push(mapped);
      this.#options.onValue?.(mapped);
    } catch (error) {
      this.#options.onError?.(error instanceof Error ? error : new StreamFailedError(0));
    }
  }
}
