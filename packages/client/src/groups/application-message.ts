/** An application message of somebody else: its content read, stored, and acted on where it asks for it. */
import { ConclaveError } from '@conclave/crypto';
import type { ProcessedMessage } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import { followSyncMessage } from '../device-sync/follow.js';
import { ClientError } from '../errors.js';
import { deletedMessageId } from '../messages/content-info.js';
import { isValidDeletion } from '../messages/deletion.js';
import { isValidEdit } from '../messages/edit.js';
import { decodeEnvelope } from '../messages/envelope.js';
import { raiseReadMark, updateConversation } from '../store/conversations.js';
import { insertMessageDeletion } from '../store/message-deletions.js';
import { getMessage, type NewMessage } from '../store/messages.js';
import { insertPendingRemoval } from '../store/pending-removals.js';
import type { EmitEvent } from '../store/transact.js';
import { leafIdentity } from '../validation/leaf-identity.js';
import { rolesOf } from '../validation/roles.js';
import { isSyncGroup } from './conversation-kind.js';
import type { LiveGroup } from './live-groups.js';
import { type Authorship, messageRow, storeReceived } from './store-message.js';

/**
 * Reads what was decrypted.
 * @returns undefined for a kind of envelope that carries nothing for us; an error for a content that can never be read, and for
 *   one whose sender is no longer in the group
 * Cost: constant; for a message of an epoch that is over, the first one reads the tree.
 */
export function openApplicationMessage(
  group: LiveGroup,
  processed: Extract<ProcessedMessage, { kind: 'application' }>,
): Authorship | ConclaveError | undefined {
  try {
    requireMember(group, processed);
    const decoded = decodeEnvelope(processed.data);
    if (decoded.kind === 'ignored') return undefined;
    const { inboxId, installationId } = leafIdentity(processed.sender);
    return { content: decoded.content, key: decoded.idempotencyKey, inboxId, installationId };
  } catch (error) {
    if (error instanceof ConclaveError) return error;
    throw error;
  }
}

/**
 * The keys of an epoch outlive it, so that late messages can be read: also in the hands of one who was removed at its end. The
 * order of the network decides: what stands behind the removal is no word of a member, whenever it was written.
 */
function requireMember(group: LiveGroup, { epoch, sender }: Extract<ProcessedMessage, { kind: 'application' }>): void {
  if (epoch === group.mls.epoch || group.mls.leafIndexOf(sender.signatureKey) !== undefined) return;
  throw new ClientError('client/message-invalid', { groupId: group.id, rule: 'sender-is-member' });
}

/** Where a message stands, and until when. */
export interface Arrival {
  /** The node's time of its envelope. */
  readonly createdAtNs: bigint;
  readonly sequenceId: bigint;
  /** When it disappears from this device (`expiryOf`). */
  readonly expireAtNs: bigint | undefined;
}

/** Stores it and does what it asks for. Runs inside the group's transaction. Cost: constant in the members. */
export function storeApplicationMessage(
  ctx: ClientContext,
  group: LiveGroup,
  authorship: Authorship,
  arrival: Arrival,
  emit: EmitEvent,
): void {
  const row = messageRow(ctx, group.id, authorship, {
    kind: 'application',
    deliveryStatus: 'published',
    sentAtNs: arrival.createdAtNs,
    sequenceId: arrival.sequenceId,
    expireAtNs: arrival.expireAtNs,
    // Its id is made; only what this installation sends is made into an envelope again.
    idempotencyKey: '',
  });
  if (storeReceived(ctx, row, emit)) followContent(ctx, group, row, emit);
}

/** What some contents do beyond being shown. */
export function followContent(ctx: ClientContext, group: LiveGroup, message: NewMessage, emit: EmitEvent): void {
  if (isSyncGroup(ctx, group)) {
    followSyncMessage(ctx, group, message, emit);
    return;
  }
  // Whoever writes, or sends a receipt from any installation, has read what stands before.
  if (message.senderInboxId === ctx.identity.inboxId) raiseReadMark(ctx.db, group.id, message.sentAtNs);
  if (message.contentType === 'leave-request') followLeaveRequest(ctx, group, message, emit);
  if (message.contentType === 'delete-message') followDeleteMessage(ctx, group, message, emit);
  if (message.contentType === 'edit-message') followEditMessage(ctx, message, emit);
}

/** Kept for when it is shown; told now, if the message that it deletes is here and it counts. */
function followDeleteMessage(ctx: ClientContext, group: LiveGroup, message: NewMessage, emit: EmitEvent): void {
  const deleted = deletedMessageId(message.content);
  if (deleted === undefined) return;
  const deletion = {
    id: message.id,
    groupId: group.id,
    messageId: deleted,
    deletedByInboxId: message.senderInboxId,
    bySuperAdmin: rolesOf(group.payloads, message.senderInboxId).isSuperAdmin,
    deletedAtNs: message.sentAtNs,
  };
  insertMessageDeletion(ctx.db, deletion);
  const target = getMessage(ctx.db, deleted);
  if (target !== undefined && isValidDeletion(target, deletion)) emit({ type: 'messages-deleted', messages: [target] });
}

/** The edit lies among the messages; it is told now, if the message that it edits is here and it counts. */
function followEditMessage(ctx: ClientContext, edit: NewMessage, emit: EmitEvent): void {
  const target = edit.referenceId === undefined ? undefined : getMessage(ctx.db, edit.referenceId);
  if (target !== undefined && isValidEdit(target, edit)) emit({ type: 'message-edited', message: target });
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
