/** Short notices at the foot of the page, and how faults become sentences. */
import { signal } from '@preact/signals';
import { t } from '../strings/index.js';

/** A notice. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly tone: 'plain' | 'bad';
  /** What can be done about it. */
  readonly action?: { readonly label: string; readonly act: () => void } | undefined;
}

/** Those that are shown. */
export const notices = signal<readonly Notice[]>([]);

const SHOWN_MS = 6000;
let nextId = 1;

/** Shows a notice for a few seconds. */
export function tell(text: string, tone: Notice['tone'] = 'plain', action?: Notice['action']): void {
  const id = nextId++;
  notices.value = [...notices.value.slice(-2), { id, text, tone, action }];
  setTimeout(() => dismiss(id), SHOWN_MS);
}

/** Takes a notice away. */
export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** A fault whose message is a sentence of the page's own, to be shown as it is. */
export class PageFault extends TypeError {}

/** A fault as a sentence that a person can act on. */
export function sentenceOf(error: unknown): string {
  if (error instanceof PageFault) return error.message;
  const { name, code, message } = error as { name?: string; code?: unknown; message?: string };
  if (name === 'QuotaExceededError' || code === 'sqlite/full') return t('storageFull');
  // EIP-1193: the person said no.
  if (code === 4001 || code === 'ACTION_REJECTED') return t('walletRefused');
  return t('somethingWrong', { reason: message ?? String(error) });
}

/** Runs what a person asked for; a fault becomes a notice. @returns undefined when it failed */
export async function attempt<T>(work: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    tell(sentenceOf(error), 'bad');
    return undefined;
  }
}
