/** What a part of the page reads from the client while it is shown. */
import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useLayoutEffect, useMemo } from 'preact/hooks';
import { attempt } from '../state/notices.js';
import { newestOf } from '../state/readings.js';

/** A value that is read, and how to read it again. */
export interface Reading<T> {
  /** Undefined until it is read. */
  readonly value: ReadonlySignal<T | undefined>;
  /** Done when it is read; a fault becomes a notice. */
  readonly again: () => Promise<void>;
}

/** Reads something, and again for each change of `of`. What was asked for last counts, whichever answer comes last. */
export function useReading<T>(read: () => Promise<T>, of: readonly unknown[]): Reading<T> {
  const value = useSignal<T | undefined>(undefined);
  const take = useMemo(
    () =>
      newestOf<T>((newest) => {
        value.value = newest;
      }),
    [],
  );
  const again = async () => {
    await attempt(() => take(read));
  };
  useLayoutEffect(() => void again(), of);
  return { value, again };
}
