/** What groups and direct conversations have in common. */
import { type Conversation as CoreConversation, HIDDEN_CONTENT_TYPES, type StoredContentType } from '@conclave/client';
import { type EncodedContent, encodeContent, textCodec } from '@conclave/content';
import {
  type ConsentState,
  ContentType,
  type DeliveryStatus,
  type GroupMessageKind,
  MessageSortBy,
  SortDirection,
} from '../enums.js';
import { MissingContentTypeError } from '../errors.js';
import type { Session } from '../session.js';
import type { AsyncStreamProxy } from '../streams/async-stream.js';
import { openStream, type StreamOptions } from '../streams/stream.js';
import type {
  GroupMember,
  GroupMetadata,
  HmacKey,
  ListMessagesOptions,
  MessageDisappearingSettings,
  SendMessageOpts,
  SendOpts,
} from '../types.js';
import { consentStateOf, consentText, levelOf, toIdentifier } from '../values.js';
import { type DecodedMessage, dateOf } from './decoded-message.js';

const STATUS = ['unpublished', 'published', 'failed'] as const satisfies readonly string[] & {
  [Key in DeliveryStatus]: string;
};
const KINDS = ['application', 'membership-change'] as const satisfies readonly string[] & {
  [Key in GroupMessageKind]: string;
};
const STORED_TYPE: Readonly<Record<ContentType, StoredContentType>> = {
  [ContentType.Actions]: 'actions',
  [ContentType.Attachment]: 'attachment',
  [ContentType.Custom]: 'custom',
  [ContentType.GroupMembershipChange]: 'membership-change',
  [ContentType.GroupUpdated]: 'group-updated',
  [ContentType.Intent]: 'intent',
  [ContentType.LeaveRequest]: 'leave-request',
  [ContentType.Markdown]: 'markdown',
  [ContentType.MultiRemoteAttachment]: 'multi-remote-attachment',
  [ContentType.Reaction]: 'reaction',
  [ContentType.ReadReceipt]: 'read-receipt',
  [ContentType.RemoteAttachment]: 'remote-attachment',
  [ContentType.Reply]: 'reply',
  [ContentType.Text]: 'text',
  [ContentType.TransactionReference]: 'transaction-reference',
  [ContentType.WalletSendCalls]: 'wallet-send-calls',
};

/** Base of `Group` and `Dm`. Getters read the local database; promises may use the network. */
export class Conversation {
  protected readonly session: Session;
  protected readonly core: CoreConversation;

  /** Made by `Conversations`. */
  constructor(session: Session, core: CoreConversation) {
    this.session = session;
    this.core = core;
  }

  /** Group id, lower-case hex. */
  get id(): string {
    return this.core.id;
  }

  get isActive(): boolean {
    return this.core.isActive;
  }

  get addedByInboxId(): string {
    return this.core.row.addedByInboxId;
  }

  get createdAtNs(): bigint {
    return this.core.row.createdAtNs;
  }

  get createdAt(): Date {
    return dateOf(this.createdAtNs);
  }

  /** Name under which push servers know it. */
  get topic(): string {
    return `/xmtp/mls/1/g-${this.id}/proto`;
  }

  /** The version that the conversation demands, when it is newer than ours. */
  pausedForVersion(): string | undefined {
    return this.core.row.pausedForVersion;
  }

  async metadata(): Promise<GroupMetadata> {
    const { creatorInboxId, conversationType } = this.core.immutableMetadata();
    return { creatorInboxId, conversationType };
  }

  async members(): Promise<GroupMember[]> {
    return this.core.members().map((member) => ({
      inboxId: member.inboxId,
      accountIdentifiers: member.identifiers.map(toIdentifier),
      installationIds: [...member.installationIds],
      permissionLevel: levelOf(member.permissionLevel),
      consentState: consentStateOf(member.consentState),
    }));
  }

  /** Sends what waits and takes in what came. */
  async sync(): Promise<void> {
    await this.core.sync();
  }

  /** Sends what was prepared with `optimistic`. */
  publishMessages(): Promise<void> {
    return this.core.publish();
  }

  /** Messages of this conversation as they come, own ones included. */
  stream(options?: StreamOptions<DecodedMessage>): Promise<AsyncStreamProxy<DecodedMessage>> {
    const { client, decoder } = this.session;
    return openStream(
      {
        sync: () => this.core.sync(),
        open: (opened) => client.conversations.streamMessages({ conversationIds: [this.id] }, opened),
        map: (message) => decoder.message(message),
      },
      options,
    );
  }

