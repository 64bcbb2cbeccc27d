/** An application message of somebody else: its content read, stored, and acted on where it asks for it. */
import { ConclaveError } from '@conclave/crypto';
import type { ProcessedMessage } from '@conclave/mls';
import type { ClientContext } from '../context.js';
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
import type { GroupEnvelope } from './envelope.js';
import type { LiveGroup } from './live-groups.js';
import { type Authorship, messageRow, storeReceived } from './store-message.js';

/**
 * Reads what was decrypted.
 * @returns undefined for a kind of envelope that carries nothing for us; an error for a content that can never be read
 */
export function openApplicationMessage(
  processed: Extract<ProcessedMessage, { kind: 'application' }>,
): Authorship | ConclaveError | undefined {
  try {
    const decoded = decodeEnvelope(processed.data);
    if (decoded.kind === 'ignored') return undefined;
    const { inboxId, installationId } = leafIdentity(processed.sender);
    return { content: decoded.content, key: decoded.idempotencyKey, inboxId, installationId };
  } catch (error) {
    if (error instanceof ConclaveError) return error;
    throw error;
  }
}

/** Stores it and does what it asks for. Runs inside the group's transaction. Cost: constant in the members. */
export function storeApplicationMessage(
  ctx: ClientContext,
  group: LiveGroup,
  authorship: Authorship,
  envelope: GroupEnvelope,
  emit: EmitEvent,
): void {
  const row = messageRow(ctx, group.id, authorship, {
    kind: 'application',
    deliveryStatus: 'published',
    sentAtNs: envelope.createdAtNs,
    sequenceId: envelope.sequenceId,
    expireAtNs: expiryOf(ctx, group.id),
    shouldPush: false,
  });
  if (storeReceived(ctx, row, emit)) followContent(ctx, group, row, emit);
}

/** What some contents do beyond being shown. */
export function followContent(ctx: ClientContext, group: LiveGroup, message: NewMessage, emit: EmitEvent): void {
  if (message.contentType === 'leave-request') followLeaveRequest(ctx, group, message, emit);
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

function followLeaveRequest(ctx: ClientContext, group: LiveGroup, message: NewMessage, emit: EmitEvent): void {
  const { senderInboxId: inboxId } = message;
  // Late words of somebody who has left already: nobody is to be removed for them.
  if (!group.payloads.membership.members.has(inboxId)) return;
  insertPendingRemoval(ctx.db, { groupId: group.id, inboxId, messageId: message.id });
  // Our own other installation asked: this one is on its way out too.
  const leaving = inboxId === ctx.identity.inboxId;
  updateConversation(ctx.db, group.id, {
    pendingLeave: true,
    ...(leaving ? { membershipState: 'pending-remove' as const } : {}),
  });
  emit({ type: 'conversation-changed', groupId: group.id });
}
