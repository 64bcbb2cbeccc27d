/** What groups and direct conversations have in common, on the page. Getters answer from what was read last; `sync` reads again. */
import type {
  Actions,
  Attachment,
  EncodedContent,
  Intent,
  MultiRemoteAttachment,
  Reaction,
  RemoteAttachment,
  Reply,
  TransactionReference,
  WalletSendCalls,
} from '@conclave/content';
import {
  type AsyncStreamProxy,
  type ConsentState,
  type ConversationDebugInfo,
  dateOf,
  type GroupMember,
  type GroupMetadata,
  type HmacKey,
  type ListMessagesOptions,
  type Message,
  type MessageDisappearingSettings,
  MissingContentTypeError,
  type SendMessageOpts,
  type SendOpts,
  type DecodedMessage as WireMessage,
} from '@conclave/sdk';
import { randomId } from '../channel/random-id.js';
import type { ConversationData } from '../worker/conversation-data.js';
import type { DecodedMessage } from './decoded-message.js';
import type { PageSession } from './page-session.js';
import type { Remote, Tables } from './remote.js';
import { openPageStream, type StreamOptions } from './streams.js';

/** Push keys by conversation id. */
export type HmacKeys = Map<string, HmacKey[]>;
/** Nanoseconds by inbox id. */
export type LastReadTimes = Map<string, bigint>;
/** A conversation as values. */
export type SafeConversation = ConversationData;

/** What lists of the original's worker are made of. No call of this package gives one; for code that names the type. */
export interface ConversationListItem {
  conversation: Conversation;
  lastMessage?: Message | undefined;
  isCommitLogForked?: boolean | undefined;
}

/** Base of `Group` and `Dm`. Made by `Conversations`. */
export class Conversation<ContentTypes = unknown> {
  protected readonly session: PageSession;
  protected readonly remote: Remote<Tables['conversation']>;
  readonly #id: string;
  protected data: ConversationData | undefined;

  constructor(session: PageSession, id: string, data?: ConversationData) {
    this.session = session;
    this.remote = session.conversation(id);
    this.#id = id;
    this.data = data;
  }

  /** Group id, lower-case hex. */
  get id(): string {
    return this.#id;
  }

  get addedByInboxId(): string | undefined {
    return this.data?.addedByInboxId;
  }

  get createdAtNs(): bigint | undefined {
    return this.data?.createdAtNs;
  }

  get createdAt(): Date | undefined {
    return this.data && dateOf(this.data.createdAtNs);
  }

  get metadata(): GroupMetadata | undefined {
    return this.data?.metadata;
  }

  /** Name under which push servers know it. */
  get topic(): string {
    return `/xmtp/mls/1/g-${this.#id}/proto`;
  }

  async lastMessage(): Promise<DecodedMessage<ContentTypes> | undefined> {
    const message = await this.remote.call('lastMessage');
    return message && this.session.message(message);
  }

  isActive(): Promise<boolean> {
    return this.remote.call('isActive');
  }

  members(): Promise<GroupMember[]> {
    return this.remote.call('members');
  }

  /** Sends what waits, takes in what came, and reads again what the getters answer from. */
  async sync(): Promise<SafeConversation> {
    this.data = await this.remote.call('sync');
    return this.data;
  }

  /** Sends what was prepared with `optimistic`. */
  publishMessages(): Promise<void> {
    return this.remote.call('publishMessages');
  }

  /** Takes in an envelope that a push notification brought: the bytes of a v3 GroupMessage. */
  processStreamedMessage(envelope: Uint8Array): Promise<Message[]> {
    return this.remote.call('processStreamedMessage', envelope);
  }

  /**
   * Sends encoded content. Devices are woken for it only with `shouldPush`.
   * @returns the message's id, when the node has it; with `optimistic` when it is stored here
   * @throws MissingContentTypeError; with the codes of `@conclave/sdk`'s `Sender`
   */
  async send(content: EncodedContent, options?: SendMessageOpts): Promise<string> {
    if (!content.type) throw new MissingContentTypeError();
    return this.remote.call('send', content, { idempotencyKey: randomId(), ...options });
  }

  sendText(text: string, options?: SendOpts): Promise<string> {
    return this.remote.call('sendText', text, keyed(options));
  }

  sendMarkdown(markdown: string, options?: SendOpts): Promise<string> {
    return this.remote.call('sendMarkdown', markdown, keyed(options));
  }

  sendReaction(reaction: Reaction, options?: SendOpts): Promise<string> {
    return this.remote.call('sendReaction', reaction, keyed(options));
  }

  sendReadReceipt(options?: SendOpts): Promise<string> {
    return this.remote.call('sendReadReceipt', keyed(options));
  }

  /**
   * Tells the others that this inbox is writing, or has stopped; call it as often as something is typed. Not in the original.
   * @returns whether it was sent: at most every three seconds, in conversations that are accepted, of up to 250 members, all of whose clients know it,
   *   with the node in reach
   */
  sendTyping(isTyping = true): Promise<boolean> {
    return this.remote.call('sendTyping', isTyping);
  }