  /** Takes in an envelope that a push notification brought: the bytes of a v3 GroupMessage. */
  async processStreamedMessage(envelope: Uint8Array): Promise<DecodedMessage[]> {
    const messages = await this.core.processStreamed(envelope);
    return messages.map((message) => this.session.decoder.message(message));
  }

  /**
   * Sends encoded content. @returns the message id
   * @throws MissingContentTypeError, ClientError
   */
  async send(content: EncodedContent, options: SendMessageOpts = {}): Promise<string> {
    if (content.type === undefined) throw new MissingContentTypeError();
    const bytes = encodeContent(content);
    const { optimistic = false, ...rest } = options;
    return optimistic ? this.core.prepare(bytes, rest) : await this.core.send(bytes, rest);
  }

  /** Sends a text. @returns the message id */
  sendText(text: string, options?: SendOpts): Promise<string> {
    return this.send(textCodec.encode(text), sendOptions(options, textCodec.shouldPush(text)));
  }

  /** Messages as an application lists them: reactions, read receipts and deletions are not shown by themselves. */
  async messages(options: ListMessagesOptions = {}): Promise<DecodedMessage[]> {
    const query = this.#query(options);
    const excludeContentTypes = [...new Set([...(query.excludeContentTypes ?? []), ...HIDDEN_CONTENT_TYPES])];
    return this.core
      .messages({ ...query, excludeContentTypes })
      .map((message) => this.session.decoder.message(message));
  }

  async countMessages(options: ListMessagesOptions = {}): Promise<number> {
    return this.core.countMessages(this.#query(options));
  }

  async lastMessage(): Promise<DecodedMessage | undefined> {
    const [message] = await this.messages({ limit: 1, direction: SortDirection.Descending });
    return message;
  }

  consentState(): ConsentState {
    return consentStateOf(this.core.consentState());
  }

  updateConsentState(state: ConsentState): void {
    this.core.setConsentState(consentText(state));
  }

  messageDisappearingSettings(): MessageDisappearingSettings | undefined {
    const { disappearFromNs, disappearInNs } = this.core.row;
    return disappearFromNs === undefined || disappearInNs === undefined
      ? undefined
      : { fromNs: disappearFromNs, inNs: disappearInNs };
  }

  isMessageDisappearingEnabled(): boolean {
    const settings = this.messageDisappearingSettings();
    return settings !== undefined && settings.fromNs > 0n && settings.inNs > 0n;
  }

  updateMessageDisappearingSettings(fromNs: bigint, inNs: bigint): Promise<void> {
    return this.core.updateDisappearing({ fromNs, inNs });
  }

  removeMessageDisappearingSettings(): Promise<void> {
    return this.core.updateDisappearing({ fromNs: 0n, inNs: 0n });
  }

  /** Push keys of this conversation and the other groups of the same DM, by conversation id. */
  hmacKeys(): Record<string, HmacKey[]> {
    const all = [this.core, ...this.core.duplicates()];
    return Object.fromEntries(all.map((each) => [each.id, each.hmacKeys().map((key) => ({ ...key }))]));
  }

  /** Newest read receipt of each inbox; the time as a number, as in the original, and so rounded. */
  async lastReadTimes(): Promise<Record<string, number>> {
    return Object.fromEntries([...this.core.lastReadTimes()].map(([inboxId, ns]) => [inboxId, Number(ns)]));
  }

  async debugInfo(): Promise<ReturnType<CoreConversation['debugInfo']>> {
    return this.core.debugInfo();
  }

  #query(options: ListMessagesOptions): NonNullable<Parameters<CoreConversation['messages']>[0]> {
    const { deliveryStatus, direction, sortBy, contentTypes, excludeContentTypes, kind, ...bounds } = options;
    return {
      ...bounds,
      ...(deliveryStatus === undefined ? {} : { deliveryStatus: STATUS[deliveryStatus] }),
      direction: direction === SortDirection.Descending ? 'descending' : 'ascending',
      sortBy: sortBy === MessageSortBy.InsertedAt ? 'inserted-at' : 'sent-at',
      ...(contentTypes === undefined ? {} : { contentTypes: contentTypes.map((type) => STORED_TYPE[type]) }),
      ...(excludeContentTypes === undefined
        ? {}
        : { excludeContentTypes: excludeContentTypes.map((type) => STORED_TYPE[type]) }),
      ...(kind === undefined ? {} : { kind: KINDS[kind] }),
    };
  }
}

/** Both shapes of the last argument of `sendX`. */
export function sendOptions(options: SendOpts | undefined, shouldPush: boolean): SendMessageOpts {
  if (typeof options === 'boolean') return { shouldPush, optimistic: options };
  return { shouldPush, ...options };
}
