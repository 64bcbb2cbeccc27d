/**
 * The verdict on an envelope that could not be taken in: whether its turn comes again (the cursor stays) or never (it is recorded, and
 * passed). What is wrong with this device, such as a full disk, is neither and is thrown to the caller.
 */
import { ConclaveError } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import { ClientError, isStorageFailure } from '../errors.js';
import { shortId } from '../host.js';
import { getConversation, updateConversation } from '../store/conversations.js';
import { raiseCursor } from '../store/cursors.js';
import { getMessageBySequenceId } from '../store/messages.js';
import { insertRejectedEnvelope } from '../store/rejected-envelopes.js';
import { transact } from '../store/transact.js';
import { cursorOf, type EnvelopePosition, isSeen } from './envelope.js';
import { logRefused, refusalOf } from './local-log.js';
import { DONE, type ReceiveOutcome, SKIPPED } from './receive-outcome.js';

/**
 * Settles a failure.
 * @throws the error itself when it is about this device and not about the envelope
 */
export function settleFailure(
  ctx: ClientContext,
  groupId: string,
  position: EnvelopePosition,
  error: unknown,
): ReceiveOutcome {
  // A full disk passes too, but not soon and not for one group alone.
  const isLasting = (each: ConclaveError): boolean => !each.retryable || each.code === 'sqlite/full';
  if (!(error instanceof ConclaveError) || (isStorageFailure(error) && isLasting(error))) {
    // Memory may be ahead of the database, which is the truth.
    ctx.liveGroups.drop(groupId);
    throw error;
  }
  if (error instanceof ClientError && error.code === 'client/group-paused') return pause(ctx, groupId, error);
  if (error.retryable) {
    const retryable =
      error instanceof ClientError ? error : new ClientError('client/database-busy', { groupId }, error);
    return { kind: 'stopped', error: retryable };
  }
  if (wasTakenAhead(ctx, groupId, position, error)) {
    raiseCursor(ctx.db, groupId, cursorOf(position), position.sequenceId);
    return DONE;
  }
  return rejectEnvelope(ctx, groupId, position, error);
}

/**
 * Records that an envelope can never be used and moves the cursor past it, in one transaction.
 * @param also - what else belongs to the step
 */
export function rejectEnvelope(
  ctx: ClientContext,
  groupId: string,
  position: EnvelopePosition,
  error: ConclaveError,
  also: () => void = () => {},
): ReceiveOutcome {
  if (isSeen(ctx.db, groupId, position)) return SKIPPED;
  ctx.db.transaction(() => {
    writeRejection(ctx, groupId, position, error);
    also();
  });
  return { kind: 'rejected', error };
}

/** The rows of a rejection; runs inside a transaction. */
export function writeRejection(
  ctx: ClientContext,
  groupId: string,
  position: EnvelopePosition,
  error: ConclaveError,
): void {
  const { sequenceId } = position;
  const { rule } = error.details;
  ctx.refusals.note('group-envelope', error, ctx.host.nowNs());
  insertRejectedEnvelope(ctx.db, {
    topic: groupId,
    kind: 'group',
    sequenceId,
    code: error.code,
    rule: rule === undefined ? undefined : String(rule),
    rejectedAtNs: ctx.host.nowNs(),
  });
  raiseCursor(ctx.db, groupId, cursorOf(position), sequenceId);
  const { epoch } = position;
  if (position.isCommit && epoch !== undefined) logRefused(ctx, groupId, { sequenceId, epoch }, refusalOf(error));
  markPossibleFork(ctx, groupId, error);
  ctx.host.log?.info('envelope-rejected', { group: shortId(groupId), sequenceId, code: error.code });
}

/** The conversation waits for a newer client: marked, so that nothing behind this commit is taken before it. */
function pause(ctx: ClientContext, groupId: string, error: ClientError): ReceiveOutcome {
  const { minimumVersion } = error.details;
  const paused = getConversation(ctx.db, groupId)?.pausedForVersion;
  if (typeof minimumVersion === 'string' && paused !== minimumVersion) {
    transact(ctx, (emit) => {
      updateConversation(ctx.db, groupId, { pausedForVersion: minimumVersion });
      emit({ type: 'conversation-changed', groupId });
    });
  }
  return { kind: 'stopped', error };
}

/** A message that came by another way first (`pushed-message.ts`): its key is spent, and it is stored. */
function wasTakenAhead(
  ctx: ClientContext,
  groupId: string,
  { sequenceId, isCommit }: EnvelopePosition,
  error: ConclaveError,
): boolean {
  const isSpent = error.code === 'mls/generation-spent' || error.code === 'mls/generation-too-old';
  return !isCommit && isSpent && getMessageBySequenceId(ctx.db, groupId, sequenceId) !== undefined;
}

/** A message from an epoch that this installation never reached: a commit was missed or refused that others accepted. */
function markPossibleFork(ctx: ClientContext, groupId: string, error: ConclaveError): void {
  if (error.code !== 'mls/wrong-epoch') return;
  const { messageEpoch, groupEpoch } = error.details;
  if (typeof messageEpoch !== 'bigint' || typeof groupEpoch !== 'bigint' || messageEpoch <= groupEpoch) return;
  updateConversation(ctx.db, groupId, {
    maybeForked: true,
    forkDetails: `a message of epoch ${messageEpoch} while this installation is at ${groupEpoch}`,
  });
}
