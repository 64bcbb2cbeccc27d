/** A stored message as applications read it. */
import type { StoredMessage } from '@conclave/client';
import type { ContentTypeId, EncodedContent } from '@conclave/content';
import type { ContentDecoder } from '../content/content-decoder.js';
import { DeliveryStatus, GroupMessageKind } from '../enums.js';

const STATUS: Readonly<Record<StoredMessage['deliveryStatus'], DeliveryStatus>> = {
  unpublished: DeliveryStatus.Unpublished,
  published: DeliveryStatus.Published,
  failed: DeliveryStatus.Failed,
};

/** One message with its content decoded; `content` is undefined where no codec knows the type. */
export class DecodedMessage<Content = unknown> {
  readonly id: string;
  readonly content: Content | undefined;
  readonly contentType: ContentTypeId;
  readonly conversationId: string;
  readonly deliveryStatus: DeliveryStatus;
  readonly expiresAtNs: bigint | undefined;
  readonly expiresAt: Date | undefined;
  readonly fallback: string | undefined;
  readonly kind: GroupMessageKind;
  readonly senderInboxId: string;
  readonly sentAt: Date;
  readonly sentAtNs: bigint;

  constructor(message: StoredMessage, decoder: ContentDecoder) {
    const encoded: EncodedContent = decoder.parse(message.content);
    this.id = message.id;
    this.content = decoder.decode(encoded) as Content | undefined;
    this.contentType = encoded.type ?? UNKNOWN_TYPE;
    this.conversationId = message.groupId;
    this.deliveryStatus = STATUS[message.deliveryStatus];
    this.expiresAtNs = message.expireAtNs;
    this.expiresAt = message.expireAtNs === undefined ? undefined : dateOf(message.expireAtNs);
    this.fallback = encoded.fallback;
    this.kind = message.kind === 'application' ? GroupMessageKind.Application : GroupMessageKind.MembershipChange;
    this.senderInboxId = message.senderInboxId;
    this.sentAtNs = message.sentAtNs;
    this.sentAt = dateOf(message.sentAtNs);
  }
}

const UNKNOWN_TYPE: ContentTypeId = { authorityId: '', typeId: '', versionMajor: 0, versionMinor: 0 };

/** Milliseconds of a nanosecond time. */
export function dateOf(ns: bigint): Date {
  return new Date(Number(ns / 1_000_000n));
}
