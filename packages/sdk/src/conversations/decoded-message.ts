/** A stored message as applications read it. */
import type { StoredMessage } from '@conclave/client';
import type { ContentTypeId, Reaction } from '@conclave/content';
import type { DeliveryStatus, GroupMessageKind } from '../enums.js';
import { deliveryStatusOf, messageKindOf } from '../values.js';

/** What of a message is not in its row as applications read it. */
export type DerivedParts<Content> = Pick<
  DecodedMessage<Content>,
  'content' | 'contentType' | 'editedAtNs' | 'fallback' | 'numReplies' | 'reactions'
>;

/** One message with its content decoded and what belongs to it. */
export class DecodedMessage<Content = unknown> {
  /** Undefined where no codec knows the type, or the content is not what its type says. */
  readonly content: Content | undefined;
  readonly contentType: ContentTypeId;
  /** Group id, lower-case hex. */
  readonly conversationId: string;
  readonly deliveryStatus: DeliveryStatus;
  /** When its author last edited it, nanoseconds; undefined when nobody did. Not in the original. */
  readonly editedAtNs: bigint | undefined;
  readonly editedAt: Date | undefined;
  /** When this device deletes it, nanoseconds. */
  readonly expiresAtNs: bigint | undefined;
  readonly expiresAt: Date | undefined;
  /** Text for readers that do not know the type. */
  readonly fallback: string | undefined;
  /** Lower-case hex. */
  readonly id: string;
  readonly kind: GroupMessageKind;
  readonly numReplies: number;
  /** Reactions and their withdrawals, as they were sent. */
  readonly reactions: DecodedMessage<Reaction>[];
  readonly senderInboxId: string;
  readonly sentAt: Date;
  /** The node's time once published, the sender's clock before. */
  readonly sentAtNs: bigint;

  /** Made by conversations and streams. */
  constructor(message: StoredMessage, derived: DerivedParts<Content>) {
    this.content = derived.content;
    this.contentType = derived.contentType;
    this.conversationId = message.groupId;
    this.deliveryStatus = deliveryStatusOf(message.deliveryStatus);
    this.editedAtNs = derived.editedAtNs;
    this.editedAt = derived.editedAtNs === undefined ? undefined : dateOf(derived.editedAtNs);
    this.expiresAtNs = message.expireAtNs;
    this.expiresAt = message.expireAtNs === undefined ? undefined : dateOf(message.expireAtNs);
    this.fallback = derived.fallback;
    this.id = message.id;
    this.kind = messageKindOf(message.kind);
    this.numReplies = derived.numReplies;
    this.reactions = derived.reactions;
    this.senderInboxId = message.senderInboxId;
    this.sentAt = dateOf(message.sentAtNs);
    this.sentAtNs = message.sentAtNs;
  }
}

/** Milliseconds of a nanosecond time. */
export function dateOf(ns: bigint): Date {
  return new Date(Number(ns / 1_000_000n));
}
