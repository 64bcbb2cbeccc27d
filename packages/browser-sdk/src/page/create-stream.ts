/** `createStream`: a stream of values that a function of the application brings, with the SDK's retries and callbacks. */
import type { ClientError } from '@conclave/client';
import { AsyncStream, type AsyncStreamProxy, openStream, SdkError, type StreamSource } from '@conclave/sdk';
import { DEFAULT_RETRY_ATTEMPTS, DEFAULT_RETRY_DELAY, type StreamOptions } from './streams.js';

/** Gets each value, or an error. */
export type StreamCallback<T = unknown> = (error: Error | null, value: T | undefined) => void;
/** Starts bringing values; `onFail` says that no more will come. @returns stops it */
export type StreamFunction<T = unknown> = (callback: StreamCallback<T>, onFail: () => void) => Promise<() => void>;
/** Makes of a value what the stream gives. */
export type StreamValueMutator<T = unknown, V = T> = (value: T) => V | Promise<V>;

/** Opens it. After `onFail` the function is called again, as `retryAttempts` and `retryDelay` say. */
export function createStream<T = unknown, V = T>(
  streamFunction: StreamFunction<T>,
  streamValueMutator?: StreamValueMutator<T, V | undefined>,
  options: StreamOptions<T, V> = {},
): Promise<AsyncStreamProxy<V>> {
  const { retryAttempts = DEFAULT_RETRY_ATTEMPTS, retryDelay = DEFAULT_RETRY_DELAY } = options;
  const open: StreamSource<V | undefined, V>['open'] = ({ signal, onState }) => {
    const values = new AsyncStream<V | undefined>();
    let stop: () => void = () => {};
    const report = (error: unknown): void => {
      options.onError?.(error instanceof Error ? error : new SdkError('sdk/stream-failed', {}, error));
    };
    const lose = (error: unknown): void => {
      if (values.isDone) return;
      stop();
      onState({ kind: 'lost', error: error as ClientError });
      if (!values.isDone) setTimeout(start, retryDelay);
    };
    const receive = async (error: Error | null, value: T | undefined): Promise<void> => {
      if (error !== null) return report(error);
      if (value === undefined) return;
      try {
        values.push(streamValueMutator === undefined ? (value as unknown as V) : await streamValueMutator(value));
      } catch (failure) {
        report(failure);
      }
    };
    const start = (): void => {
      if (values.isDone) return;
      streamFunction(
        (error, value) => void receive(error, value),
        () => lose(new SdkError('sdk/stream-failed')),
      ).then((closer) => {
        stop = closer;
        if (values.isDone) closer();
        else onState({ kind: 'open' });
      }, lose);
    };
    values.onDone = () => stop();
    signal.addEventListener('abort', () => void values.end(), { once: true });
    start();
    return values;
  };
  return openStream(
    { sync: async () => {}, open, map: (value) => value },
    { ...options, retryAttempts, retryDelay, disableSync: true },
  );
}
