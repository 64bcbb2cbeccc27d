/** All conversations of a client: made, found, listed, synced, streamed. */
import type { ClientContext } from './context.js';
import { Conversation } from './conversation.js';
import { sendPreferences } from './device-sync/outbox.js';
import { ClientError } from './errors.js';
import type { ClientEvent } from './events.js';
import { type CreateGroupOptions, createDm, createGroup, createGroupLocally } from './groups/create.js';
import { dmId } from './groups/dm.js';
import { groupStopped } from './groups/group-stopped.js';
import type { InviteOptions } from './groups/invitations.js';
import { syncAllGroups } from './groups/sync-all.js';
import { registrationStatus, requireRegistered } from './identity/registration.js';
import { followInvite } from './invites/follow-invite.js';
import type { InviteSlots } from './invites/open-invite.js';
import { type MessageCompanions, messageCompanions } from './messages/companions.js';
import { type MessageSearch, searchMessages } from './messages/search.js';
import type { DisappearingSettings } from './payloads/mutable-metadata.js';
import { latelyChangedGroups } from './store/commit-logs.js';
import type { ConsentState } from './store/consent.js';
import {
  activeDmGroup,
  type ConversationQuery,
  listConversations,
  listSubscribable,
} from './store/conversation-query.js';
import { type ConversationKind, type ConversationRow, getConversation } from './store/conversations.js';
import { listSyncGroups } from './store/device-sync.js';
import { getMessage, getMessages, listMessageIds, type StoredMessage } from './store/messages.js';
import type { NodeSubscription } from './streams/node-subscription.js';
import {
  type MessageStreamFilter,
  type StreamOptions,
  streamConversations,
  streamMessages,
} from './streams/streams.js';
import { syncWelcomes } from './welcomes/receive.js';

/** What `syncAll` looked at. */
export interface SyncAllSummary {
  readonly eligible: number;
  /** Those that had something new, something to send, or something missing. */
  readonly synced: number;
}

/** A line of a list of conversations. */
export interface ConversationEntry {
  readonly conversation: Conversation;
  /** Time of the last readable message, else of the creation. */
  readonly lastActivityNs: bigint;
  readonly lastMessage: StoredMessage | undefined;
  /** What others wrote since this inbox last wrote, sent a receipt, or marked it as read; counted up to 1,000. */
  readonly unreadCount: number;
}

/** The conversations. */
export class Conversations {
  readonly #ctx: ClientContext;
  readonly #subscription: NodeSubscription;

  constructor(ctx: ClientContext, subscription: NodeSubscription) {
    this.#ctx = ctx;
    this.#subscription = subscription;
  }

