/**
 * Deleting messages (XIP-76): a delete message names another one, and readers show that one as deleted when the rule allows it. The
 * rule is applied where messages are shown, because a deletion may come before its target.
 */
import type { Database } from '@conclave/sqlite';
import { getMessageDeletions, type MessageDeletion } from '../store/message-deletions.js';
import type { StoredMessage } from '../store/messages.js';
import { isDeletable } from './content-info.js';

/** Whether the deletion counts: by the sender of the message, or by who was a super admin then, of a message that can be deleted at all. */
export function isValidDeletion(
  message: StoredMessage,
  deletion: Omit<MessageDeletion, 'id' | 'deletedAtNs'>,
): boolean {
  if (message.kind !== 'application' || !isDeletable(message.contentType)) return false;
  if (message.groupId !== deletion.groupId || message.id !== deletion.messageId) return false;
  return deletion.deletedByInboxId === message.senderInboxId || deletion.bySuperAdmin;
}

/** The first deletion of each message that counts. Cost: one query. */
export function validDeletions(db: Database, messages: readonly StoredMessage[]): Map<string, MessageDeletion> {
  const known = getMessageDeletions(
    db,
    messages.map(({ id }) => id),
  );
  const valid = new Map<string, MessageDeletion>();
  for (const message of messages) {
    const deletion = known.get(message.id)?.find((each) => isValidDeletion(message, each));
    if (deletion !== undefined) valid.set(message.id, deletion);
  }
  return valid;
}
