/**
 * Typing notices (`conclave/typing:1`), on the way out: application messages of the group without a row among the messages. What stays until the
 * echo is an intent with the hash of its bytes.
 */
import type { ClientContext } from '../context.js';
import { groupStopped } from '../groups/group-stopped.js';
import { groupTransaction } from '../groups/group-transaction.js';
import { encodeIntentData } from '../groups/intents/intent-data.js';
import { groupLock } from '../groups/live-groups.js';
import { groupMessagesRequest } from '../groups/publish.js';
import { typingOf } from '../messages/content-info.js';
import { encodeEnvelope } from '../messages/envelope.js';
import { idempotencyKey } from '../messages/message-id.js';
import { NetworkError } from '../network/errors.js';
import { EXTENSION } from '../payloads/extension-ids.js';
import { APP_DATA_UPDATE_PROPOSAL } from '../payloads/required-capabilities.js';
import { getConsentState } from '../store/consent.js';
import { requireConversation } from '../store/conversations.js';
import { insertIntent, markIntentProcessed, markIntentPublished, markIntentSent } from '../store/intents.js';
import { MAX_TYPING_MEMBERS } from './typing-state.js';

/**
 * Who does not know notices would show them as messages that cannot be read. No deployed client lists app data (XIP-81) in its leaf, and
 * ours does: where every leaf lists it, every client may know them; where one does not, it certainly does not.
 */
const SIGN_OF_READERS = { extensions: [EXTENSION.appDataDictionary], proposals: [APP_DATA_UPDATE_PROPOSAL] };

/**
 * Tells the conversation that this inbox is writing, or has stopped. Sent once or not at all: nothing of it waits for the network.
 * @param content - EncodedContent of `conclave/typing:1`
 * @returns whether it was sent: not more than once in `TYPING_INTERVAL_MS`, nor in a group of more than `MAX_TYPING_MEMBERS`, nor where somebody's
 *   client does not know such notices, nor in a conversation that is not accepted or cannot be written into, nor without the node
 * Cost: that of a message, without its rows.
 */
export async function sendTyping(ctx: ClientContext, groupId: string, content: Uint8Array): Promise<boolean> {
  const isTyping = typingOf(content);
  if (isTyping === undefined || !mayBeTold(ctx, groupId)) return false;
  if (!ctx.typing.maySend(groupId, isTyping, Number(ctx.host.nowNs() / 1_000_000n))) return false;
  const prepared = await ctx.locks.run(groupLock(groupId), () => prepare(ctx, groupId, content));
  if (prepared === undefined) return false;
  try {
    await ctx.network.sendGroupMessages(prepared.request);
    return true;
  } catch (error) {
    // Should the node have it all the same, it comes back as one that cannot be opened, and is passed over.
    markIntentProcessed(ctx.db, prepared.intentId);
    if (error instanceof NetworkError) return false;
    throw error;
  }
}

function mayBeTold(ctx: ClientContext, groupId: string): boolean {
  const conversation = requireConversation(ctx.db, groupId);
  if (conversation.membershipState === 'restored' || groupStopped(conversation) !== undefined) return false;
  if (getConsentState(ctx.db, 'conversation', groupId) !== 'allowed') return false;
  const { mls, payloads } = ctx.liveGroups.get(groupId);
  return payloads.membership.members.size <= MAX_TYPING_MEMBERS && mls.supportedByAll(SIGN_OF_READERS);
}

/** Encrypts it. The intent is how the echo is recognised; without payload it is never sent again. */
function prepare(ctx: ClientContext, groupId: string, content: Uint8Array) {
  if (!mayBeTold(ctx, groupId)) return undefined;
  const group = ctx.liveGroups.get(groupId);
  const createdAtNs = ctx.host.nowNs();
  return groupTransaction(ctx, group, () => {
    const envelope = encodeEnvelope({ content, idempotencyKey: idempotencyKey(createdAtNs) });
    const payload = group.mls.createApplicationMessage(envelope, ctx.host.random);
    const intentId = insertIntent(ctx.db, {
      ...{ groupId, kind: 'send-message', data: encodeIntentData('send-message', {}), messageId: undefined },
      ...{ shouldPush: false, createdAtNs, deadlineNs: undefined },
    });
    const payloadHash = ctx.crypto.hash('sha256', payload);
    markIntentPublished(ctx.db, intentId, { payload, payloadHash, publishedEpoch: group.mls.epoch });
    markIntentSent(ctx.db, { groupId, id: intentId });
    return { intentId, request: groupMessagesRequest(ctx, group, [{ payload, shouldPush: false }]) };
  });
}
