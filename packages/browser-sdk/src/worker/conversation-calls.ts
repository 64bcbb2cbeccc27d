/** Calls on all conversations, and on one. */

import { decodeInvite, type InviteSlots, type OpenInviteOptions } from '@conclave/client';
import type { ConsentState } from '@conclave/sdk';
import {
  type Conversation,
  type CreateDmOptions,
  type CreateGroupOptions,
  Dm,
  Group,
  type Identifier,
  type ListConversationsOptions,
  type SearchMessagesOptions,
} from '@conclave/sdk';
import { GroupNotFoundError } from '../errors.js';
import type { CoreClient } from './client-calls.js';
import { type ConversationData, conversationData } from './conversation-data.js';

type ListOptions = ListConversationsOptions | undefined;

const dataOf = (conversation: Conversation | undefined): ConversationData | undefined =>
  conversation && conversationData(conversation);

/** Calls on `conversations`. */
export function conversationsCalls({ conversations }: CoreClient) {
  return {
    topic: () => conversations.topic,
    sync: () => conversations.sync(),
    syncAll: (states?: ConsentState[]) => conversations.syncAll(states),
    getConversationById: async (id: string) => dataOf(await conversations.getConversationById(id)),
    searchMessages: (text: string, options?: SearchMessagesOptions) => conversations.searchMessages(text, options),
    getMessageById: (id: string) => conversations.getMessageById(id),
    getDmByInboxId: (inboxId: string) => dataOf(conversations.getDmByInboxId(inboxId)),
    fetchDmByIdentifier: async (identifier: Identifier) => dataOf(await conversations.fetchDmByIdentifier(identifier)),
    list: async (options?: ListOptions) => (await conversations.list(options)).map(conversationData),
    listGroups: (options?: ListOptions) => conversations.listGroups(options).map(conversationData),
    listDms: (options?: ListOptions) => conversations.listDms(options).map(conversationData),
    createGroupOptimistic: (options?: CreateGroupOptions) =>
      conversationData(conversations.createGroupOptimistic(options)),
    createGroup: async (inboxIds: string[], options?: CreateGroupOptions) =>
      conversationData(await conversations.createGroup(inboxIds, options)),
    createGroupWithIdentifiers: async (identifiers: Identifier[], options?: CreateGroupOptions) =>
      conversationData(await conversations.createGroupWithIdentifiers(identifiers, options)),
    createDm: async (inboxId: string, options?: CreateDmOptions) =>
      conversationData(await conversations.createDm(inboxId, options)),
    createDmWithIdentifier: async (identifier: Identifier, options?: CreateDmOptions) =>
      conversationData(await conversations.createDmWithIdentifier(identifier, options)),
    hmacKeys: () => new Map(Object.entries(conversations.hmacKeys())),
    slotOfInvite: (link: string) => decodeInvite(link).slot,
    joinByInvite: async (link: string, blobs: readonly Uint8Array[]) =>
      conversationData(await conversations.joinByInvite(link, { list: async () => blobs, put: async () => {} })),
  };
}

/** What the page may call on a conversation as it is. */
const PASSED = [
  'lastMessage',
  'members',
  'publishMessages',
  'processStreamedMessage',
  'send',
  'sendText',
  'sendMarkdown',
  'sendReaction',
  'sendReadReceipt',
  'sendTyping',
  'sendReply',
  'sendTransactionReference',
  'sendWalletSendCalls',
  'sendActions',
  'sendIntent',
  'sendAttachment',
  'sendMultiRemoteAttachment',
  'sendRemoteAttachment',
  'deleteMessage',
  'editMessage',
  'messages',
  'countMessages',
  'consentState',
  'updateConsentState',
  'messageDisappearingSettings',
  'updateMessageDisappearingSettings',
  'removeMessageDisappearingSettings',
  'isMessageDisappearingEnabled',
  'pausedForVersion',
  'debugInfo',
] as const satisfies readonly (keyof Conversation)[];

/** What it may call on a group besides. */
const PASSED_OF_GROUPS = [
  'updateName',
  'updateImageUrl',
  'updateDescription',
  'updateAppData',
  'listAdmins',
  'listSuperAdmins',
  'permissions',
  'updatePermission',
  'isAdmin',
  'isSuperAdmin',
  'addMembers',
  'addMembersByIdentifiers',
  'removeMembers',
  'removeMembersByIdentifiers',
  'addAdmin',
  'removeAdmin',
  'addSuperAdmin',
  'removeSuperAdmin',
  'requestRemoval',
  'isPendingRemoval',
  'enableAppData',
  'currentInvite',
] as const satisfies readonly (keyof Group)[];

/** Calls that are passed on, with their own types. */
export type PassedCalls = Pick<Conversation, (typeof PASSED)[number]> & Pick<Group, (typeof PASSED_OF_GROUPS)[number]>;

/** Calls that are answered in another shape than the conversation's own. */
function reshapedCalls(client: CoreClient, conversation: Conversation) {
  return {
    async sync() {
      await conversation.sync();
      return conversationData(conversation);
    },
    isActive: () => conversation.isActive,
    peerInboxId: () => (conversation instanceof Dm ? conversation.peerInboxId : ''),
    duplicateDms: async () =>
      conversation instanceof Dm ? (await conversation.duplicateDms()).map(conversationData) : [],
    hmacKeys: () => new Map(Object.entries(conversation.hmacKeys())),
    lastReadTimes: () => new Map(client.shared.client.conversations.get(conversation.id)?.lastReadTimes()),
  };
}

/** A wrapped state that the page leaves in a slot: the slots are the application's, and functions do not come over here. */
export interface StateForSlot {
  readonly slot: Uint8Array;
  readonly blob: Uint8Array;
}

/** Runs what puts a state into a slot. @returns its answer, and the state where there is one */
async function withState<T>(work: (slots: InviteSlots) => Promise<T>): Promise<{ answer: T; state?: StateForSlot }> {
  let state: StateForSlot | undefined;
  const put = async (slot: Uint8Array, blob: Uint8Array): Promise<void> => {
    state = { slot, blob };
  };
  const answer = await work({ put, list: async () => [] });
  return state === undefined ? { answer } : { answer, state };
}

function groupCalls(group: Group) {
  return {
    hasAppData: () => group.hasAppData,
    openInvite: (options?: OpenInviteOptions) => withState((slots) => group.openInvite(slots, options)),
    refreshInvite: () => withState((slots) => group.refreshInvite(slots)),
    closeInvite: () => withState((slots) => group.closeInvite(slots)),
  };
}

/** Calls on a conversation. */
export type ConversationCalls = PassedCalls & ReturnType<typeof reshapedCalls> & ReturnType<typeof groupCalls>;

/** @throws GroupNotFoundError */
export async function conversationCalls(client: CoreClient, id: string): Promise<Partial<ConversationCalls>> {
  const conversation = await client.conversations.getConversationById(id);
  if (conversation === undefined) throw new GroupNotFoundError(id);
  const calls: Record<string, unknown> = {
    ...reshapedCalls(client, conversation),
    ...(conversation instanceof Group && groupCalls(conversation)),
  };
  const methods = conversation as unknown as Record<string, (...args: unknown[]) => unknown>;
  const names: readonly string[] = conversation instanceof Group ? [...PASSED, ...PASSED_OF_GROUPS] : PASSED;
  for (const name of names) calls[name] = (...args: unknown[]) => methods[name]?.(...args);
  return calls as Partial<ConversationCalls>;
}
