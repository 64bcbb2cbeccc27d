/** The original's `createStream` over our streams: a function that opens a native stream becomes a source. */
import { AsyncStream } from '../../../packages/sdk/src/streams/async-stream.ts';
import { openStream } from '../../../packages/sdk/src/streams/stream.ts';

/** Opens a stream over a function of the original's shape. */
export function createStream(streamFunction, mutate = (value) => value, options = {}) {
  const source = {
    sync: async () => {},
    open({ signal, onState }) {
      const values = new AsyncStream();
      const lost = (error) => onState({ kind: 'lost', error });
      streamFunction(
        (error, value) => {
          if (error) options.onError?.(error);
          else if (value !== undefined) values.push(value);
        },
        () => lost(new Error('The stream function failed.')),
      )
        .then(async (closer) => {
          signal.addEventListener('abort', () => closer.end());
          await closer.waitForReady();
          onState({ kind: 'open' });
        })
        .catch(lost);
      signal.addEventListener('abort', () => void values.end());
      return values;
    },
    map: mutate,
  };
  return openStream(source, options);
}
