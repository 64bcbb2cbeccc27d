/** All conversations of a client, on the page. */
import type { InviteSlots } from '@conclave/client';
import {
  type AsyncStreamProxy,
  type ConsentState,
  ConversationType,
  type CreateDmOptions,
  type CreateGroupOptions,
  type Identifier,
  type ListConversationsOptions,
  type LocalStreamOptions,
  type SearchMessagesOptions,
  type TypingNotice,
  type DecodedMessage as WireMessage,
} from '@conclave/sdk';
import type { ConversationData } from '../worker/conversation-data.js';
import type { HmacKeys, SafeConversation } from './conversation.js';
import type { DecodedMessage } from './decoded-message.js';
import { Dm } from './dm.js';
import { Group } from './group.js';
import type { PageSession } from './page-session.js';
import { openPageStream, type StreamOptions } from './streams.js';

type ListOptions = Omit<ListConversationsOptions, 'conversationType'>;
type MessageOptions<ContentTypes> = StreamOptions<WireMessage, DecodedMessage<ContentTypes>> & {
  consentStates?: ConsentState[];
};

/** Made by `Client`. */
export class Conversations<ContentTypes = unknown> {
  readonly #session: PageSession;

  constructor(session: PageSession) {
    this.#session = session;
  }

  /** Name under which push servers know the topic of invitations. */
  get topic(): string | undefined {
    const { installationId } = this.#session;
    return installationId && `/xmtp/mls/1/w-${installationId}/proto`;
  }

  /** Looks for new conversations. */
  async sync(): Promise<void> {
    await this.#remote.call('sync');
  }

  /** New conversations, and new messages of all. */
  async syncAll(consentStates?: ConsentState[]): Promise<void> {
    await this.#remote.call('syncAll', consentStates);
  }

  /** Undefined for what is neither a group nor a DM. */
  async getConversationById(id: string): Promise<Group<ContentTypes> | Dm<ContentTypes> | undefined> {
    const data = await this.#remote.call('getConversationById', id);
    return data && this.#of(data);
  }

  async getMessageById(id: string): Promise<DecodedMessage<ContentTypes> | undefined> {
    const message = await this.#remote.call('getMessageById', id);
    return message && this.#session.message(message);
  }

