/** All conversations of a client. */
import {
  type Conversation as CoreConversation,
  type Conversations as CoreConversations,
  type CreateGroupOptions as CoreCreateGroupOptions,
  customPolicies,
  type InviteSlots,
  presetPolicies,
} from '@conclave/client';
import { type ConsentState, ConversationType, GroupPermissionsOptions, ListConversationsOrderBy } from '../enums.js';
import { SdkError } from '../errors.js';
import type {
  CreateDmOptions,
  CreateGroupOptions,
  InviteOptions,
  ListConversationsOptions,
  SearchMessagesOptions,
} from '../options.js';
import { inOriginalWords } from '../original-text.js';
import { type Session, toCoreIdentifier } from '../session.js';
import type { AsyncStreamProxy } from '../streams/async-stream.js';
import { changeSource, deletionSource, editSource, messageSource, typingSource } from '../streams/sources.js';
import {
  type LocalStreamOptions,
  openLocalStream,
  openStream,
  type StreamOptions,
  type StreamSource,
} from '../streams/stream.js';
import type { GroupSyncSummary, HmacKey, Identifier, PermissionPolicySet, TypingNotice } from '../types.js';
import { basePolicyOf, consentText, kindOf } from '../values.js';
import type { DecodedMessage } from './decoded-message.js';
import { Dm } from './dm.js';
import { Group } from './group.js';
import { conversationSource, wrapConversation } from './wrap-conversation.js';

/** Options of the message streams. */
export type StreamAllMessagesOptions = StreamOptions<DecodedMessage> & {
  conversationType?: ConversationType;
  consentStates?: ConsentState[];
};

/** A line of a list of conversations. */
export interface ConversationEntry {
  readonly conversation: Group | Dm;
  readonly lastMessage: DecodedMessage | undefined;
  /** What others wrote since this inbox last wrote, sent a read receipt, or called `markRead`; counted up to 1,000. */
  readonly unreadCount: number;
  /** Time of the last message that is shown, else of the creation. */
  readonly lastActivityNs: bigint;
}

type ConversationQuery = Parameters<CoreConversations['list']>[0];

/** Made by `Client`. */
export class Conversations {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Name under which push servers know the topic of invitations. */
  get topic(): string {
    return `/xmtp/mls/1/w-${this.#session.client.installationId}/proto`;
  }

