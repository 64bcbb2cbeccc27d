/**
 * One conversation as an SDK sees it: a handle of id and context. Whatever only reads answers at once from the database and the
 * live group; whatever may use the network is a promise.
 */
import { toHex } from '@conclave/crypto';
import { decodeProto, GroupMessageSchema } from '@conclave/proto';
import type { ClientContext } from './context.js';
import { decide } from './device-sync/decisions.js';
import { ClientError } from './errors.js';
import type { InviteOptions } from './groups/invitations.js';
import { requestRemoval } from './groups/leave.js';
import { groupLock } from './groups/live-groups.js';
import { listMembers, type Member } from './groups/members.js';
import { takePushed } from './groups/pushed-message.js';
import { keepCurrent } from './groups/refresh.js';
import {
  prepareMessage,
  publishMessages,
  requireWritable,
  type SendOptions,
  sendMessage,
} from './groups/send-message.js';
import { settleChange } from './groups/settle-change.js';
import { type SyncSummary, syncGroup } from './groups/sync.js';
import {
  closeInvite,
  currentInvite,
  type InviteSlots,
  type OpenInvite,
  type OpenInviteOptions,
  openInvite,
  refreshInvite,
} from './invites/open-invite.js';
import { isValidDeletion, validDeletions } from './messages/deletion.js';
import { fitsKind, isEditable } from './messages/edit.js';
import { type HmacKey, hmacKeys } from './messages/hmac.js';
import type { ImmutableMetadata } from './payloads/immutable-metadata.js';
import type { AdminListChange } from './payloads/mutable-metadata.js';
import { ATTRIBUTE, type DisappearingSettings } from './payloads/mutable-metadata.js';
import type { BasePolicy, PolicySet, PolicyTarget } from './payloads/permissions.js';
import {
  type LocalCommitLogEntry,
  listLocalCommitLog,
  listRemoteCommitLog,
  type RemoteCommitLogEntry,
} from './store/commit-logs.js';
import { type ConsentState, getConsentState } from './store/consent.js';
import { stitchedConversations, stitchedIds } from './store/conversation-query.js';
import { type ConversationRow, raiseReadMark, requireConversation } from './store/conversations.js';
import { listCursors } from './store/cursors.js';
import { countMessages, lastReadTimes, listMessages, type MessageQuery } from './store/message-query.js';
import { getMessage, getMessageBySequenceId, type StoredMessage } from './store/messages.js';
import { listPendingRemovals } from './store/pending-removals.js';
import { requireHmacRoot } from './store/preferences.js';
import { listRejectedEnvelopes, type RejectedEnvelope } from './store/rejected-envelopes.js';
import { transact } from './store/transact.js';
import { sendTyping } from './typing/send-typing.js';

/** Which messages of a conversation; see MessageQuery. */
export type ConversationMessageQuery = Omit<MessageQuery, 'groupIds' | 'nowNs'>;

/** For people who look into a conversation that behaves oddly. */
export interface ConversationDebugInfo {
  readonly epoch: bigint;
  /** Hex; the same for all who agree on the group (RFC 9420 section 8.7). Empty once we were removed. */
  readonly epochAuthenticator: string;
  readonly maybeForked: boolean;
  readonly forkDetails: string;
  readonly commitLogForked: boolean | undefined;
  readonly cursors: ReturnType<typeof listCursors>;
  /** What commits did here, and what others say they did; oldest first, at most 1000. */
  readonly localCommitLog: readonly LocalCommitLogEntry[];
  readonly remoteCommitLog: readonly RemoteCommitLogEntry[];
  /** What was passed because it can never be used. */
  readonly rejected: readonly RejectedEnvelope[];
}

/** A conversation. */
export class Conversation {
  readonly id: string;
  readonly #ctx: ClientContext;

  /**
   * @param listed - its row, where it was just read: then it is not looked for again
   * @throws ClientError `client/conversation-not-found`
   */
  constructor(ctx: ClientContext, id: string, listed?: ConversationRow) {
    if (listed === undefined) requireConversation(ctx.db, id);
    this.#ctx = ctx;
    this.id = id;
  }