  /**
   * Messages with all these words, newest first: beginnings of words, whatever case or accents. Nothing leaves this device. Not in the
   * original. @throws RemoteError `client/invalid-argument` for more than 512 characters, or a limit above 1,000
   */
  async searchMessages(text: string, options?: SearchMessagesOptions): Promise<DecodedMessage<ContentTypes>[]> {
    const found = await this.#remote.call('searchMessages', text, options);
    return found.map((message) => this.#session.message(message));
  }

  async getDmByInboxId(inboxId: string): Promise<Dm<ContentTypes> | undefined> {
    const data = await this.#remote.call('getDmByInboxId', inboxId);
    return data && this.#dm(data);
  }

  async fetchDmByIdentifier(identifier: Identifier): Promise<Dm<ContentTypes> | undefined> {
    const data = await this.#remote.call('fetchDmByIdentifier', identifier);
    return data && this.#dm(data);
  }

  /** Groups and DMs, each DM once; denied ones are left out unless asked for. */
  async list(options?: ListConversationsOptions): Promise<(Group<ContentTypes> | Dm<ContentTypes>)[]> {
    return (await this.#remote.call('list', options)).map((data) => this.#of(data));
  }

  async listGroups(options?: ListOptions): Promise<Group<ContentTypes>[]> {
    return (await this.#remote.call('listGroups', options)).map((data) => this.#group(data));
  }

  async listDms(options?: ListOptions): Promise<Dm<ContentTypes>[]> {
    return (await this.#remote.call('listDms', options)).map((data) => this.#dm(data));
  }

  /** A group on this device alone; it reaches the network with its first members. */
  async createGroupOptimistic(options?: CreateGroupOptions): Promise<Group<ContentTypes>> {
    return this.#group(await this.#remote.call('createGroupOptimistic', options));
  }

  async createGroup(inboxIds: string[], options?: CreateGroupOptions): Promise<Group<ContentTypes>> {
    return this.#group(await this.#remote.call('createGroup', inboxIds, options));
  }

  async createGroupWithIdentifiers(
    identifiers: Identifier[],
    options?: CreateGroupOptions,
  ): Promise<Group<ContentTypes>> {
    return this.#group(await this.#remote.call('createGroupWithIdentifiers', identifiers, options));
  }

  /**
   * Joins a group by its link (XIP-82). Not in the original.
   * @throws RemoteError `client/invite-invalid` with `details.rule`, or `client/invite-stale`: try again later; what `slots` throws
   */
  async joinByInvite(link: string, slots: Pick<InviteSlots, 'list'>): Promise<Group<ContentTypes>> {
    const blobs = await slots.list(await this.#remote.call('slotOfInvite', link));
    return this.#group(await this.#remote.call('joinByInvite', link, blobs));
  }

  /** Finds the conversation with somebody, or makes it. */
  async createDm(inboxId: string, options?: CreateDmOptions): Promise<Dm<ContentTypes>> {
    return this.#dm(await this.#remote.call('createDm', inboxId, options));
  }

  async createDmWithIdentifier(identifier: Identifier, options?: CreateDmOptions): Promise<Dm<ContentTypes>> {
    return this.#dm(await this.#remote.call('createDmWithIdentifier', identifier, options));
  }

  /** Push keys by conversation id, duplicate DMs included. */
  hmacKeys(): Promise<HmacKeys> {
    return this.#remote.call('hmacKeys');
  }

  /** Conversations as they are joined or created. */
  stream<T extends Group<ContentTypes> | Dm<ContentTypes> = Group<ContentTypes> | Dm<ContentTypes>>(
    options: StreamOptions<SafeConversation, T> & { conversationType?: ConversationType } = {},
  ): Promise<AsyncStreamProxy<T>> {
    const { conversationType, ...rest } = options;
    return openPageStream<ConversationData, T>(
      this.#session.link,
      {
        subject: { of: 'conversations', conversationType },
        sync: () => this.sync(),
        map: (data) => this.#of(data) as T,
        idOf: ({ id }) => id,
      },
      rest,
    );
  }

  streamGroups(
    options?: StreamOptions<SafeConversation, Group<ContentTypes>>,
  ): Promise<AsyncStreamProxy<Group<ContentTypes>>> {
    return this.stream<Group<ContentTypes>>({ ...options, conversationType: ConversationType.Group });
  }

  streamDms(options?: StreamOptions<SafeConversation, Dm<ContentTypes>>): Promise<AsyncStreamProxy<Dm<ContentTypes>>> {
    return this.stream<Dm<ContentTypes>>({ ...options, conversationType: ConversationType.Dm });
  }

  /** Messages of all conversations, also of those that come later; own ones included, from whichever tab. */
  streamAllMessages(
    options: MessageOptions<ContentTypes> & { conversationType?: ConversationType } = {},
  ): Promise<AsyncStreamProxy<DecodedMessage<ContentTypes>>> {
    const { conversationType, consentStates, ...rest } = options;
    return openPageStream<WireMessage, DecodedMessage<ContentTypes>>(
      this.#session.link,
      {
        subject: { of: 'messages', conversationType, consentStates },
        sync: () => this.syncAll(consentStates),
        map: (message) => this.#session.message(message),
        idOf: ({ id }) => id,
      },
      rest,
    );
  }

  streamAllGroupMessages(
    options?: MessageOptions<ContentTypes>,
  ): Promise<AsyncStreamProxy<DecodedMessage<ContentTypes>>> {
    return this.streamAllMessages({ ...options, conversationType: ConversationType.Group });
  }

  streamAllDmMessages(options?: MessageOptions<ContentTypes>): Promise<AsyncStreamProxy<DecodedMessage<ContentTypes>>> {
    return this.streamAllMessages({ ...options, conversationType: ConversationType.Dm });
  }

  /** Messages that are deleted by somebody or expire, as they were. No network, no retries. */
  streamDeletedMessages(
    options?: LocalStreamOptions<DecodedMessage<ContentTypes>>,
  ): Promise<AsyncStreamProxy<DecodedMessage<ContentTypes>>> {
    return this.#deletions((message) => this.#session.message<ContentTypes>(message), options);
  }

  /**
   * Ids of messages that are deleted or expire.
   * @deprecated `streamDeletedMessages` gives the messages.
   */
  streamMessageDeletions(options?: LocalStreamOptions<string>): Promise<AsyncStreamProxy<string>> {
    return this.#deletions(({ id }) => id, options);
  }

  /** Messages that their authors edited, as they are now. No network, no retries. Not in the original. */
  streamMessageEdits(
    options?: LocalStreamOptions<DecodedMessage<ContentTypes>>,
  ): Promise<AsyncStreamProxy<DecodedMessage<ContentTypes>>> {
    return openPageStream<WireMessage, DecodedMessage<ContentTypes>>(
      this.#session.link,
      { subject: { of: 'edits' }, sync: async () => {}, map: (message) => this.#session.message(message) },
      options,
    );
  }

  /** Who is writing, or has stopped, as it comes with the streams of messages or a sync. Not in the original. */
  streamTyping(options?: LocalStreamOptions<TypingNotice>): Promise<AsyncStreamProxy<TypingNotice>> {
    return openPageStream<TypingNotice, TypingNotice>(
      this.#session.link,
      { subject: { of: 'typing' }, sync: async () => {}, map: (notice) => notice },
      options,
    );
  }

  /** Ids of conversations whose name, members, rights or state changed; for changes of rights alone there is no message. When another
   * tab takes over, those that changed last are told again. Not in the original. */
  streamChanges(options?: LocalStreamOptions<string>): Promise<AsyncStreamProxy<string>> {
    return openPageStream<string, string>(
      this.#session.link,
      { subject: { of: 'changes' }, sync: async () => {}, map: (id) => id },
      options,
    );
  }

  #deletions<Out>(
    map: (message: WireMessage) => Out,
    options?: LocalStreamOptions<Out>,
  ): Promise<AsyncStreamProxy<Out>> {
    const { link } = this.#session;
    return openPageStream<WireMessage, Out>(link, { subject: { of: 'deletions' }, sync: async () => {}, map }, options);
  }

  get #remote() {
    return this.#session.conversations;
  }

  #of(data: ConversationData): Group<ContentTypes> | Dm<ContentTypes> {
    return data.metadata.conversationType === ConversationType.Dm ? this.#dm(data) : this.#group(data);
  }

  #group(data: ConversationData): Group<ContentTypes> {
    return new Group<ContentTypes>(this.#session, data.id, data);
  }

  #dm(data: ConversationData): Dm<ContentTypes> {
    return new Dm<ContentTypes>(this.#session, data.id, data);
  }
}
