/**
 * Editing messages (XIP-77): an edit message names an earlier one and brings the content that is shown instead. As with deletions, whether it
 * counts is judged where messages are shown, because an edit may come before its target. Every edit stays stored as it was sent.
 */
import type { Database } from '@conclave/sqlite';
import type { StoredContentType } from '../store/content-types.js';
import { listReferences } from '../store/message-query.js';
import type { StoredMessage } from '../store/messages.js';
import { contentInfo, editedContent } from './content-info.js';

/** Kinds that their author can edit. */
const EDITABLE: ReadonlySet<StoredContentType> = new Set<StoredContentType>([
  'text',
  'markdown',
  'reply',
  'attachment',
  'remote-attachment',
  'multi-remote-attachment',
]);

/** What an edit says, without its place in the database. */
export type EditRequest = Pick<
  StoredMessage,
  'groupId' | 'senderInboxId' | 'referenceId' | 'content' | 'deliveryStatus'
>;

/** Whether the content can stand in place of that of a message: of the same kind, and for a reply the new words alone, too. */
export function fitsKind(message: StoredMessage, edited: Uint8Array): boolean {
  const { contentType } = contentInfo(edited);
  if (contentType === message.contentType) return true;
  return message.contentType === 'reply' && (contentType === 'text' || contentType === 'markdown');
}

/** Whether its author can edit a message of this kind. */
export function isEditable(message: StoredMessage): boolean {
  return message.kind === 'application' && EDITABLE.has(message.contentType);
}

/** Whether the edit counts: by the author of the message, in its conversation, with a content of its kind. */
export function isValidEdit(message: StoredMessage, edit: EditRequest): boolean {
  if (!isEditable(message) || edit.deliveryStatus === 'failed') return false;
  if (message.groupId !== edit.groupId || message.id !== edit.referenceId) return false;
  if (message.senderInboxId !== edit.senderInboxId) return false;
  const edited = editedContent(edit.content);
  return edited !== undefined && fitsKind(message, edited);
}

/** The last edit of each message that counts, in the order of the network. Cost: one query. */
export function currentEdits(
  db: Database,
  messages: readonly StoredMessage[],
  nowNs: bigint,
): Map<string, StoredMessage> {
  const ids = messages.filter(isEditable).map(({ id }) => id);
  return countingEdits(messages, listReferences(db, ids, ['edit-message'], nowNs));
}

/** The same of what `listReferences` gave. */
export function countingEdits(
  messages: readonly StoredMessage[],
  referring: ReadonlyMap<string, readonly StoredMessage[]>,
): Map<string, StoredMessage> {
  const counting = new Map<string, StoredMessage>();
  for (const message of messages) {
    const edit = referring
      .get(message.id)
      ?.findLast((each) => each.contentType === 'edit-message' && isValidEdit(message, each));
    if (edit !== undefined) counting.set(message.id, edit);
  }
  return counting;
}
