/** Messages and names to describe, without a client. */
import { type DecodedMessage, DeliveryStatus, GroupMessageKind, type GroupUpdated } from '@conclave/node-sdk';
import type { Names } from '../names.js';

/** `me` is you, others are known by their id in capitals. */
export const NAMES: Names = {
  of: async (inboxId) => (inboxId === 'me' ? 'you' : inboxId.toUpperCase()),
  addressOf: async () => undefined,
};

/** A text of bob's, sent now, with what the test changes about it. */
export function messageOf(changes: Partial<DecodedMessage> = {}): DecodedMessage {
  const sentAt = new Date();
  return {
    id: 'aa',
    content: 'hi',
    contentType: { authorityId: 'xmtp.org', typeId: 'text', versionMajor: 1, versionMinor: 0 },
    conversationId: 'cc',
    deliveryStatus: DeliveryStatus.Published,
    expiresAtNs: undefined,
    expiresAt: undefined,
    fallback: undefined,
    kind: GroupMessageKind.Application,
    senderInboxId: 'bob',
    sentAt,
    sentAtNs: BigInt(sentAt.getTime()) * 1_000_000n,
    ...changes,
  } as DecodedMessage;
}

/** A message of another content type. */
export function typed(typeId: string, changes: Partial<DecodedMessage> = {}): DecodedMessage {
  return messageOf({
    contentType: { authorityId: 'xmtp.org', typeId, versionMajor: 1, versionMinor: 0 },
    content: undefined,
    ...changes,
  });
}

/** What a commit by bob changed. */
export function updateOf(changes: Partial<GroupUpdated>): GroupUpdated {
  return {
    initiatedByInboxId: 'bob',
    addedInboxes: [],
    removedInboxes: [],
    leftInboxes: [],
    metadataFieldChanges: [],
    addedAdminInboxes: [],
    removedAdminInboxes: [],
    addedSuperAdminInboxes: [],
    removedSuperAdminInboxes: [],
    ...changes,
  };
}
