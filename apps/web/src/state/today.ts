/** The day that it is, for words like "yesterday" on a page that stays open. */
import { signal } from '@preact/signals';

const LOOK_MS = 30_000;

const dayOf = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);

/** The beginning of today in the local calendar, milliseconds since 1970; what shows days reads it, and is drawn again at midnight. */
export const today = signal(dayOf(Date.now()));

setInterval(() => {
  today.value = dayOf(Date.now());
}, LOOK_MS);
