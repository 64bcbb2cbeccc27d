/** A stored message as applications read it. */
import type { ContentTypeId, Reaction } from '@conclave/content';
import type { DeliveryStatus, GroupMessageKind } from '../enums.js';

/** The parts of a message that are read, not derived. */
export type MessageParts<Content> = Pick<
  DecodedMessage<Content>,
  | 'id'
  | 'content'
  | 'contentType'
  | 'conversationId'
  | 'deliveryStatus'
  | 'editedAtNs'
  | 'expiresAtNs'
  | 'fallback'
  | 'kind'
  | 'numReplies'
  | 'reactions'
  | 'senderInboxId'
  | 'sentAtNs'
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
  constructor(parts: MessageParts<Content>) {
    this.content = parts.content;
    this.contentType = parts.contentType;
    this.conversationId = parts.conversationId;
    this.deliveryStatus = parts.deliveryStatus;
    this.editedAtNs = parts.editedAtNs;
    this.editedAt = parts.editedAtNs === undefined ? undefined : dateOf(parts.editedAtNs);
    this.expiresAtNs = parts.expiresAtNs;
    this.expiresAt = parts.expiresAtNs === undefined ? undefined : dateOf(parts.expiresAtNs);
    this.fallback = parts.fallback;
    this.id = parts.id;
    this.kind = parts.kind;
    this.numReplies = parts.numReplies;
    this.reactions = parts.reactions;
    this.senderInboxId = parts.senderInboxId;
    this.sentAt = dateOf(parts.sentAtNs);
    this.sentAtNs = parts.sentAtNs;
  }
}

/** Milliseconds of a nanosecond time. */
export function dateOf(ns: bigint): Date {
  return new Date(Number(ns / 1_000_000n));
}
