/** Conversations that the person wants no notification of, kept in this browser and in step between its tabs. */
import { inStep } from './in-step.js';

const kept = inStep<ReadonlySet<string>>('muted', new Set());

/** Their ids. */
export const muted = kept.value;
/** Loads them and follows other tabs. */
export const loadMuted = kept.load;

/** Mutes a conversation, or lets it be heard again. */
export function setMuted(id: string, isMuted: boolean): void {
  const next = new Set(muted.value);
  if (isMuted) next.add(id);
  else next.delete(id);
  void kept.set(next);
}
