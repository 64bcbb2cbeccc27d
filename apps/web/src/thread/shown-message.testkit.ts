/** Messages as they are shown, for tests. */
import type { ShownMessage } from './present.js';

/** A message of text that says its id, unless `more` says otherwise. @param atMs - ms since 1970 */
export function shownMessage(id: string, atMs: number, more: Partial<ShownMessage> = {}): ShownMessage {
  return {
    id,
    sender: 'x',
    sentAtMs: atMs,
    sentAtNs: BigInt(atMs) * 1_000_000n,
    reactions: [],
    status: 'sent',
    isEdited: false,
    body: { kind: 'text', text: id },
    ...more,
  };
}
