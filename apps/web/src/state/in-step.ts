/** Values that are kept in this browser, sealed, and in step between its tabs. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { keepSealedValue, readSealedValue } from '../keep/vault.js';

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
  let keeping: Promise<unknown> = Promise.resolve();
  return {
    value,
    async load() {
      let isHeard = false;
      // First: what another tab says while it is loaded is newer.
      channel?.addEventListener('message', ({ data }: MessageEvent<T>) => {
        isHeard = true;
        value.value = data;
      });
      const kept = await readSealedValue<T>(name);
      if (kept !== undefined && !isHeard) value.value = kept;
    },
    async set(next) {
      value.value = next;
      channel?.postMessage(next);
      // One after the other, so that the newest stays.
      keeping = keeping.then(() => keepSealedValue(name, next));
      await keeping;
    },
  };
}
