/**
 * What was begun in each conversation. It is kept over a reload, sealed under a name that does not tell the conversation
 * (`keep/vault.ts`), a moment after it was written. Who is meant stands in it by address, as in what is sent.
 */
import { signal } from '@preact/signals';
import { forgetSealed, keepSealed, readSealed, renameSealed } from '../keep/vault.js';
import { isLeaving } from './session.js';

/** Texts by conversation id; none is empty. */
export const drafts = signal<ReadonlyMap<string, string>>(new Map());

const KIND = 'begun';
/** What names began with when they told the conversation. */
const NAMED_PREFIX = 'draft/';
/** After the last letter, milliseconds. */
const REST_MS = 300;

/** Ids whose text is to be kept, or forgotten, next. */
let due = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;
let keeping: Promise<void> = Promise.resolve();

/** Loads what was begun before the page was. */
export async function loadDrafts(): Promise<void> {
  await renameSealed(NAMED_PREFIX, KIND);
  drafts.value = new Map([...(await readSealed(KIND)), ...drafts.value]);
  // Whoever leaves the page leaves it within the rest.
  addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') keepDue();
  });
}

/** Keeps what was written so far. */
export function keepDraft(id: string, text: string): void {
  if ((drafts.value.get(id) ?? '') === text) return;
  const next = new Map(drafts.value);
  if (text === '') next.delete(id);
  else next.set(id, text);
  drafts.value = next;
  due.add(id);
  clearTimeout(timer);
  timer = setTimeout(keepDue, REST_MS);
}

/** One after the other, so that the newest stays. */
function keepDue(): void {
  clearTimeout(timer);
  const ids = due;
  due = new Set();
  keeping = keeping.then(async () => {
    for (const id of ids) await keep(id);
  });
}

async function keep(id: string): Promise<void> {
  // Nothing is written behind somebody who signs out.
  if (isLeaving.value) return;
  const text = drafts.value.get(id);
  if (text === undefined) await forgetSealed(KIND, id);
  else await keepSealed(KIND, id, text);
}