  /**
   * Undefined for what is neither a group nor a DM. For a DM that has several MLS groups, whichever of them is named, the one that is
   * in use: its id may be another.
   */
  async getConversationById(id: string): Promise<Group | Dm | undefined> {
    if (!/^([0-9a-f]{2})+$/.test(id)) return undefined;
    const core = this.#session.client.conversations.get(id);
    if (core?.row.kind !== 'dm') return core === undefined ? undefined : wrapConversation(this.#session, core);
    return this.getDmByInboxId(core.peerInboxId ?? '') ?? wrapConversation(this.#session, core);
  }

  getDmByInboxId(inboxId: string): Dm | undefined {
    const core = this.#session.client.conversations.dmByInboxId(inboxId);
    return core === undefined ? undefined : new Dm(this.#session, core);
  }

  async fetchDmByIdentifier(identifier: Identifier): Promise<Dm | undefined> {
    const inboxId = await this.#session.client.identity.inboxIdOf(toCoreIdentifier(identifier));
    return inboxId === undefined ? undefined : this.getDmByInboxId(inboxId);
  }

  getMessageById(id: string): DecodedMessage | undefined {
    if (!/^[0-9a-f]{64}$/.test(id)) return undefined;
    const message = this.#session.client.conversations.message(id);
    return message === undefined ? undefined : this.#session.reader.one(message);
  }

  /**
   * Ids of stored messages that begin like this, in ascending order, so that a person need not write a whole one. Not in the original.
   * @param beginning - 1 to 64 lower-case hex digits
   * @throws ClientError `client/invalid-argument` for anything else
   */
  getMessageIds(beginning: string, limit = 10): string[] {
    return this.#session.client.conversations.messageIds(beginning, limit);
  }

  async createGroup(inboxIds: string[], options: CreateGroupOptions & InviteOptions = {}): Promise<Group> {
    const { onProgress } = options;
    const core = await inOriginalWords(
      this.#session.client.conversations.createGroup(inboxIds, { ...groupOptions(options), onProgress }),
    );
    return new Group(this.#session, core);
  }

  async createGroupWithIdentifiers(
    identifiers: Identifier[],
    options: CreateGroupOptions & InviteOptions = {},
  ): Promise<Group> {
    return this.createGroup(await this.#session.inboxIdsOf(identifiers), options);
  }

  /**
   * Joins a group by its link (XIP-82). Not in the original.
   * @throws ClientError `client/invite-invalid` with `details.rule`, or `client/invite-stale`: try again later
   */
  async joinByInvite(link: string, slots: InviteSlots): Promise<Group> {
    return new Group(
      this.#session,
      await inOriginalWords(this.#session.client.conversations.joinByInvite(link, slots)),
    );
  }

  /** A group on this device alone; it reaches the network with its first members. */
  createGroupOptimistic(options: CreateGroupOptions = {}): Group {
    return new Group(this.#session, this.#session.client.conversations.createGroupOptimistic(groupOptions(options)));
  }

  /** Finds the conversation with somebody, or makes it. */
  async createDm(inboxId: string, options: CreateDmOptions = {}): Promise<Dm> {
    const disappearing = options.messageDisappearingSettings;
    const core = await inOriginalWords(
      this.#session.client.conversations.createDm(inboxId, disappearing === undefined ? {} : { disappearing }),
    );
    return new Dm(this.#session, core);
  }

  async createDmWithIdentifier(identifier: Identifier, options: CreateDmOptions = {}): Promise<Dm> {
    const [inboxId] = await this.#session.inboxIdsOf([identifier]);
    return this.createDm(inboxId as string, options);
  }

  /** Groups and DMs, each DM once; denied ones are left out unless asked for. */
  async list(options: ListConversationsOptions = {}): Promise<(Group | Dm)[]> {
    return this.#list(options).flatMap((core) => wrapConversation(this.#session, core) ?? []);
  }

  /**
   * As `list`, with the last message and the number of unread ones of each: what a list on a screen shows, in one call. Not in the original.
   * Latest activity first unless said otherwise.
   */
  async listEntries(options: ListConversationsOptions = {}): Promise<ConversationEntry[]> {
    const { client, reader } = this.#session;
    const entries = client.conversations.entries(
      conversationQuery({ orderBy: ListConversationsOrderBy.LastActivity, ...options }),
    );
    const shown = reader.page(entries.flatMap(({ lastMessage }) => lastMessage ?? []));
    const byId = new Map(shown.map((message) => [message.id, message]));
    return entries.flatMap(({ conversation, lastMessage, unreadCount, lastActivityNs }) => {
      const wrapped = wrapConversation(this.#session, conversation);
      if (wrapped === undefined) return [];
      const message = lastMessage && byId.get(lastMessage.id);
      return [{ conversation: wrapped, lastMessage: message, unreadCount, lastActivityNs }];
    });
  }

  /**
   * Messages with all these words, newest first: beginnings of words, whatever case or accents. Everything is searched on this device; what is
   * indexed lies in the database, encrypted as it is. Not in the original.
   * @throws ClientError `client/invalid-argument` for more than 512 characters, or a limit above 1,000
   */
  async searchMessages(text: string, options: SearchMessagesOptions = {}): Promise<DecodedMessage[]> {
    const { client, reader } = this.#session;
    return reader.page(client.conversations.search({ ...options, text }));
  }

  listGroups(options: Omit<ListConversationsOptions, 'conversationType'> = {}): Group[] {
    const found = this.#list({ ...options, conversationType: ConversationType.Group });
    return found.map((core) => new Group(this.#session, core));
  }

  listDms(options: Omit<ListConversationsOptions, 'conversationType'> = {}): Dm[] {
    const found = this.#list({ ...options, conversationType: ConversationType.Dm });
    return found.map((core) => new Dm(this.#session, core));
  }

  /** Looks for new conversations. */
  async sync(): Promise<void> {
    await this.#session.client.conversations.sync();
  }

  /** New conversations, and new messages of all. */
  async syncAll(consentStates?: ConsentState[]): Promise<GroupSyncSummary> {
    const { eligible, synced } = await this.#session.client.conversations.syncAll(consentStates?.map(consentText));
    return { numEligible: eligible, numSynced: synced };
  }

  stream(options?: StreamOptions<Group | Dm>): Promise<AsyncStreamProxy<Group | Dm>> {
    return openStream(conversationSource(this.#session), options);
  }

  streamGroups(options?: StreamOptions<Group>): Promise<AsyncStreamProxy<Group>> {
    return openStream(conversationSource(this.#session, ConversationType.Group) as StreamSource<never, Group>, options);
  }

  streamDms(options?: StreamOptions<Dm>): Promise<AsyncStreamProxy<Dm>> {
    return openStream(conversationSource(this.#session, ConversationType.Dm) as StreamSource<never, Dm>, options);
  }

  /** Messages of all conversations, also of those that come later; own ones included. */
  streamAllMessages(options: StreamAllMessagesOptions = {}): Promise<AsyncStreamProxy<DecodedMessage>> {
    const { conversationType, consentStates, ...rest } = options;
    return openStream(messageSource(this.#session, { conversationType, consentStates }), rest);
  }

  streamAllGroupMessages(
    options: Omit<StreamAllMessagesOptions, 'conversationType'> = {},
  ): Promise<AsyncStreamProxy<DecodedMessage>> {
    return this.streamAllMessages({ ...options, conversationType: ConversationType.Group });
  }

  streamAllDmMessages(
    options: Omit<StreamAllMessagesOptions, 'conversationType'> = {},
  ): Promise<AsyncStreamProxy<DecodedMessage>> {
    return this.streamAllMessages({ ...options, conversationType: ConversationType.Dm });
  }

  /** Messages that are deleted by somebody or expire, as they were. From this device alone: no network, no retries. */
  streamDeletedMessages(options?: LocalStreamOptions<DecodedMessage>): Promise<AsyncStreamProxy<DecodedMessage>> {
    return openLocalStream(deletionSource(this.#session), options);
  }

  /**
   * Ids of messages that are deleted or expire.
   * @deprecated `streamDeletedMessages` gives the messages.
   */
  streamMessageDeletions(options?: LocalStreamOptions<string>): Promise<AsyncStreamProxy<string>> {
    const source = deletionSource(this.#session);
    return openLocalStream({ ...source, map: ({ id }) => id }, options);
  }

  /** Messages that their authors edited, as they are now. From this device alone: no network, no retries. Not in the original. */
  streamMessageEdits(options?: LocalStreamOptions<DecodedMessage>): Promise<AsyncStreamProxy<DecodedMessage>> {
    return openLocalStream(editSource(this.#session), options);
  }

  /**
   * Who is writing, or has stopped, as it comes with the streams of messages or a sync. Own ones are not told, nor is anybody more often than a few
   * times a second. Not in the original.
   */
  streamTyping(options?: LocalStreamOptions<TypingNotice>): Promise<AsyncStreamProxy<TypingNotice>> {
    return openLocalStream(typingSource(this.#session), options);
  }

  /**
   * Ids of conversations whose name, members, rights or state changed, as it comes with the streams of messages or a sync; for changes of
   * rights alone there is no message. From this device alone. Not in the original.
   */
  streamChanges(options?: LocalStreamOptions<string>): Promise<AsyncStreamProxy<string>> {
    return openLocalStream(changeSource(this.#session), options);
  }

  /** Push keys by conversation id, duplicate DMs included; not of the groups by which a person's installations tell each other things. */
  hmacKeys(): Record<string, HmacKey[]> {
    const { conversations } = this.#session.client;
    const all = conversations.subscribableIds().flatMap((id) => conversations.get(id) ?? []);
    const shown = all.filter(({ row }) => row.kind === 'group' || row.kind === 'dm');
    return Object.fromEntries(shown.map((each) => [each.id, each.hmacKeys().map((key) => ({ ...key }))]));
  }

  #list(options: ListConversationsOptions): CoreConversation[] {
    return this.#session.client.conversations.list(conversationQuery(options));
  }
}

/** The core's query of the SDK's options. */
function conversationQuery(options: ListConversationsOptions): ConversationQuery {
  const { consentStates, conversationType, orderBy, ...rest } = options;
  const kind = conversationType === undefined ? undefined : kindOf(conversationType);
  return {
    ...rest,
    ...(consentStates === undefined ? {} : { consentStates: consentStates.map(consentText) }),
    ...(kind === undefined ? {} : { kinds: [kind] }),
    orderBy: orderBy === ListConversationsOrderBy.LastActivity ? 'last-activity' : 'created-at',
  };
}

function groupOptions(options: CreateGroupOptions): CoreCreateGroupOptions {
  const { groupName, groupDescription, groupImageUrlSquare, appData, messageDisappearingSettings } = options;
  const permissions = permissionsOf(options);
  return {
    ...(groupName === undefined ? {} : { name: groupName }),
    ...(groupDescription === undefined ? {} : { description: groupDescription }),
    ...(groupImageUrlSquare === undefined ? {} : { imageUrl: groupImageUrlSquare }),
    ...(appData === undefined ? {} : { appData }),
    ...(messageDisappearingSettings === undefined ? {} : { disappearing: messageDisappearingSettings }),
    ...(permissions === undefined ? {} : { permissions }),
  };
}

function permissionsOf({ permissions, customPermissionPolicySet }: CreateGroupOptions) {
  switch (permissions) {
    case GroupPermissionsOptions.AdminOnly:
      return presetPolicies('admin-only');
    case GroupPermissionsOptions.CustomPolicy:
      if (customPermissionPolicySet === undefined)
        throw new SdkError('sdk/bad-option', { option: 'customPermissionPolicySet' });
      return customPolicies(customPolicyChoice(customPermissionPolicySet));
    default:
      return undefined;
  }
}

function customPolicyChoice(set: PermissionPolicySet): Parameters<typeof customPolicies>[0] {
  const base = (name: keyof PermissionPolicySet) => {
    const policy = basePolicyOf(set[name]);
    if (policy === undefined) throw new SdkError('sdk/bad-option', { option: name });
    return policy;
  };
  return {
    addMember: base('addMemberPolicy'),
    removeMember: base('removeMemberPolicy'),
    addAdmin: base('addAdminPolicy'),
    removeAdmin: base('removeAdminPolicy'),
    updateGroupName: base('updateGroupNamePolicy'),
    updateDescription: base('updateGroupDescriptionPolicy'),
    updateGroupImageUrlSquare: base('updateGroupImageUrlSquarePolicy'),
    updateMessageDisappearing: base('updateMessageDisappearingPolicy'),
    updateAppData: base('updateAppDataPolicy'),
  };
}
