/** What groups and direct conversations have in common. */
import { HIDDEN_CONTENT_TYPES, type StoredContentType } from '@conclave/client';
import { type ConsentState, SortDirection } from '../enums.js';
import type { ListMessagesOptions } from '../options.js';
import { inOriginalWords } from '../original-text.js';
import type { AsyncStreamProxy } from '../streams/async-stream.js';
import { messageSource } from '../streams/sources.js';
import { openStream, type StreamOptions } from '../streams/stream.js';
import type {
  ConversationDebugInfo,
  GroupMember,
  GroupMetadata,
  GroupPermissions,
  HmacKey,
  Message,
  MessageDisappearingSettings,
} from '../types.js';
import {
  commitLogText,
  consentStateOf,
  consentText,
  conversationTypeOf,
  levelOf,
  toGroupPermissions,
  toIdentifier,
} from '../values.js';
import { type DecodedMessage, dateOf } from './decoded-message.js';
import { messageQuery } from './message-options.js';
import { Sender } from './sender.js';

/** Numbers by which applications know the two orders of the network: of commits, and of messages. */
const COMMIT_ORIGINATOR = 0;
const MESSAGE_ORIGINATOR = 10;

/** Base of `Group` and `Dm`. Getters read the local database; promises may use the network. Made by `Conversations`. */
export class Conversation extends Sender {
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
    return this.metadataNow();
  }

  /** `metadata` without waiting. */
  metadataNow(): GroupMetadata {
    const { creatorInboxId, conversationType } = this.core.immutableMetadata();
    return { creatorInboxId, conversationType: conversationTypeOf(conversationType) };
  }

  /** Who may do what, in DMs too. */
  permissionsNow(): GroupPermissions {
    return toGroupPermissions(this.core.policySet());
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

  /** Messages of this conversation as they come, own ones included. */
  stream(options?: StreamOptions<DecodedMessage>): Promise<AsyncStreamProxy<DecodedMessage>> {
    return openStream(messageSource(this.session, { conversationId: this.id }), options);
  }

  /** Takes in an envelope that a push notification brought: the bytes of a v3 GroupMessage. */
  async processStreamedMessage(envelope: Uint8Array): Promise<Message[]> {
    const messages = await this.core.processStreamed(envelope);
    return messages.map((message) => this.session.reader.encoded(message));
  }

  /** Messages as an application lists them: reactions, read receipts, deletions and edits are not shown by themselves. */
  async messages(options: ListMessagesOptions = {}): Promise<DecodedMessage[]> {
    return this.session.reader.page(this.core.messages(messageQuery(options, HIDDEN_CONTENT_TYPES)));
  }

  /** Counts what `messages` does not show, too. */
  async countMessages(options: ListMessagesOptions = {}): Promise<number> {
    return this.core.countMessages(messageQuery(options, this.uncounted(options)));
  }

  async lastMessage(): Promise<DecodedMessage | undefined> {
    const [message] = await this.messages({ limit: 1, direction: SortDirection.Descending });
    return message;
  }

  /** Everything up to now counts as read, on this installation alone; `sendReadReceipt` tells others and own installations. Not in the original. */
  markRead(): void {
    this.core.markRead();
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

  /** Both in nanoseconds. What is sent from then on disappears `inNs` after each device has received it. */
  updateMessageDisappearingSettings(fromNs: bigint, inNs: bigint): Promise<void> {
    return inOriginalWords(this.core.updateDisappearing({ fromNs, inNs }));
  }

  removeMessageDisappearingSettings(): Promise<void> {
    return inOriginalWords(this.core.updateDisappearing({ fromNs: 0n, inNs: 0n }));
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

  async debugInfo(): Promise<ConversationDebugInfo> {
    const info = this.core.debugInfo();
    const cursorOf = (kind: string, originatorId: number) =>
      info.cursors
        .filter((cursor) => cursor.kind === kind)
        .map(({ sequenceId }) => ({ originatorId, sequenceId: Number(sequenceId) }));
    return {
      epoch: info.epoch,
      maybeForked: info.maybeForked,
      forkDetails: info.forkDetails,
      ...(info.commitLogForked === undefined ? {} : { isCommitLogForked: info.commitLogForked }),
      localCommitLog: commitLogText(info.localCommitLog),
      remoteCommitLog: commitLogText(info.remoteCommitLog),
      cursor: [...cursorOf('application', MESSAGE_ORIGINATOR), ...cursorOf('commit', COMMIT_ORIGINATOR)],
    };
  }

  /** Types that `countMessages` leaves out. */
  protected uncounted(_options: ListMessagesOptions): readonly StoredContentType[] {
    return [];
  }
}