  /** The stored row: kind, times, states. */
  get row(): ConversationRow {
    return requireConversation(this.#ctx.db, this.id);
  }

  get isActive(): boolean {
    return this.row.active;
  }

  /** The other inbox of a DM. */
  get peerInboxId(): string | undefined {
    const { dmMembers } = this.immutableMetadata();
    if (dmMembers === undefined) return undefined;
    return dmMembers.one === this.#ctx.identity.inboxId ? dmMembers.two : dmMembers.one;
  }

  immutableMetadata(): ImmutableMetadata {
    return this.#ctx.liveGroups.get(this.id).payloads.immutableMetadata;
  }

  /** Name, description and the like, by key (`ATTRIBUTE`). */
  attributes(): ReadonlyMap<string, string> {
    return this.#ctx.liveGroups.get(this.id).payloads.mutableMetadata.attributes;
  }

  admins(): readonly string[] {
    return this.#ctx.liveGroups.get(this.id).payloads.mutableMetadata.adminList;
  }

  superAdmins(): readonly string[] {
    return this.#ctx.liveGroups.get(this.id).payloads.mutableMetadata.superAdminList;
  }

  policySet(): PolicySet {
    return this.#ctx.liveGroups.get(this.id).payloads.permissions;
  }

  /** Members with their identifiers, installations and roles. Cost: linear in the members. */
  members(): Member[] {
    return listMembers(this.#ctx, this.id);
  }

  /** Whether this inbox has asked to leave. */
  get isPendingRemoval(): boolean {
    const { inboxId } = this.#ctx.identity;
    return listPendingRemovals(this.#ctx.db, this.id).some((removal) => removal.inboxId === inboxId);
  }

  /** Everything up to now is read, on this installation; a read receipt tells the others too. */
  markRead(): void {
    raiseReadMark(this.#ctx.db, this.id, this.#ctx.host.nowNs());
  }

  consentState(): ConsentState {
    return getConsentState(this.#ctx.db, 'conversation', this.id);
  }

  /** Holds for all groups of a DM. */
  setConsentState(state: ConsentState): void {
    const consentedAtNs = this.#ctx.host.nowNs();
    transact(this.#ctx, (emit) => {
      const records = stitchedIds(this.#ctx.db, this.id).map(
        (entity) => ({ entityType: 'conversation', entity, state, consentedAtNs }) as const,
      );
      decide(this.#ctx, records, emit);
    });
  }

  /**
   * Sends what waits, takes in what came, and lets in the members' new installations (at most every half hour). The other groups of
   * a DM are synchronised with it: their messages are listed together.
   */
  async sync(): Promise<SyncSummary> {
    for (const { id } of this.duplicates()) await syncGroup(this.#ctx, id);
    const summary = await syncGroup(this.#ctx, this.id);
    await keepCurrent(this.#ctx, this.id);
    return summary;
  }

  /** Sends a message: stored, published, acknowledged. @returns its id; the errors are those of `sendMessage` */
  send(content: Uint8Array, options?: SendOptions): Promise<string> {
    return sendMessage(this.#ctx, this.id, content, options);
  }

  /** Stores and queues a message; `publish` sends it. @returns its id */
  prepare(content: Uint8Array, options?: SendOptions): string {
    return prepareMessage(this.#ctx, this.id, content, options);
  }

  /** Sends the messages that wait, up to 100 in a call. */
  publish(): Promise<void> {
    return publishMessages(this.#ctx, this.id);
  }

  /** Tells the others that this inbox is writing, or has stopped (`conclave/typing:1`). @returns whether it was sent; see `sendTyping` */
  sendTyping(content: Uint8Array): Promise<boolean> {
    return sendTyping(this.#ctx, this.id, content);
  }

  /** @throws ClientError `client/permission-denied`, `client/unknown-inbox`, `client/no-usable-installation`, `client/not-for-dms` */
  async addMembers(inboxIds: readonly string[], options: InviteOptions = {}): Promise<void> {
    this.#requireGroup();
    await settleChange(this.#ctx, this.id, 'update-membership', { add: inboxIds, remove: [] }, options);
  }

  /** @throws ClientError `client/permission-denied`, `client/not-a-member`, `client/not-for-dms` */
  async removeMembers(inboxIds: readonly string[]): Promise<void> {
    this.#requireGroup();
    const { members } = this.#ctx.liveGroups.get(this.id).payloads.membership;
    if (inboxIds.includes(this.#ctx.identity.inboxId)) {
      throw new ClientError('client/invalid-argument', {
        parameter: 'inboxIds',
        reason: 'own inbox; ask to be removed',
      });
    }
    for (const inboxId of inboxIds) {
      if (!members.has(inboxId)) throw new ClientError('client/not-a-member', { inboxId });
    }
    await settleChange(this.#ctx, this.id, 'update-membership', { add: [], remove: inboxIds });
  }

  /** Sets one attribute. @throws ClientError `client/permission-denied`, `client/value-too-long`, `client/not-for-dms` */
  async updateAttribute(attribute: string, value: string): Promise<void> {
    this.#requireGroup();
    await settleChange(this.#ctx, this.id, 'metadata-update', { attribute, value });
  }

  /** Two commits, as the deployed client makes them; both numbers 0 switch it off. */
  async updateDisappearing({ fromNs, inNs }: DisappearingSettings): Promise<void> {
    requireWritable(this.#ctx, this.id);
    const change = (attribute: string, value: bigint): Promise<void> =>
      settleChange(this.#ctx, this.id, 'metadata-update', { attribute, value: value.toString() });
    await change(ATTRIBUTE.messageDisappearFromNs, fromNs);
    await change(ATTRIBUTE.messageDisappearInNs, inNs);
  }

  async updateAdmins(change: AdminListChange): Promise<void> {
    this.#requireGroup();
    await settleChange(this.#ctx, this.id, 'update-admin-list', change);
  }

  /** Whether changes of name, roles and members are sent as what changes (XIP-81), instead of all that the group holds. */
  get hasAppData(): boolean {
    return this.#ctx.liveGroups.get(this.id).payloads.dictionary !== undefined;
  }

  /**
   * From now on changes are as short as what they change (XIP-81). For super admins, where every member's client knows it; whoever has one
   * that does not, as the deployed ones, cannot be added any more. There is no way back.
   * @throws ClientError `client/app-data-unsupported`, `client/commit-invalid`, `client/not-for-dms`
   */
  async enableAppData(): Promise<void> {
    this.#requireGroup();
    await settleChange(this.#ctx, this.id, 'enable-app-data', {});
  }

  /**
   * Lets people join by a link (XIP-82), and leaves the state of the group in the slot for them. Needs app data. @returns the link
   * @throws ClientError `client/invalid-argument`, `client/app-data-unsupported`, `client/commit-invalid` for who is no super admin; what `slots` throws
   */
  async openInvite(slots: InviteSlots, options: OpenInviteOptions = {}): Promise<string> {
    this.#requireGroup();
    return openInvite(this.#ctx, this.id, slots, options);
  }

  /** Leaves the state of the group as it now is; after every commit the one before is of no use. @returns false without an open invitation */
  refreshInvite(slots: InviteSlots): Promise<boolean> {
    return refreshInvite(this.#ctx, this.id, slots);
  }

  /** The invitation that is open now, its link made anew with this inbox as the one that vouches; undefined where there is none. */
  currentInvite(baseUrl?: string): OpenInvite | undefined {
    return currentInvite(this.#ctx, this.id, baseUrl);
  }

  /** Nobody joins by a link any more; those who try are told so where `slots` are given. */
  async closeInvite(slots?: InviteSlots): Promise<void> {
    this.#requireGroup();
    await closeInvite(this.#ctx, this.id, slots);
  }

  async updatePermission(target: PolicyTarget, base: BasePolicy): Promise<void> {
    this.#requireGroup();
    await settleChange(this.#ctx, this.id, 'update-permission', { target, base });
  }

  /** Asks to be removed; a super admin's installation completes it. */
  requestRemoval(): Promise<void> {
    return requestRemoval(this.#ctx, this.id);
  }

  /** A page of messages, those of the DM's other groups included. Expired ones are never returned. */
  messages(query: ConversationMessageQuery = {}): StoredMessage[] {
    return listMessages(this.#ctx.db, this.#messageQuery(query));
  }

  countMessages(query: ConversationMessageQuery = {}): number {
    return countMessages(this.#ctx.db, this.#messageQuery(query));
  }

  /**
   * Looks whether a delete message by this inbox would count.
   * @throws ClientError `client/message-not-found`, `client/permission-denied`
   */
  checkDeletion(messageId: string): void {
    const message = this.#requireMessage(messageId);
    const { inboxId } = this.#ctx.identity;
    const bySuperAdmin = this.superAdmins().includes(inboxId);
    const deletion = { groupId: this.id, messageId, deletedByInboxId: inboxId, bySuperAdmin };
    if (!isValidDeletion(message, deletion)) throw new ClientError('client/permission-denied', { messageId });
  }

  /**
   * Looks whether an edit by this inbox with this content (EncodedContent) would count.
   * @returns the message as it was sent
   * @throws ClientError `client/message-not-found`, `client/permission-denied`, `client/invalid-argument` for a content of another kind
   */
  checkEdit(messageId: string, content: Uint8Array): StoredMessage {
    const message = this.#requireMessage(messageId);
    const isOwn = message.senderInboxId === this.#ctx.identity.inboxId && message.groupId === this.id;
    if (!isOwn || !isEditable(message)) throw new ClientError('client/permission-denied', { messageId });
    if (validDeletions(this.#ctx.db, [message]).size > 0)
      throw new ClientError('client/message-not-found', { messageId });
    if (!fitsKind(message, content))
      throw new ClientError('client/invalid-argument', { argument: 'content', messageId });
    return message;
  }

  /** Time of the newest read receipt of each inbox. */
  lastReadTimes(): Map<string, bigint> {
    return lastReadTimes(this.#ctx.db, stitchedIds(this.#ctx.db, this.id));
  }

  /** The other groups of the same DM. */
  duplicates(): Conversation[] {
    return stitchedConversations(this.#ctx.db, this.row)
      .filter(({ id }) => id !== this.id)
      .map(({ id }) => new Conversation(this.#ctx, id));
  }

  /** The push keys of the previous, current and next period. */
  hmacKeys(): HmacKey[] {
    const nowNs = this.#ctx.host.nowNs();
    const { root } = requireHmacRoot(this.#ctx.db, this.#ctx.host.random, nowNs);
    return hmacKeys(this.#ctx.crypto, root, this.#ctx.liveGroups.get(this.id).mls.groupId, nowNs);
  }

  debugInfo(): ConversationDebugInfo {
    const { maybeForked, forkDetails, commitLogForked } = this.row;
    const { mls } = this.#ctx.liveGroups.get(this.id);
    return {
      epoch: mls.epoch,
      epochAuthenticator: toHex(mls.epochAuthenticator),
      maybeForked,
      forkDetails,
      commitLogForked,
      cursors: listCursors(this.#ctx.db, this.id),
      localCommitLog: listLocalCommitLog(this.#ctx.db, this.id),
      remoteCommitLog: listRemoteCommitLog(this.#ctx.db, this.id),
      rejected: listRejectedEnvelopes(this.#ctx.db, this.id),
    };
  }

  /**
   * Takes in one envelope that came another way (a push notification): encoded GroupMessage.
   * @returns the message it holds, if it holds one that can be read now
   * @throws ProtoError `proto/malformed`
   */
  async processStreamed(envelope: Uint8Array): Promise<StoredMessage[]> {
    const { version } = decodeProto(GroupMessageSchema, envelope);
    if (version.case !== 'v1' || toHex(version.value.groupId) !== this.id) {
      throw new ClientError('client/message-invalid', { groupId: this.id });
    }
    const message = version.value;
    // What lies between the cursor and this envelope would be passed over: ask for all of it first.
    await syncGroup(this.#ctx, this.id).catch((error: unknown) => {
      if (!(error instanceof ClientError)) throw error;
    });
    await this.#ctx.locks.run(groupLock(this.id), () => takePushed(this.#ctx, this.id, message));
    const stored = getMessageBySequenceId(this.#ctx.db, this.id, message.id);
    return stored === undefined ? [] : [stored];
  }

  #requireMessage(messageId: string): StoredMessage {
    const message = getMessage(this.#ctx.db, messageId);
    if (message === undefined || !stitchedIds(this.#ctx.db, this.id).includes(message.groupId)) {
      throw new ClientError('client/message-not-found', { messageId });
    }
    return message;
  }

  #messageQuery(query: ConversationMessageQuery): MessageQuery {
    return { ...query, groupIds: stitchedIds(this.#ctx.db, this.id), nowNs: this.#ctx.host.nowNs() };
  }

  #requireGroup(): void {
    if (this.row.kind === 'dm') throw new ClientError('client/not-for-dms', { id: this.id });
    requireWritable(this.#ctx, this.id);
  }
}