  sendReply(reply: Reply, options?: SendOpts): Promise<string> {
    return this.remote.call('sendReply', reply, keyed(options));
  }

  sendTransactionReference(transaction: TransactionReference, options?: SendOpts): Promise<string> {
    return this.remote.call('sendTransactionReference', transaction, keyed(options));
  }

  sendWalletSendCalls(calls: WalletSendCalls, options?: SendOpts): Promise<string> {
    return this.remote.call('sendWalletSendCalls', calls, keyed(options));
  }

  sendActions(actions: Actions, options?: SendOpts): Promise<string> {
    return this.remote.call('sendActions', actions, keyed(options));
  }

  sendIntent(intent: Intent, options?: SendOpts): Promise<string> {
    return this.remote.call('sendIntent', intent, keyed(options));
  }

  sendAttachment(attachment: Attachment, options?: SendOpts): Promise<string> {
    return this.remote.call('sendAttachment', attachment, keyed(options));
  }

  sendMultiRemoteAttachment(attachments: MultiRemoteAttachment, options?: SendOpts): Promise<string> {
    return this.remote.call('sendMultiRemoteAttachment', attachments, keyed(options));
  }

  sendRemoteAttachment(attachment: RemoteAttachment, options?: SendOpts): Promise<string> {
    return this.remote.call('sendRemoteAttachment', attachment, keyed(options));
  }

  /** Asks everybody to show a message as deleted. Not in the original. */
  deleteMessage(messageId: string, options?: SendOpts): Promise<string> {
    return this.remote.call('deleteMessage', messageId, keyed(options));
  }

  /**
   * Asks everybody to show an own message with another content, of the type that it has; for a reply the new words alone are enough. Not in
   * the original.
   * @throws RemoteError `client/message-not-found`, `client/permission-denied`, `client/invalid-argument` for a content of another type
   */
  editMessage(messageId: string, content: EncodedContent, options?: SendOpts): Promise<string> {
    return this.remote.call('editMessage', messageId, content, keyed(options));
  }

  /** Messages as an application lists them: reactions, read receipts, deletions and edits are not shown by themselves. */
  async messages(options?: ListMessagesOptions): Promise<DecodedMessage<ContentTypes>[]> {
    const messages = await this.remote.call('messages', options);
    return messages.map((message) => this.session.message(message));
  }

  /** Counts what `messages` does not show, too. */
  async countMessages(options?: Omit<ListMessagesOptions, 'limit' | 'direction'>): Promise<bigint> {
    return BigInt(await this.remote.call('countMessages', options));
  }

  consentState(): Promise<ConsentState> {
    return this.remote.call('consentState');
  }

  updateConsentState(state: ConsentState): Promise<void> {
    return this.remote.call('updateConsentState', state);
  }

  messageDisappearingSettings(): Promise<MessageDisappearingSettings | undefined> {
    return this.remote.call('messageDisappearingSettings');
  }

  /** Both in nanoseconds. */
  updateMessageDisappearingSettings(fromNs: bigint, inNs: bigint): Promise<void> {
    return this.remote.call('updateMessageDisappearingSettings', fromNs, inNs);
  }

  removeMessageDisappearingSettings(): Promise<void> {
    return this.remote.call('removeMessageDisappearingSettings');
  }

  isMessageDisappearingEnabled(): Promise<boolean> {
    return this.remote.call('isMessageDisappearingEnabled');
  }

  /** Messages of this conversation as they come, own ones included. */
  stream(
    options?: StreamOptions<WireMessage, DecodedMessage<ContentTypes>>,
  ): Promise<AsyncStreamProxy<DecodedMessage<ContentTypes>>> {
    return openPageStream<WireMessage, DecodedMessage<ContentTypes>>(
      this.session.link,
      {
        subject: { of: 'messages', conversationId: this.#id },
        sync: () => this.sync(),
        map: (message) => this.session.message(message),
        idOf: ({ id }) => id,
      },
      options,
    );
  }

  /** The version that the conversation demands, when it is newer than ours. */
  pausedForVersion(): Promise<string | undefined> {
    return this.remote.call('pausedForVersion');
  }

  hmacKeys(): Promise<HmacKeys> {
    return this.remote.call('hmacKeys');
  }

  debugInfo(): Promise<ConversationDebugInfo> {
    return this.remote.call('debugInfo');
  }

  /** Newest read receipt of each inbox. */
  lastReadTimes(): Promise<LastReadTimes> {
    return this.remote.call('lastReadTimes');
  }
}

/** Each message has a key by which it is stored once, however often the call is made. */
function keyed(options: SendOpts | undefined): Exclude<SendOpts, boolean> {
  const given = typeof options === 'boolean' ? { optimistic: options } : options;
  return { idempotencyKey: randomId(), ...given };
}

/** The values of a conversation. */
export async function toSafeConversation(conversation: Conversation): Promise<SafeConversation> {
  return conversation.sync();
}
