/** Sending into a conversation: what `Group` and `Dm` have in common for that. */
import type { Conversation as CoreConversation } from '@conclave/client';
import {
  type Actions,
  type Attachment,
  actionsCodec,
  attachmentCodec,
  type ContentCodec,
  decodeContent,
  deleteMessageCodec,
  type EncodedContent,
  editMessageCodec,
  encodeContent,
  type Intent,
  intentCodec,
  type MultiRemoteAttachment,
  markdownCodec,
  multiRemoteAttachmentCodec,
  type Reaction,
  type RemoteAttachment,
  type Reply,
  reactionCodec,
  readReceiptCodec,
  remoteAttachmentCodec,
  replyCodec,
  type TransactionReference,
  textCodec,
  transactionReferenceCodec,
  typingCodec,
  type WalletSendCalls,
  walletSendCallsCodec,
} from '@conclave/content';
import { MissingContentTypeError } from '../errors.js';
import type { SendMessageOpts, SendOpts } from '../options.js';
import type { Session } from '../session.js';

/**
 * Every `send…` resolves with the message's id once the node has the message; with `optimistic` as soon as it is stored
 * here, and `publishMessages` sends it. When the node cannot be reached the call rejects with
 * `client/network-unreachable` and the message stays stored as unpublished: it goes out with the next sync, by itself when
 * the node is back.
 */
export class Sender {
  protected readonly session: Session;
  protected readonly core: CoreConversation;

  constructor(session: Session, core: CoreConversation) {
    this.session = session;
    this.core = core;
  }

  /** Sends what was prepared with `optimistic`. */
  publishMessages(): Promise<void> {
    return this.core.publish();
  }

  /**
   * Sends encoded content. Devices are woken for it only with `shouldPush`.
   * @throws MissingContentTypeError; ClientError `client/group-inactive`, `client/group-paused`, `client/message-too-large`, `client/network-unreachable` and other network errors
   */
  async send(content: EncodedContent, options: SendMessageOpts = {}): Promise<string> {
    if (!content.type) throw new MissingContentTypeError();
    const bytes = encodeContent(content);
    const { optimistic, shouldPush, idempotencyKey } = options;
    const parts = {
      shouldPush: shouldPush ?? false,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    };
    return optimistic ? this.core.prepare(bytes, parts) : await this.core.send(bytes, parts);
  }

  sendText(text: string, options?: SendOpts): Promise<string> {
    return this.#send(textCodec, text, options);
  }

  sendMarkdown(markdown: string, options?: SendOpts): Promise<string> {
    return this.#send(markdownCodec, markdown, options);
  }

  sendReaction(reaction: Reaction, options?: SendOpts): Promise<string> {
    return this.#send(reactionCodec, reaction, options);
  }

  /** Tells the others that this inbox has read so far. */
  sendReadReceipt(options?: SendOpts): Promise<string> {
    return this.#send(readReceiptCodec, {}, options);
  }

  /**
   * Tells the others that this inbox is writing, or has stopped; call it as often as something is typed. Not in the original: it is a content of
   * our own, which no list and no stream of messages shows and nobody stores, sent only where every member's client knows it.
   * @returns whether it was sent: at most every three seconds, in conversations that are accepted, of up to 250 members, with the node in reach
   */
  sendTyping(isTyping = true): Promise<boolean> {
    return this.core.sendTyping(encodeContent(typingCodec.encode({ isTyping })));
  }

  /** The content is of any type: what an `encode…` function gave. */
  sendReply(reply: Reply, options?: SendOpts): Promise<string> {
    return this.#send(replyCodec, reply, options);
  }

  sendAttachment(attachment: Attachment, options?: SendOpts): Promise<string> {
    return this.#send(attachmentCodec, attachment, options);
  }

  /** Where a file lies that `encryptAttachment` encrypted. */
  sendRemoteAttachment(attachment: RemoteAttachment, options?: SendOpts): Promise<string> {
    return this.#send(remoteAttachmentCodec, attachment, options);
  }

  sendMultiRemoteAttachment(attachments: MultiRemoteAttachment, options?: SendOpts): Promise<string> {
    return this.#send(multiRemoteAttachmentCodec, attachments, options);
  }

  sendTransactionReference(transaction: TransactionReference, options?: SendOpts): Promise<string> {
    return this.#send(transactionReferenceCodec, transaction, options);
  }

  sendWalletSendCalls(calls: WalletSendCalls, options?: SendOpts): Promise<string> {
    return this.#send(walletSendCallsCodec, calls, options);
  }

  sendActions(actions: Actions, options?: SendOpts): Promise<string> {
    return this.#send(actionsCodec, actions, options);
  }

  sendIntent(intent: Intent, options?: SendOpts): Promise<string> {
    return this.#send(intentCodec, intent, options);
  }

  /**
   * Asks everybody to show a message as deleted: an own one, or with a super admin's right any. Not in the original.
   * @returns the id of the request, which is a message itself
   * @throws ClientError `client/message-not-found`, `client/permission-denied`; as `send`
   */
  async deleteMessage(messageId: string, options?: SendOpts): Promise<string> {
    this.core.checkDeletion(messageId);
    return this.#send(deleteMessageCodec, { messageId }, options);
  }

  /**
   * Asks everybody to show an own message with another content: what an `encode…` function gave, of the type that the message has. For a
   * reply the new words alone are enough. Not in the original: clients that do not know edits go on showing what was sent.
   * @returns the id of the request, which is a message itself
   * @throws ClientError `client/message-not-found`, `client/permission-denied`, `client/invalid-argument` for a content of another type; as `send`
   */
  async editMessage(messageId: string, content: EncodedContent, options?: SendOpts): Promise<string> {
    const message = this.core.checkEdit(messageId, encodeContent(content));
    const isReply = message.contentType === 'reply' && content.type?.typeId !== replyCodec.contentType.typeId;
    const editedContent = isReply
      ? replyCodec.encode({ ...replyCodec.decode(decodeContent(message.content)), content })
      : content;
    return this.#send(editMessageCodec, { messageId, editedContent }, options);
  }

  async #send<T>(codec: ContentCodec<T>, value: T, options: SendOpts | undefined): Promise<string> {
    const shared = typeof options === 'boolean' ? { optimistic: options } : options;
    return this.send(codec.encode(value), { shouldPush: codec.shouldPush(value), ...shared });
  }
}
