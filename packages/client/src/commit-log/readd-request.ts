/**
 * Asking to be added again: what a forked installation does to come back, and how the wishes of others are taken down.
 * Only a super admin's commit may remove and add an installation whose inbox did not change, so in a DM, which has no
 * admins, nobody can answer: there a new group takes the place of the forked one (`dm-renewal.ts`).
 */
import { fromHex, toHex } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import { REQUEST_INTERVAL_NS } from '../groups/intents/readd-limits.js';
import { shortId } from '../host.js';
import type { OneshotMessage } from '../payloads/immutable-metadata.js';
import { latestRemoteCommitLog } from '../store/commit-logs.js';
import { getConsentState } from '../store/consent.js';
import { type ConversationRow, getConversation } from '../store/conversations.js';
import { getCursor } from '../store/cursors.js';
import { getReaddRequest, recordReaddRequest, recordReaddResponse } from '../store/readd-requests.js';
import type { LeafIdentity } from '../validation/leaf-identity.js';
import { renewDm } from './dm-renewal.js';
import { sendOneshot } from './oneshot.js';

/**
 * Asks the super admins of a forked group to add this installation again, or renews a forked DM; at most once a day.
 * @returns false when it was asked lately, or nobody can be asked
 * @throws ClientError, NetworkError: nothing was asked, it is tried again
 */
export async function requestReadd(ctx: ClientContext, conversation: ConversationRow): Promise<boolean> {
  const { id, kind } = conversation;
  const { installationId } = ctx.identity;
  const nowNs = ctx.host.nowNs();
  const asked = getReaddRequest(ctx.db, id, installationId)?.requestedAtNs;
  const newest = latestRemoteCommitLog(ctx.db, id);
  if (newest === undefined || (asked !== undefined && nowNs - asked < REQUEST_INTERVAL_NS)) return false;
  const sequenceId = newest.commitSequenceId;
  if (kind === 'dm') {
    if (!(await renewDm(ctx, conversation))) return false;
  } else {
    const { superAdminList } = ctx.liveGroups.get(id).payloads.mutableMetadata;
    const readdRequest = { groupId: fromHex(id), latestCommitSequenceId: sequenceId };
    if ((await sendOneshot(ctx, superAdminList, { readdRequest })) === 0) return false;
  }
  recordReaddRequest(ctx.db, id, installationId, { sequenceId, nowNs });
  ctx.host.log?.info('readd-requested', { group: shortId(id) });
  return true;
}

/** Whether this installation waits to be added again to a group, and a commit could be the answer. */
export function awaitsReadd(ctx: ClientContext, groupId: string, commitSequenceId: bigint): boolean {
  const own = getReaddRequest(ctx.db, groupId, ctx.identity.installationId);
  if (own?.requestedAtSequenceId === undefined) return false;
  return own.requestedAtSequenceId > (own.respondedAtSequenceId ?? -1n) && commitSequenceId > own.requestedAtSequenceId;
}

/** We were added again by a commit, wished for or not. Runs inside the transaction that stores the new state. */
export function markReadded(ctx: ClientContext, groupId: string, commitSequenceId: bigint): void {
  const { installationId } = ctx.identity;
  if (getReaddRequest(ctx.db, groupId, installationId) === undefined) return;
  recordReaddResponse(ctx.db, groupId, installationId, { sequenceId: commitSequenceId, nowNs: ctx.host.nowNs() });
}

/**
 * Takes down what a oneshot message wishes; `sender` is the installation that signed it. Runs inside a transaction.
 *
 * What counts is a wish of a member of a conversation that the user takes part in. A sender can name any commit; beyond the
 * newest that we know it would count for ever, so it counts as that one.
 */
export function takeOneshot(ctx: ClientContext, sender: LeafIdentity, message: OneshotMessage | undefined): void {
  const request = message?.readdRequest;
  if (request === undefined) return;
  const groupId = toHex(request.groupId);
  const conversation = getConversation(ctx.db, groupId);
  if (conversation?.active !== true || getConsentState(ctx.db, 'conversation', groupId) !== 'allowed') return;
  const mls = ctx.liveGroups.find(groupId)?.mls;
  const leafIndex = mls?.leafIndexOf(sender.installationId);
  if (leafIndex === undefined || leafIndex === mls?.ownLeafIndex) return;
  const known = getCursor(ctx.db, groupId, 'commit');
  const sequenceId = request.latestCommitSequenceId < known ? request.latestCommitSequenceId : known;
  recordReaddRequest(ctx.db, groupId, toHex(sender.installationId), { sequenceId, nowNs: ctx.host.nowNs() });
}
