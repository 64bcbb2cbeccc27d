/** A message as pages read it. */
import type { ContentCodec, ContentTypeId, EncodedContent, Reaction } from '@conclave/content';
import { contentTypeToString } from '@conclave/content';
import {
  type DeliveryStatus,
  dateOf,
  type GroupMessageKind,
  logText,
  type EnrichedReply as SharedReply,
  type DecodedMessage as WireMessage,
} from '@conclave/sdk';
import { undecodedIn } from '../channel/undecoded.js';

/** A reply: its content decoded, and the message that it answers. */
export interface EnrichedReply<T = unknown, U = unknown> {
  referenceId: string;
  content: T;
  contentType: () => Promise<ContentTypeId | undefined>;
  /** Null when it is not stored here. */
  inReplyTo: DecodedMessage<U> | null;
}

/** Codecs of the application, by the exact type. */
export class CodecRegistry {
  readonly #codecs: ReadonlyMap<string, ContentCodec>;

  constructor(codecs: readonly ContentCodec[]) {
    this.#codecs = new Map(codecs.map((codec) => [contentTypeToString(codec.contentType), codec]));
  }

  getCodec<T = unknown>(contentType: ContentTypeId): ContentCodec<T> | undefined {
    return this.#codecs.get(contentTypeToString(contentType)) as ContentCodec<T> | undefined;
  }

  /** The value inside, or undefined with a warning that names the type. */
  decode(encoded: EncodedContent): unknown {
    const { type } = encoded;
    if (type === undefined) return undefined;
    const codec = this.getCodec(type);
    try {
      if (codec !== undefined) return codec.decode(encoded);
      warn(`No codec found for content type "${logText(contentTypeToString(type))}"`);
    } catch (error) {
      warn(`Error decoding custom content: ${logText(error instanceof Error ? error.message : String(error))}`);
    }
    return undefined;
  }
}

/** One message with its content decoded and what belongs to it. */
export class DecodedMessage<ContentTypes = unknown> {
  content: ContentTypes | undefined;
  contentType: ContentTypeId;
  conversationId: string;
  deliveryStatus: DeliveryStatus;
  /** When its author last edited it; absent when nobody did. Not in the original. */
  editedAtNs?: bigint;
  editedAt?: Date;
  expiresAtNs?: bigint;
  expiresAt?: Date;
  fallback?: string;
  id: string;
  kind: GroupMessageKind;
  numReplies: bigint;
  reactions: DecodedMessage<Reaction>[];
  senderInboxId: string;
  sentAt: Date;
  sentAtNs: bigint;

  /** Made by conversations and streams. */
  constructor(codecs: CodecRegistry, message: WireMessage) {
    this.content = readContent(codecs, message) as ContentTypes | undefined;
    this.contentType = message.contentType;
    this.conversationId = message.conversationId;
    this.deliveryStatus = message.deliveryStatus;
    if (message.editedAtNs !== undefined) {
      this.editedAtNs = message.editedAtNs;
      this.editedAt = dateOf(message.editedAtNs);
    }
    if (message.expiresAtNs !== undefined) {
      this.expiresAtNs = message.expiresAtNs;
      this.expiresAt = dateOf(message.expiresAtNs);
    }
    if (message.fallback !== undefined) this.fallback = message.fallback;
    this.id = message.id;
    this.kind = message.kind;
    this.numReplies = BigInt(message.numReplies);
    this.reactions = message.reactions.map((reaction) => new DecodedMessage<Reaction>(codecs, reaction));
    this.senderInboxId = message.senderInboxId;
    this.sentAt = dateOf(message.sentAtNs);
    this.sentAtNs = message.sentAtNs;
  }
}

function readContent(codecs: CodecRegistry, { content, contentType }: WireMessage): unknown {
  const undecoded = undecodedIn(content);
  if (undecoded !== undefined) return codecs.decode(undecoded);
  const isReply = contentType.typeId === 'reply' && contentType.authorityId === 'xmtp.org';
  return isReply && content !== undefined ? readReply(codecs, content as SharedReply) : content;
}

function readReply(codecs: CodecRegistry, reply: SharedReply): EnrichedReply {
  const undecoded = undecodedIn(reply.content);
  return {
    referenceId: reply.referenceId,
    content: undecoded === undefined ? reply.content : codecs.decode(undecoded),
    contentType: async () => reply.contentType,
    inReplyTo: reply.inReplyTo === null ? null : new DecodedMessage(codecs, reply.inReplyTo),
  };
}

function warn(sentence: string): void {
  // biome-ignore lint/suspicious/noConsole: the original's sentences, on its channel
  console.warn(sentence);
}
