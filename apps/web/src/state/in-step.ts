/** Values that are kept in this browser, and in step between its tabs. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { keepValue, readValue } from '../keep/idb.js';

/** Such a value. */
export interface InStep<T> {
  readonly value: ReadonlySignal<T>;
  /** Loads what was kept, and follows other tabs. */
  load(): Promise<void>;
  /** Changes it, here and in the other tabs. Done when it is kept. */
  set(value: T): Promise<void>;
}

/** A value under a name. @param otherwise - where nothing was kept */
export function inStep<T>(name: string, otherwise: T): InStep<T> {
  const value = signal<T>(otherwise);
  const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(`conclave-${name}`);
  return {
    value,
    async load() {
      let isHeard = false;
      // First: what another tab says while it is loaded is newer.
      channel?.addEventListener('message', ({ data }: MessageEvent<T>) => {
        isHeard = true;
        value.value = data;
      });
      const kept = await readValue<T>(name);
      if (kept !== undefined && !isHeard) value.value = kept;
    },
    async set(next) {
      value.value = next;
      channel?.postMessage(next);
      await keepValue(name, next);
    },
  };
}
