/**
 * The way in of one group: one envelope, from a query or from a stream, through the same function.
 *
 * The only awaits are the fetch of identity logs that a commit needs and, for a stream, of commits that it left out; everything that
 * changes state is one transaction with the cursor.
 */
import { ConclaveError } from '@conclave/crypto';
import type { GroupMessage_V1 } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { type ConversationRow, requireConversation } from '../store/conversations.js';
import { raiseCursor } from '../store/cursors.js';
import { getPublishedIntent } from '../store/intents.js';
import { openApplicationMessage, storeApplicationMessage } from './application-message.js';
import { applyCommit } from './apply-commit.js';
import { checkReceivedCommit } from './check-commit.js';
import { type GroupEnvelope, isSeen, positionOf, readEnvelope } from './envelope.js';
import { groupTransaction } from './group-transaction.js';
import { receiveOwnEnvelope } from './own-envelope.js';
import { DONE, type ReceiveOutcome, SKIPPED } from './receive-outcome.js';
import { rejectEnvelope, settleFailure, writeRejection } from './reject.js';

/**
 * Takes one envelope. Call it under the group's lock, in ascending order of ids.
 * @param catchUp - called first when the envelope is of an epoch that is not reached yet: a stream may have left out a commit
 * @throws ClientError `client/node-answer-malformed`; what is wrong with this device
 * Cost: constant in the members for an application message; linear in the changes for a commit.
 */
export async function receiveEnvelope(
  ctx: ClientContext,
  groupId: string,
  message: GroupMessage_V1,
  catchUp?: () => Promise<ClientError | undefined>,
): Promise<ReceiveOutcome> {
  const position = positionOf(message);
  let envelope: GroupEnvelope;
  try {
    envelope = readEnvelope(groupId, message);
  } catch (error) {
    if (!(error instanceof ConclaveError)) throw error;
    return reasonToStop(ctx, groupId) ?? rejectEnvelope(ctx, groupId, position, error);
  }
  try {
    if (isSeen(ctx.db, groupId, envelope)) return SKIPPED;
    const stopped = reasonToStop(ctx, groupId);
    if (stopped !== undefined) return stopped;
    if (catchUp !== undefined && envelope.epoch > ctx.liveGroups.get(groupId).mls.epoch) {
      const error = await catchUp();
      if (error !== undefined) return { kind: 'stopped', error };
      if (isSeen(ctx.db, groupId, envelope)) return SKIPPED;
      const stoppedSince = reasonToStop(ctx, groupId);
      if (stoppedSince !== undefined) return stoppedSince;
    }
    return await receiveUnseen(ctx, groupId, envelope);
  } catch (error) {
    return settleFailure(ctx, groupId, envelope, error);
  }
}

async function receiveUnseen(ctx: ClientContext, groupId: string, envelope: GroupEnvelope): Promise<ReceiveOutcome> {
  const group = ctx.liveGroups.get(groupId);
  const own = getPublishedIntent(ctx.db, groupId, ctx.crypto.hash('sha256', envelope.data));
  if (own !== undefined) return receiveOwnEnvelope(ctx, group, envelope, own);
  // Outside of the transaction: refused input leaves the group as it was, so garbage costs no reload of the group.
  const processed = group.mls.process(envelope.data);
  switch (processed.kind) {
    case 'commit': {
      const { staged } = processed;
      const validated = await checkReceivedCommit(ctx, group, staged);
      groupTransaction(ctx, group, (emit) => applyCommit(ctx, group, staged, validated, envelope, emit));
      return DONE;
    }
    case 'proposal':
      // Kept by the engine until its commit; it is no message.
      groupTransaction(ctx, group, () => raiseCursor(ctx.db, groupId, 'application', envelope.sequenceId));
      return DONE;
    case 'application': {
      const opened = openApplicationMessage(group, processed);
      // The key is spent, whatever the content is worth.
      return groupTransaction(ctx, group, (emit): ReceiveOutcome => {
        if (opened instanceof ConclaveError) {
          writeRejection(ctx, groupId, envelope, opened);
          return { kind: 'rejected', error: opened };
        }
        if (opened !== undefined) storeApplicationMessage(ctx, group, opened, envelope, emit);
        raiseCursor(ctx.db, groupId, 'application', envelope.sequenceId);
        return DONE;
      });
    }
  }
}

/** Why nothing of a group can be taken in now. */
export function groupStopped(conversation: ConversationRow): ClientError | undefined {
  const { id, active, pausedForVersion } = conversation;
  if (!active) return new ClientError('client/group-inactive', { groupId: id });
  if (pausedForVersion === undefined) return undefined;
  return new ClientError('client/group-paused', { groupId: id, minimumVersion: pausedForVersion });
}

function reasonToStop(ctx: ClientContext, groupId: string): ReceiveOutcome | undefined {
  const error = groupStopped(requireConversation(ctx.db, groupId));
  return error === undefined ? undefined : { kind: 'stopped', error };
}
