/** What was begun in each conversation, for as long as the page is open. */
import { signal } from '@preact/signals';

/** Texts by conversation id; none is empty. */
export const drafts = signal<ReadonlyMap<string, string>>(new Map());

/** Keeps what was written so far. */
export function keepDraft(id: string, text: string): void {
  if ((drafts.value.get(id) ?? '') === text) return;
  const next = new Map(drafts.value);
  if (text === '') next.delete(id);
  else next.set(id, text);
  drafts.value = next;
}
