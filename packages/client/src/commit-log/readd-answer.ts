/** Answering those who asked to be added again, as a super admin of the group. */
import type { ClientContext } from '../context.js';
import { waitingForReadd } from '../groups/intents/plan-readd.js';
import { GROUP_ANSWER_INTERVAL_NS, READD_MINIMUM_VERSION } from '../groups/intents/readd-limits.js';
import { settleChange } from '../groups/settle-change.js';
import { ATTRIBUTE } from '../payloads/mutable-metadata.js';
import { getConsentState } from '../store/consent.js';
import { type ConversationRow, getConversation } from '../store/conversations.js';
import {
  lastReaddNs,
  listGroupsWithOpenReadds,
  listOpenReaddRequests,
  recordReaddResponse,
  withdrawReaddRequest,
} from '../store/readd-requests.js';
import { rolesOf } from '../validation/roles.js';
import { checkProtocolVersion, minimumProtocolVersion } from '../validation/version.js';
import { renewDm } from './dm-renewal.js';

/** Conversations in which another member waits. */
export function conversationsWithReadds(ctx: ClientContext): string[] {
  return listGroupsWithOpenReadds(ctx.db, ctx.identity.installationId);
}

/**
 * Answers in one conversation, as it was when the logs were last compared: we take part in it, are a super admin, and are
 * ourselves on the line of commits that the log tells of. While the log has not caught up with us the answer waits; where we cannot answer at all the wishes are
 * forgotten.
 *
 * @returns whether a commit was made, or a DM renewed
 * @throws ClientError, NetworkError: it is tried again
 */
export async function answerReadds(ctx: ClientContext, groupId: string): Promise<boolean> {
  if (ctx.host.nowNs() - lastReaddNs(ctx.db, groupId) < GROUP_ANSWER_INTERVAL_NS) return false;
  const conversation = getConversation(ctx.db, groupId);
  if (!takesPart(ctx, conversation)) return forgetWishes(ctx, groupId);
  const verdict = conversation.commitLogForked;
  if (verdict === true) return forgetWishes(ctx, groupId);
  if (conversation.kind === 'dm') return answerInDm(ctx, conversation);
  if (!rolesOf(ctx.liveGroups.get(groupId).payloads, ctx.identity.inboxId).isSuperAdmin) {
    return forgetWishes(ctx, groupId);
  }
  if (verdict === undefined || waitingForReadd(ctx, ctx.liveGroups.get(groupId)).length === 0) return false;
  await shutOutOldClients(ctx, groupId);
  await settleChange(ctx, groupId, 'readd-installations', {});
  return true;
}

function takesPart(ctx: ClientContext, conversation: ConversationRow | undefined): conversation is ConversationRow {
  if (conversation?.active !== true || conversation.pausedForVersion !== undefined) return false;
  return getConsentState(ctx.db, 'conversation', conversation.id) === 'allowed';
}

/** A deployed peer that has forked asks, though nobody could answer it in a DM. */
async function answerInDm(ctx: ClientContext, dm: ConversationRow): Promise<boolean> {
  const waiting = waitingForReadd(ctx, ctx.liveGroups.get(dm.id));
  if (waiting.length === 0) return false;
  const renewed = await renewDm(ctx, dm);
  ctx.db.transaction(() => {
    for (const { installationId, requestedAtSequenceId } of listOpenReaddRequests(ctx.db, dm.id)) {
      if (installationId === ctx.identity.installationId) continue;
      const at = { sequenceId: requestedAtSequenceId ?? 0n, nowNs: ctx.host.nowNs() };
      recordReaddResponse(ctx.db, dm.id, installationId, at);
    }
  });
  return renewed;
}

function forgetWishes(ctx: ClientContext, groupId: string): false {
  ctx.db.transaction(() => {
    for (const { installationId } of listOpenReaddRequests(ctx.db, groupId)) {
      if (installationId !== ctx.identity.installationId) withdrawReaddRequest(ctx.db, groupId, installationId);
    }
  });
  return false;
}

/**
 * A commit of its own before the other: clients that are too old pause on it and miss nothing, while the other would
 * split them off. Nobody can see how old the clients of the members are.
 */
async function shutOutOldClients(ctx: ClientContext, groupId: string): Promise<void> {
  const minimum = minimumProtocolVersion(ctx.liveGroups.get(groupId).payloads.mutableMetadata);
  if (minimum !== undefined && checkProtocolVersion(READD_MINIMUM_VERSION, minimum) === 'supported') return;
  const attribute = ATTRIBUTE.minimumSupportedProtocolVersion;
  await settleChange(ctx, groupId, 'metadata-update', { attribute, value: READD_MINIMUM_VERSION });
}
