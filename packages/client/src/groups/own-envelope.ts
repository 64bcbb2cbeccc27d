/** Our own envelope came back from the node: it is never decrypted, it is recognised by the hash of its bytes. */
import { ConclaveError } from '@conclave/crypto';
import { MlsError, type StagedCommit } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import { isStorageFailure } from '../errors.js';
import { raiseCursor } from '../store/cursors.js';
import {
  failIntent,
  getStagedCommit,
  type Intent,
  markIntentCommitted,
  markIntentProcessed,
  rebuildIntent,
} from '../store/intents.js';
import { markMessagePublished, setDeliveryStatus } from '../store/messages.js';
import type { EmitEvent } from '../store/transact.js';
import type { ValidatedCommit } from '../validation/validated-commit.js';
import { applyCommit } from './apply-commit.js';
import type { GroupEnvelope } from './envelope.js';
import { groupTransaction } from './group-transaction.js';
import type { LiveGroup } from './live-groups.js';
import { logRefused } from './local-log.js';
import { isReadable } from './readable-epochs.js';
import { DONE, type ReceiveOutcome, type ReceiveStep } from './receive-outcome.js';
import { rejectEnvelope } from './reject.js';
import { takeCommit } from './take-commit.js';

/**
 * Settles the intent of a message. Runs inside the group's transaction. One that others can no longer read, because too many commits came
 * before it, is encrypted again.
 */
export function storeOwnMessage(
  ctx: ClientContext,
  group: LiveGroup,
  { epoch, createdAtNs, sequenceId }: GroupEnvelope,
  intent: Intent,
  expireAtNs: bigint | undefined,
  emit: EmitEvent,
): void {
  const { messageId } = intent;
  if (messageId === undefined) {
    // A typing notice: of now or not at all, and no message.
    markIntentProcessed(ctx.db, intent.id);
    return;
  }
  if (!isReadable(epoch, group.mls.epoch)) {
    rebuildIntent(ctx.db, intent.id);
    setDeliveryStatus(ctx.db, messageId, 'unpublished');
    return;
  }
  markIntentProcessed(ctx.db, intent.id);
  const message = markMessagePublished(ctx.db, messageId, { sentAtNs: createdAtNs, sequenceId, expireAtNs });
  if (message !== undefined) emit({ type: 'message', message });
}

/** Settles the intent of a commit. */
export function receiveOwnCommit(
  ctx: ClientContext,
  group: LiveGroup,
  envelope: GroupEnvelope,
  intent: Intent,
): ReceiveStep {
  const staged = stagedOn(ctx, group, envelope, intent);
  if (staged === undefined) {
    // Another commit won this epoch: what was wanted is built anew on what there is now.
    groupTransaction(ctx, group, () => {
      raiseCursor(ctx.db, group.id, 'commit', envelope.sequenceId);
      rebuildIntent(ctx.db, intent.id);
      logRefused(ctx, group.id, envelope, { result: 'wrong-epoch', code: 'mls/wrong-epoch' });
    });
    return DONE;
  }
  const apply = (validated: ValidatedCommit): ReceiveOutcome => {
    groupTransaction(ctx, group, (emit) => {
      applyCommit(ctx, group, staged, validated, envelope, emit);
      markIntentCommitted(ctx.db, intent.id, envelope.sequenceId);
    });
    ctx.invitations.report(intent.id, 'commit', 1, 1);
    return DONE;
  };
  const refused = (error: unknown): ReceiveOutcome => {
    const isRefusal = error instanceof ConclaveError && !error.retryable && !isStorageFailure(error);
    if (!isRefusal || error.code === 'client/group-paused') throw error;
    // Refused by ourselves, so by everybody: it did not happen.
    ctx.intentFailures.note(intent.id, error);
    return rejectEnvelope(ctx, group.id, envelope, error, () => failIntent(ctx.db, intent.id, error.code));
  };
  return takeCommit(ctx, group, { staged, createdAtNs: envelope.createdAtNs }, apply, refused);
}

/** The commit that was made, if the group still stands where it was. */
function stagedOn(
  ctx: ClientContext,
  group: LiveGroup,
  envelope: GroupEnvelope,
  intent: Intent,
): StagedCommit | undefined {
  const kept = group.takeOwnCommit(intent.payloadHash);
  if (envelope.epoch !== group.mls.epoch) return undefined;
  if (kept !== undefined) return kept;
  const stored = getStagedCommit(ctx.db, intent.id);
  if (stored === undefined) return undefined;
  try {
    return group.mls.decodeStagedCommit(stored);
  } catch (error) {
    if (error instanceof MlsError && error.code === 'mls/stale-diff') return undefined;
    throw error;
  }
}
