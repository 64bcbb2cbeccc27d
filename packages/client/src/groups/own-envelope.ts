/** Our own envelope came back from the node: it is never decrypted, it is recognised by the hash of its bytes. */

import { ConclaveError } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import { raiseCursor } from '../store/cursors.js';
import { failIntent, type Intent, markIntentCommitted, markIntentProcessed, rebuildIntent } from '../store/intents.js';
import { getMessage, markMessagePublished, type StoredMessage, setDeliveryStatus } from '../store/messages.js';
import { applyCommit } from './apply-commit.js';
import { checkReceivedCommit } from './check-commit.js';
import { expiryOf } from './disappearing.js';
import { groupTransaction } from './group-transaction.js';
import type { LiveGroup } from './live-groups.js';
import { READABLE_EPOCHS } from './publish.js';
import type { GroupEnvelope, ReceiveOutcome } from './receive.js';

/** Settles the intent that this envelope belongs to. */
export function receiveOwnEnvelope(
  ctx: ClientContext,
  group: LiveGroup,
  envelope: GroupEnvelope,
  intent: Intent,
): Promise<ReceiveOutcome> | ReceiveOutcome {
  return intent.kind === 'send-message'
    ? receiveOwnMessage(ctx, group, envelope, intent)
    : receiveOwnCommit(ctx, group, envelope, intent);
}

/** A message that others can no longer read, because too many commits came before it, is encrypted again. */
function receiveOwnMessage(
  ctx: ClientContext,
  group: LiveGroup,
  envelope: GroupEnvelope,
  intent: Intent,
): ReceiveOutcome {
  const { epoch } = group.mls;
  const readable = envelope.epoch <= epoch && epoch < envelope.epoch + READABLE_EPOCHS;
  groupTransaction(ctx, group, (emit) => {
    raiseCursor(ctx.db, group.id, 'application', envelope.sequenceId);
    const messageId = intent.messageId as string;
    if (!readable) {
      rebuildIntent(ctx.db, intent.id);
      setDeliveryStatus(ctx.db, messageId, 'unpublished');
      return;
    }
    markIntentProcessed(ctx.db, intent.id);
    const publication = {
      sentAtNs: envelope.createdAtNs,
      sequenceId: envelope.sequenceId,
      expireAtNs: expiryOf(ctx, group.id),
    };
    if (!markMessagePublished(ctx.db, messageId, publication)) return;
    emit({ type: 'message', message: getMessage(ctx.db, messageId) as StoredMessage });
  });
  return { kind: 'done' };
}

async function receiveOwnCommit(
  ctx: ClientContext,
  group: LiveGroup,
  envelope: GroupEnvelope,
  intent: Intent,
): Promise<ReceiveOutcome> {
  if (envelope.epoch !== group.mls.epoch || intent.stagedCommit === undefined) {
    // Another commit won this epoch: what was wanted is built anew on what there is now.
    groupTransaction(ctx, group, () => {
      raiseCursor(ctx.db, group.id, 'commit', envelope.sequenceId);
      rebuildIntent(ctx.db, intent.id);
    });
    return { kind: 'done' };
  }
  const staged = group.mls.decodeStagedCommit(intent.stagedCommit);
  try {
    const validated = await checkReceivedCommit(ctx, group, staged);
    groupTransaction(ctx, group, (emit) => {
      applyCommit(ctx, group, staged, validated, envelope, emit);
      markIntentCommitted(ctx.db, intent.id, envelope.sequenceId);
    });
    return { kind: 'done' };
  } catch (error) {
    // Refused by ourselves, so by everybody: it did not happen. A retryable failure leaves the intent and the cursor alone.
    if (error instanceof ConclaveError && !error.retryable) {
      failIntent(ctx.db, intent.id, error.code);
      ctx.intentFailures.set(intent.id, error);
    }
    throw error;
  }
}
