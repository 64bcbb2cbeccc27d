/**
 * From stored messages to what applications read: content decoded; reactions, number of replies and the answered message
 * beside it; edited ones as they are now, deleted ones without what they said. Nothing here throws for a message's sake.
 */
import type {
  Conversations as CoreConversations,
  MessageCompanions,
  MessageDeletion,
  StoredMessage,
} from '@conclave/client';
import { type EncodedContent, type Reaction, type Reply, replyCodec } from '@conclave/content';
import type { ContentDecoder } from '../content/content-decoder.js';
import { DELETED_MESSAGE_TYPE } from '../content/content-types.js';
import type { EnrichedReply } from '../content/enriched-reply.js';
import { DeletedBy } from '../enums.js';
import type { DeletedMessage, Message } from '../types.js';
import { deliveryStatusOf, messageKindOf } from '../values.js';
import { DecodedMessage } from './decoded-message.js';

const UNKNOWN_TYPE = { authorityId: '', typeId: '', versionMajor: 0, versionMinor: 0 } as const;
const NO_COMPANIONS: MessageCompanions = {
  reactions: new Map(),
  replyCounts: new Map(),
  repliedTo: new Map(),
  deletions: new Map(),
  edits: new Map(),
};

/** Reads messages of one client. */
export class MessageReader {
  readonly #conversations: Pick<CoreConversations, 'companions'>;
  readonly #decoder: ContentDecoder;

  constructor(conversations: Pick<CoreConversations, 'companions'>, decoder: ContentDecoder) {
    this.#conversations = conversations;
    this.#decoder = decoder;
  }

  /** A page with everything that belongs to it. Cost: two to four queries, whatever its length. */
  page(messages: readonly StoredMessage[]): DecodedMessage[] {
    if (messages.length === 0) return [];
    const companions = this.#conversations.companions(messages);
    return messages.map((message) => this.#read(message, companions));
  }

  /** One message with everything that belongs to it. */
  one(message: StoredMessage): DecodedMessage {
    return this.#read(message, this.#conversations.companions([message]));
  }

  /** A message by itself, as it was before anybody deleted or edited it. */
  bare(message: StoredMessage): DecodedMessage {
    return this.#read(message, NO_COMPANIONS);
  }

  /** A message with its content still encoded. */
  encoded(message: StoredMessage): Message {
    return {
      id: message.id,
      sentAtNs: message.sentAtNs,
      convoId: message.groupId,
      senderInboxId: message.senderInboxId,
      content: this.#decoder.parse(message.content),
      kind: messageKindOf(message.kind),
      deliveryStatus: deliveryStatusOf(message.deliveryStatus),
      insertedAtNs: message.insertedAtNs,
    };
  }

  #read(message: StoredMessage, companions: MessageCompanions): DecodedMessage {
    const deletion = companions.deletions.get(message.id);
    if (deletion !== undefined) return deletedMessage(message, deletion);
    const original = this.#decoder.parse(message.content);
    const edit = companions.edits.get(message.id);
    const edited = edit && this.#edited(original, edit);
    const encoded = edited ?? original;
    const reactions = companions.reactions.get(message.id) ?? [];
    return new DecodedMessage(message, {
      content: this.#contentOf(message, encoded, companions),
      contentType: encoded.type ?? UNKNOWN_TYPE,
      editedAtNs: edited && edit?.sentAtNs,
      fallback: encoded.fallback,
      numReplies: companions.replyCounts.get(message.id) ?? 0,
      reactions: reactions.map((reaction) => this.bare(reaction) as DecodedMessage<Reaction>),
    });
  }

  #contentOf(message: StoredMessage, encoded: EncodedContent, companions: MessageCompanions): unknown {
    const decoded = this.#decoder.decode(encoded);
    return decoded?.kind === 'reply' ? this.#reply(message, decoded.value, companions) : decoded?.value;
  }

  /**
   * What an edit brings in place of a content; undefined when it cannot be read: then the message stays as it was. A reply goes on
   * answering what it answered, whatever an edit of it says.
   */
  #edited(original: EncodedContent, edit: StoredMessage): EncodedContent | undefined {
    const request = this.#decoder.decode(this.#decoder.parse(edit.content));
    if (request?.kind !== 'editMessage') return undefined;
    const { editedContent } = request.value;
    const current = this.#decoder.decode(editedContent);
    const answer = this.#decoder.decode(original);
    if (current === undefined || answer?.kind !== 'reply') return current && editedContent;
    const content = current.kind === 'reply' ? current.value.content : editedContent;
    return replyCodec.encode({ ...answer.value, content });
  }

  /** A reply inside a reply stays encoded: whoever nests them a thousand deep costs nobody anything. */
  #reply(message: StoredMessage, { reference, content }: Reply, companions: MessageCompanions): EnrichedReply {
    const inner = this.#decoder.decode(content);
    const answered = message.referenceId === undefined ? undefined : companions.repliedTo.get(message.referenceId);
    return {
      referenceId: reference,
      content: inner === undefined || inner.kind === 'reply' ? content : inner.value,
      contentType: content.type,
      inReplyTo: answered === undefined ? null : this.#answered(answered, companions),
    };
  }

  #answered(message: StoredMessage, { deletions, edits }: MessageCompanions): DecodedMessage {
    return this.#read(message, { ...NO_COMPANIONS, deletions, edits });
  }
}

/** What stands in place of a deleted message: who deleted it, and nothing of what it said. */
function deletedMessage(message: StoredMessage, { deletedByInboxId }: MessageDeletion): DecodedMessage<DeletedMessage> {
  const content =
    deletedByInboxId === message.senderInboxId
      ? { deletedBy: DeletedBy.Sender }
      : { deletedBy: DeletedBy.Admin, adminInboxId: deletedByInboxId };
  return new DecodedMessage<DeletedMessage>(message, {
    content,
    contentType: DELETED_MESSAGE_TYPE,
    editedAtNs: undefined,
    fallback: undefined,
    numReplies: 0,
    reactions: [],
  });
}
