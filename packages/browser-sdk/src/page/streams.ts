/** Streams of the page: the SDK's retries and callbacks over what the worker sends. */

import type { ClientError, StreamState } from '@conclave/client';
import {
  AsyncStream,
  type AsyncStreamProxy,
  type LocalStreamOptions,
  openStream,
  SdkError,
  type StreamOptions as SharedOptions,
} from '@conclave/sdk';
import type { StreamEvent, StreamSubject } from '../channel/messages.js';
import { RemoteError } from '../channel/wire-error.js';
import type { CoreLink } from './core-link.js';

/** Default of `retryAttempts` in browsers. */
export const DEFAULT_RETRY_ATTEMPTS = 6;
/** Default of `retryDelay` in browsers, milliseconds. */
export const DEFAULT_RETRY_DELAY = 10_000;
/** Ids of values told last, by which what another worker tells again is dropped. */
const REMEMBERED = 2048;

/** Options of every `stream…` method; `T` is what the worker sends, `V` what callbacks get. */
export type StreamOptions<_T = unknown, V = _T> = SharedOptions<V>;

/** What makes a stream of the page. */
export interface PageStream<In, Out> {
  readonly subject: StreamSubject;
  sync(): Promise<unknown>;
  map(value: In): Out | undefined;
  /** By which a value is known again. */
  idOf?(value: In): string;
}

/** Opens a stream. As `openStream` of @conclave/sdk, with the numbers of the browser. */
export function openPageStream<In, Out>(
  link: CoreLink,
  { subject, sync, map, idOf }: PageStream<In, Out>,
  options: SharedOptions<Out> | LocalStreamOptions<Out> | undefined,
): Promise<AsyncStreamProxy<Out>> {
  return openStream<In, Out>(
    { sync, map, open: ({ signal, onState }) => valuesOf<In>(link, subject, signal, onState, idOf) },
    { retryAttempts: DEFAULT_RETRY_ATTEMPTS, retryDelay: DEFAULT_RETRY_DELAY, ...options },
  );
}

function valuesOf<In>(
  link: CoreLink,
  subject: StreamSubject,
  signal: AbortSignal,
  onState: (state: StreamState) => void,
  idOf: ((value: In) => string) | undefined,
): AsyncIterable<In> {
  const values = new AsyncStream<In>();
  const seen = new Set<string>();
  let failure: Error | undefined;
  const isNew = (value: In): boolean => {
    const id = idOf?.(value);
    if (id === undefined) return true;
    if (seen.has(id)) return false;
    seen.add(id);
    if (seen.size > REMEMBERED) seen.delete(seen.values().next().value as string);
    return true;
  };
  const close = link.stream(subject, (event: StreamEvent) => {
    switch (event.type) {
      case 'value':
        if (event.value !== undefined && isNew(event.value as In)) values.push(event.value as In);
        break;
      case 'open':
        onState({ kind: 'open' });
        break;
      case 'lost':
        onState({ kind: 'lost', error: errorOf(event) as ClientError });
        break;
      default:
        failure = event.error && errorOf(event);
        void values.end();
    }
  });
  signal.addEventListener('abort', () => void values.end(), { once: true });
  values.onDone = close;
  return (async function* () {
    yield* values;
    if (failure !== undefined && !signal.aborted) throw failure;
  })();
}

function errorOf({ error }: { readonly error?: ConstructorParameters<typeof RemoteError>[0] }): Error {
  return error === undefined ? new SdkError('sdk/stream-failed') : new RemoteError(error);
}