  /** @throws as `createGroup` of groups/create.ts; then nothing of the group is left */
  async createGroup(inboxIds: readonly string[], options?: CreateGroupOptions & InviteOptions): Promise<Conversation> {
    requireRegistered(this.#ctx);
    return this.#of(await createGroup(this.#ctx, inboxIds, options));
  }

  /**
   * Joins a group by a link (XIP-82), with all installations of this inbox.
   * @throws ClientError `client/invite-invalid` with the rule, `client/invite-stale`, network errors
   */
  async joinByInvite(link: string, slots: InviteSlots): Promise<Conversation> {
    requireRegistered(this.#ctx);
    return this.#of(await followInvite(this.#ctx, link, slots));
  }

  /** A group that only this installation is in; members come later. Nothing is sent. */
  createGroupOptimistic(options?: CreateGroupOptions): Conversation {
    return this.#of(createGroupLocally(this.#ctx, options));
  }

  /** The conversation with another inbox, found or made. */
  async createDm(inboxId: string, options?: { readonly disappearing?: DisappearingSettings }): Promise<Conversation> {
    requireRegistered(this.#ctx);
    return this.#of(await createDm(this.#ctx, inboxId, options));
  }

  /** The conversation with this id, whatever its kind. */
  get(id: string): Conversation | undefined {
    return getConversation(this.#ctx.db, id) === undefined ? undefined : this.#of(id);
  }

  dmByInboxId(inboxId: string): Conversation | undefined {
    const group = activeDmGroup(this.#ctx.db, dmId({ one: this.#ctx.identity.inboxId, two: inboxId }));
    return group === undefined ? undefined : this.#of(group.id);
  }

  /** Groups and DMs, each DM once. */
  list(query: Omit<ConversationQuery, 'nowNs'> = {}): Conversation[] {
    const nowNs = this.#ctx.host.nowNs();
    return listConversations(this.#ctx.db, { ...query, nowNs }).map(({ conversation }) => this.#listed(conversation));
  }

  /** As `list`, with the last message and the number of unread ones of each. Cost: two queries. */
  entries(query: Omit<ConversationQuery, 'nowNs' | 'countUnreadOf'> = {}): ConversationEntry[] {
    const { db, host, identity } = this.#ctx;
    const listed = listConversations(db, { ...query, nowNs: host.nowNs(), countUnreadOf: identity.inboxId });
    const messages = getMessages(
      db,
      listed.flatMap(({ lastMessageId }) => lastMessageId ?? []),
    );
    return listed.map(({ conversation, lastActivityNs, lastMessageId, unreadCount }) => ({
      conversation: this.#listed(conversation),
      lastActivityNs,
      lastMessage: lastMessageId === undefined ? undefined : messages.get(lastMessageId),
      unreadCount: unreadCount ?? 0,
    }));
  }

  /** @throws ClientError `client/invalid-argument` */
  search(search: MessageSearch): StoredMessage[] {
    return searchMessages(this.#ctx.db, search, this.#ctx.host.nowNs());
  }

  /** A message of any conversation; undefined when it is not stored or has expired. */
  message(id: string): StoredMessage | undefined {
    const message = getMessage(this.#ctx.db, id);
    const expired = message?.expireAtNs !== undefined && message.expireAtNs <= this.#ctx.host.nowNs();
    return expired ? undefined : message;
  }

  /**
   * Ids of stored messages that begin with these hex digits, in ascending order.
   * @throws ClientError `client/invalid-argument` for anything else than 1 to 64 of them
   */
  messageIds(beginning: string, limit: number): string[] {
    if (!/^[0-9a-f]{1,64}$/.test(beginning))
      throw new ClientError('client/invalid-argument', { beginning: 'hex digits' });
    return listMessageIds(this.#ctx.db, beginning.padEnd(64, '0'), beginning.padEnd(64, 'f'), limit);
  }

  /** Follows new welcomes. @returns the conversations joined */
  async sync(): Promise<Conversation[]> {
    return (await syncWelcomes(this.#ctx)).map((id) => this.#of(id));
  }

  /** Welcomes, then every conversation with something new: one question to the node tells which those are. */
  async syncAll(consentStates: readonly ConsentState[] = ['allowed', 'unknown']): Promise<SyncAllSummary> {
    if (this.#ctx.options.deviceSync && registrationStatus(this.#ctx) === 'registered')
      await sendPreferences(this.#ctx);
    await syncWelcomes(this.#ctx);
    const listed = listConversations(this.#ctx.db, {
      consentStates,
      includeDuplicateDms: true,
      nowNs: this.#ctx.host.nowNs(),
    });
    // What the other installations say concerns all conversations.
    const eligible = [...listed.map(({ conversation }) => conversation), ...listSyncGroups(this.#ctx.db)].filter(
      (conversation) => groupStopped(conversation) === undefined,
    );
    const synced = await syncAllGroups(
      this.#ctx,
      eligible.map(({ id }) => id),
    );
    return { eligible: eligible.length, synced: synced.length };
  }

  streamConversations(
    filter: { readonly kinds?: readonly ConversationKind[] },
    options: StreamOptions,
  ): AsyncIterable<Conversation> {
    const rows = streamConversations(this.#ctx, this.#subscription, filter, options);
    return mapAsync(rows, ({ id }) => this.#of(id));
  }

  streamMessages(filter: MessageStreamFilter, options: StreamOptions): AsyncIterable<StoredMessage> {
    return streamMessages(this.#ctx, this.#subscription, filter, options);
  }

  /** Messages that are gone, as they were: deleted by somebody, or expired. Ends with the signal. */
  async *streamDeletions(signal: AbortSignal): AsyncGenerator<StoredMessage> {
    for await (const { messages } of this.#ctx.events.subscribe(['messages-deleted'], signal)) yield* messages;
  }

  /** Messages that were edited, as they were sent, as their edits come. Ends with the signal. */
  async *streamEdits(signal: AbortSignal): AsyncGenerator<StoredMessage> {
    for await (const { message } of this.#ctx.events.subscribe(['message-edited'], signal)) yield message;
  }

  /** Who is writing, or has stopped, as they come with the streams of messages or a sync. Ends with the signal. */
  streamTyping(signal: AbortSignal): AsyncIterable<ClientEvent<'typing'>> {
    return this.#ctx.events.subscribe(['typing'], signal);
  }

  /** Ids of conversations whose name, members, rights or state are not what they were, here or by somebody else. Ends with the signal. */
  async *streamChanges(signal: AbortSignal): AsyncGenerator<string> {
    for await (const { groupId } of this.#ctx.events.subscribe(['conversation-changed'], signal)) yield groupId;
  }

  /** Ids of the conversations of the newest `commits` commits: what `streamChanges` may have told last, and to somebody who is gone. */
  latelyChanged(commits: number): string[] {
    return latelyChangedGroups(this.#ctx.db, commits);
  }

  /** What is shown together with these messages. */
  companions(messages: readonly StoredMessage[]): MessageCompanions {
    return messageCompanions(this.#ctx.db, messages, this.#ctx.host.nowNs());
  }

  /** Ids of everything that is listened to, for push topics; duplicate DMs included. */
  subscribableIds(): string[] {
    return listSubscribable(this.#ctx.db);
  }

  #of(id: string): Conversation {
    return new Conversation(this.#ctx, id);
  }

  /** One whose row was just read. */
  #listed(row: ConversationRow): Conversation {
    return new Conversation(this.#ctx, row.id, row);
  }
}

async function* mapAsync<A, B>(values: AsyncIterable<A>, map: (value: A) => B): AsyncGenerator<B> {
  for await (const value of values) yield map(value);
}
