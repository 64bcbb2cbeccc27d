/** From decrypted or derived content to a row of the messages table. */
import { fromHex, toHex } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import { contentInfo } from '../messages/content-info.js';
import { messageId } from '../messages/message-id.js';
import { insertMessage, markMessagePublished, type NewMessage } from '../store/messages.js';
import type { EmitEvent } from '../store/transact.js';

/** Whose content, under which key its id is made. */
export interface Authorship {
  /** EncodedContent, in the bytes that were sent. */
  readonly content: Uint8Array;
  /** Idempotency key, or the key of a transcript. */
  readonly key: string;
  readonly inboxId: string;
  readonly installationId: Uint8Array;
}

/** Where the envelope stands in the order of the network. */
export interface Position {
  readonly createdAtNs: bigint;
  readonly sequenceId?: bigint | undefined;
}

/** A row for the content, not stored yet. */
export function messageRow(
  ctx: ClientContext,
  groupId: string,
  authorship: Authorship,
  fields: Pick<NewMessage, 'kind' | 'deliveryStatus' | 'sentAtNs'> & Partial<NewMessage>,
): NewMessage {
  const { content, key, inboxId, installationId } = authorship;
  const info = contentInfo(content);
  return {
    id: toHex(messageId(ctx.crypto, fromHex(groupId), key, content)),
    groupId,
    content,
    contentType: info.contentType,
    referenceId: info.referenceId,
    senderInstallationId: toHex(installationId),
    senderInboxId: inboxId,
    insertedAtNs: ctx.host.nowNs(),
    idempotencyKey: key,
    ...fields,
  };
}

/**
 * Stores what came in the order of the network and tells of it; the same message twice is stored once.
 * @returns false when it was stored before
 */
export function storeReceived(ctx: ClientContext, message: NewMessage, emit: EmitEvent): boolean {
  const stored = insertMessage(ctx.db, message);
  if (stored === undefined) {
    // It came with an archive, without its place in the order.
    const { sentAtNs, sequenceId, expireAtNs } = message;
    if (sequenceId !== undefined) markMessagePublished(ctx.db, message.id, { sentAtNs, sequenceId, expireAtNs });
    return false;
  }
  emit({ type: 'message', message: stored });
  return true;
}

/** Stores the transcript of a commit or of joining. */
export function storeTranscript(
  ctx: ClientContext,
  groupId: string,
  authorship: Authorship,
  position: Position,
  emit: EmitEvent,
): void {
  const row = messageRow(ctx, groupId, authorship, {
    kind: 'membership-change',
    deliveryStatus: 'published',
    sentAtNs: position.createdAtNs,
    sequenceId: position.sequenceId,
  });
  storeReceived(ctx, row, emit);
}
