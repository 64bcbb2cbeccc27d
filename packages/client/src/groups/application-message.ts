/** An application message of somebody else: opened, stored, and acted on where its content asks for it. */
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { deletedMessageId } from '../messages/content-info.js';
import { decodeEnvelope } from '../messages/envelope.js';
import { updateConversation } from '../store/conversations.js';
import { insertMessageDeletion } from '../store/message-deletions.js';
import type { NewMessage } from '../store/messages.js';
import { insertPendingRemoval } from '../store/pending-removals.js';
import type { EmitEvent } from '../store/transact.js';
import { leafIdentity } from '../validation/leaf-identity.js';
import { rolesOf } from '../validation/roles.js';
import { expiryOf } from './disappearing.js';
import type { LiveGroup } from './live-groups.js';
import type { GroupEnvelope } from './receive.js';
import { messageRow, storeReceived } from './store-message.js';

/**
 * Decrypts and stores. Runs inside the group's transaction.
 * @throws MlsError or ClientError `client/message-invalid` for what can never be read
 * Cost: constant in the members.
 */
export function receiveApplicationMessage(
  ctx: ClientContext,
  group: LiveGroup,
  envelope: GroupEnvelope,
  emit: EmitEvent,
): void {
  const processed = group.mls.process(envelope.data);
  // A proposal by reference is kept by the engine until its commit; it is no message.
  if (processed.kind === 'proposal') return;
  if (processed.kind !== 'application') throw new ClientError('client/message-invalid', { kind: processed.kind });
  const decoded = decodeEnvelope(processed.data);
  if (decoded.kind === 'ignored') return;
  const { inboxId, installationId } = leafIdentity(processed.sender);
  const authorship = { content: decoded.content, key: decoded.idempotencyKey, inboxId, installationId };
  const row = messageRow(ctx, group.id, authorship, {
    kind: 'application',
    deliveryStatus: 'published',
    sentAtNs: envelope.createdAtNs,
    sequenceId: envelope.sequenceId,
    expireAtNs: expiryOf(ctx, group.id),
    shouldPush: false,
  });
  storeReceived(ctx, row, emit);
  followContent(ctx, group, row);
}

/** What some contents do beyond being shown. */
export function followContent(ctx: ClientContext, group: LiveGroup, message: NewMessage): void {
  if (message.contentType === 'leave-request') {
    insertPendingRemoval(ctx.db, { groupId: group.id, inboxId: message.senderInboxId, messageId: message.id });
    // Our own other installation asked: this one is on its way out too.
    const leaving = message.senderInboxId === ctx.identity.inboxId;
    updateConversation(ctx.db, group.id, {
      pendingLeave: true,
      ...(leaving ? { membershipState: 'pending-remove' as const } : {}),
    });
  }
  if (message.contentType === 'delete-message') {
    const deleted = deletedMessageId(message.content);
    if (deleted === undefined) return;
    insertMessageDeletion(ctx.db, {
      id: message.id,
      groupId: group.id,
      messageId: deleted,
      deletedByInboxId: message.senderInboxId,
      bySuperAdmin: rolesOf(group.payloads, message.senderInboxId).isSuperAdmin,
      deletedAtNs: message.sentAtNs,
    });
  }
}
