/** How far each conversation has been read, kept in this browser, sealed, and in step between its tabs. */
import { signal } from '@preact/signals';
import { keepSealedValue, readSealedValue } from '../keep/vault.js';

const NAME = 'read-marks';
/** Held while marks are kept: what another tab has kept meanwhile stays. */
const LOCK = 'conclave-page-read-marks';

/** Time of the newest message read, in nanoseconds, by conversation id. */
export const readMarks = signal<ReadonlyMap<string, bigint>>(new Map());
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('conclave-read-marks');

/** Loads the marks and follows other tabs. */
export async function loadMarks(): Promise<void> {
  // First: what another tab reads from now on is not in what is loaded.
  channel?.addEventListener('message', ({ data }: MessageEvent<readonly [string, bigint]>) => advance(...data));
  await takeKept();
}

async function takeKept(): Promise<void> {
  for (const mark of (await readSealedValue<ReadonlyMap<string, bigint>>(NAME)) ?? []) advance(...mark);
}

function advance(id: string, atNs: bigint): boolean {
  if (atNs <= (readMarks.value.get(id) ?? 0n)) return false;
  readMarks.value = new Map(readMarks.value).set(id, atNs);
  return true;
}

/** Notes that a conversation has been read up to a time. */
export function markRead(id: string, atNs: bigint): void {
  if (!advance(id, atNs)) return;
  channel?.postMessage([id, atNs]);
  if (!isDue) void keepMarks();
}

/** Marks are to be kept, and nobody has begun. */
let isDue = false;

async function keepMarks(): Promise<void> {
  isDue = true;
  try {
    await navigator.locks.request(LOCK, async () => {
      isDue = false;
      await takeKept();
      await keepSealedValue(NAME, readMarks.value);
    });
  } catch {
    // A page that may have no locks may keep nothing.
    isDue = false;
  }
}
