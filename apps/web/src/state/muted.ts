/** Conversations that the person wants no notification of, kept in this browser and in step between its tabs. */
import { signal } from '@preact/signals';
import { keepValue, readValue } from '../keep/idb.js';

const NAME = 'muted';

/** Their ids. */
export const muted = signal<ReadonlySet<string>>(new Set());
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('conclave-muted');

/** Loads them and follows other tabs. */
export async function loadMuted(): Promise<void> {
  muted.value = (await readValue<ReadonlySet<string>>(NAME)) ?? new Set();
  channel?.addEventListener('message', ({ data }: MessageEvent<ReadonlySet<string>>) => {
    muted.value = data;
  });
}

/** Mutes a conversation, or lets it be heard again. */
export function setMuted(id: string, isMuted: boolean): void {
  const next = new Set(muted.value);
  if (isMuted) next.add(id);
  else next.delete(id);
  muted.value = next;
  channel?.postMessage(next);
  void keepValue(NAME, next);
}
