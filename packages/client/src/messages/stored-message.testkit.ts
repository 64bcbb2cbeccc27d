/** A stored message, for the rules about deletions and edits. */
import type { StoredMessage } from '../store/messages.js';

/** Who wrote `message()`. */
export const author = 'aa'.repeat(32);
/** Somebody else. */
export const other = 'bb'.repeat(32);

/** A text of the author, changed as given. */
export function message(fields: Partial<StoredMessage> = {}): StoredMessage {
  return {
    position: 1n,
    id: '01'.repeat(32),
    groupId: '02'.repeat(16),
    content: new Uint8Array(0),
    kind: 'application',
    contentType: 'text',
    senderInstallationId: '03'.repeat(32),
    senderInboxId: author,
    deliveryStatus: 'published',
    sentAtNs: 1n,
    insertedAtNs: 1n,
    idempotencyKey: '1',
    ...fields,
  };
}
