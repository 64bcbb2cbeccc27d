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

/** What went wrong is told in longer sentences. */
const SHOWN_MS = { plain: 6000, bad: 20_000 } as const;
let nextId = 1;

/** Shows a notice for a few seconds. @returns takes it away */
export function tell(text: string, tone: Notice['tone'] = 'plain', action?: Notice['action']): () => void {
  const id = nextId++;
  notices.value = [...notices.value.slice(-2), { id, text, tone, action }];
  const end = () => dismiss(id);
  setTimeout(end, SHOWN_MS[tone]);
  return end;
}

/** Takes a notice away. */
export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** A fault whose message is a sentence of the page's own, to be shown as it is. */
export class PageFault extends TypeError {}

/** A signature that its account did not make, as far as can be seen: mostly a contract wallet, on a network where it is not or that the node does not ask. */
const WRONG_NETWORK =
  /^(client\/contract-wallet-unverifiable|identity\/(invalid-signature|unknown-signer|chain-.+|contract-wallet-unverified|wrong-chain))$/;

/** A module that the node did not give: Chromium, Firefox, WebKit. */
const MISSING_PART = /dynamically imported module|module script failed/i;

/** Whether there was no room to keep something, here or for a stream that wanted to. */
export function isFull(error: unknown): boolean {
  const { name, code, details } = error as { name?: string; code?: unknown; details?: { reason?: unknown } };
  return name === 'QuotaExceededError' || code === 'sqlite/full' || details?.reason === 'sqlite/full';
}

/** A fault as a sentence that a person can act on. */
export function sentenceOf(error: unknown): string {
  if (error instanceof PageFault) return error.message;
  const { code, message } = error as { code?: unknown; message?: string };
  if (isFull(error)) return t('storageFull');
  if (code === 'client/network-unreachable') return t('nodeGone');
  // A part of the page that is loaded when it is needed: browsers have no name for it but their own sentences.
  if (error instanceof TypeError && MISSING_PART.test(message ?? '')) return t('pageIncomplete');
  if (code === 'browser/worker-blocked') return t('pageIncomplete');
  if (code === 'browser/unknown-call') return t('tabsDiffer');
  if (code === 'browser/key-unavailable') return t('keyUnavailable');
  if (code === 'browser/key-lost' || code === 'sqlite/wrong-key') return t('keyLost');
  if (typeof code === 'string' && WRONG_NETWORK.test(code)) return t('walletNetwork');
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
