/** What a conversation is called wherever its name stands. */
import type { Item } from '../state/conversations.js';
import { nameOf } from '../state/people.js';
import { t } from '../strings/index.js';

/** A direct conversation bears the other person's name; a group its own, or the word for a group without one. */
export function titleOf(item: Item): string {
  if (item.kind === 'dm') return nameOf(item.peerInboxId ?? item.id);
  return item.name || t('groupName');
}
