/** Sending: a message row and an intent in one transaction, then the way out. */
import type { ClientContext } from '../context.js';
import { decide } from '../device-sync/decisions.js';
import { ClientError } from '../errors.js';
import { hasPassed, NS_PER_DAY } from '../host.js';
import { idempotencyKey } from '../messages/message-id.js';
import { NetworkError } from '../network/errors.js';
import { MAX_NETWORK_MESSAGE_BYTES } from '../network/network.js';
import { type ConversationRow, requireConversation } from '../store/conversations.js';
import { insertIntent } from '../store/intents.js';
import { insertMessage, type NewMessage } from '../store/messages.js';
import { transact } from '../store/transact.js';
import { followContent } from './application-message.js';
import { expiryOf } from './disappearing.js';
import { groupStopped } from './group-stopped.js';
import { encodeIntentData } from './intents/intent-data.js';
import type { LiveGroup } from './live-groups.js';
import { queueChange } from './queue-change.js';
import { hasQueued } from './queued.js';
import { refreshMembers } from './refresh.js';
import { messageRow } from './store-message.js';
import { publishGroup } from './sync.js';
import { LARGE_GROUP_LEAVES } from './warming.js';

/** How a message is sent. */
export interface SendOptions {
  /** Whether push servers may wake receivers for it. Default false. */
  readonly shouldPush?: boolean;
  /** Makes the message id together with the content; default the time. The same key and content is one message. */
  readonly idempotencyKey?: string;
}

/** Own leaf keys older than this are replaced before a message is sent (libxmtp `GROUP_KEY_ROTATION_INTERVAL_NS`). */
const ROTATION_INTERVAL_NS = 30n * NS_PER_DAY;
/** Room that framing, encryption and the request take. */
const OVERHEAD_BYTES = 4096;

/**
 * Stores the message as unpublished and queues it; nothing is sent.
 * @param content - EncodedContent
 * @returns the message id, lower-case hex
 * @throws ClientError `client/group-inactive`, `client/group-paused`, `client/group-restored`, `client/message-too-large`
 */
export function prepareMessage(
  ctx: ClientContext,
  groupId: string,
  content: Uint8Array,
  options: SendOptions = {},
): string {
  if (content.length > MAX_NETWORK_MESSAGE_BYTES - OVERHEAD_BYTES) {
    throw new ClientError('client/message-too-large', {
      bytes: content.length,
      maxBytes: MAX_NETWORK_MESSAGE_BYTES - OVERHEAD_BYTES,
    });
  }
  const conversation = requireWritable(ctx, groupId);
  const group = ctx.liveGroups.get(groupId);
  const nowNs = ctx.host.nowNs();
  const shouldPush = options.shouldPush ?? false;
  const rowUnder = (key: string): NewMessage => ownRow(ctx, groupId, content, key);
  return transact(ctx, (emit) => {
    let row = rowUnder(options.idempotencyKey ?? idempotencyKey(nowNs));
    for (let atNs = nowNs + 1n; !insertMessage(ctx.db, row); atNs++) {
      // The same key and content: it is the message that is queued, or was sent, already.
      if (options.idempotencyKey !== undefined) return row.id;
      // The same words twice within one tick of a coarse clock are two messages.
      row = rowUnder(idempotencyKey(atNs));
    }
    followContent(ctx, group, row, emit);
    if (owesKeyUpdate(ctx, group, conversation, nowNs) && !hasQueued(ctx, groupId, 'key-update')) {
      queueChange(ctx, groupId, 'key-update', {});
    }
    insertIntent(ctx.db, {
      groupId,
      kind: 'send-message',
      data: encodeIntentData('send-message', {}),
      messageId: row.id,
      shouldPush,
      createdAtNs: nowNs,
      deadlineNs: undefined,
    });
    // Writing into a conversation is accepting it; a sync group is none.
    if (conversation.kind !== 'sync') {
      decide(ctx, [{ entityType: 'conversation', entity: groupId, state: 'allowed', consentedAtNs: nowNs }], emit);
    }
    return row.id;
  });
}

/** In a large group the update after joining waits for its turn (`warming.ts`): a commit for everybody who says hello is too much. */
function owesKeyUpdate(ctx: ClientContext, group: LiveGroup, { rotatedAtNs }: ConversationRow, nowNs: bigint): boolean {
  if (!hasPassed(rotatedAtNs, ROTATION_INTERVAL_NS, nowNs)) return false;
  return rotatedAtNs > 0n || !ctx.options.treeWarming || group.mls.memberCount <= LARGE_GROUP_LEAVES;
}

function ownRow(ctx: ClientContext, groupId: string, content: Uint8Array, key: string): NewMessage {
  const { inboxId, installationIdBytes: installationId } = ctx.identity;
  return messageRow(
    ctx,
    groupId,
    { content, key, inboxId, installationId },
    {
      kind: 'application',
      deliveryStatus: 'unpublished',
      sentAtNs: ctx.host.nowNs(),
      expireAtNs: expiryOf(ctx, groupId),
    },
  );
}

/**
 * Stores, publishes and returns the message's id.
 * @throws as `prepareMessage`, and NetworkError when the node cannot be reached: the message stays queued
 */
export async function sendMessage(
  ctx: ClientContext,
  groupId: string,
  content: Uint8Array,
  options: SendOptions = {},
): Promise<string> {
  const id = prepareMessage(ctx, groupId, content, options);
  await publishMessages(ctx, groupId);
  return id;
}

/** Publishes what waits; before it, the installations that members have added since are let in. */
export async function publishMessages(ctx: ClientContext, groupId: string): Promise<void> {
  try {
    await refreshMembers(ctx, groupId, 'before-send');
    await publishGroup(ctx, groupId);
  } catch (error) {
    if (error instanceof NetworkError && error.retryable) ctx.interrupted.note(groupId);
    throw error;
  }
}

/** The conversation. @throws ClientError when nothing can be written into it from here */
export function requireWritable(ctx: ClientContext, groupId: string): ConversationRow {
  const conversation = requireConversation(ctx.db, groupId);
  if (conversation.membershipState === 'restored') throw new ClientError('client/group-restored', { groupId });
  const stopped = groupStopped(conversation);
  if (stopped !== undefined) throw stopped;
  return conversation;
}
