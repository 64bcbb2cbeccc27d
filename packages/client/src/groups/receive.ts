/**
 * The way in of one group: one envelope, from a query or from a stream, through the same function.
 *
 * The only await is the fetch of identity logs that a commit needs; everything that changes state is one transaction with the cursor.
 */
import { ConclaveError } from '@conclave/crypto';
import type { GroupMessage_V1 } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { requireGate } from '../store/conversations.js';
import { raiseCursor } from '../store/cursors.js';
import { getPublishedIntent } from '../store/intents.js';
import { commitInvalid } from '../validation/commit-view.js';
import type { ValidatedCommit } from '../validation/validated-commit.js';
import { openApplicationMessage } from './application-message.js';
import { applyCommit } from './apply-commit.js';
import { isClosedTo } from './closed-to.js';
import { type GroupEnvelope, isSeen, positionOf, readEnvelope } from './envelope.js';
import { groupStopped } from './group-stopped.js';
import { groupTransaction } from './group-transaction.js';
import { type IncomingMessage, storeMessages } from './incoming-messages.js';
import type { LiveGroup } from './live-groups.js';
import { receiveOwnCommit } from './own-envelope.js';
import { DONE, type ReceiveLater, type ReceiveOutcome, type ReceiveStep, SKIPPED } from './receive-outcome.js';
import { rejectEnvelope, settleFailure } from './reject.js';
import { takeCommit } from './take-commit.js';

/**
 * Takes one envelope. Call it under the group's lock, in ascending order of ids.
 * @throws ClientError `client/node-answer-malformed`; what is wrong with this device
 * Cost: constant in the members for an application message; linear in the changes for a commit.
 */
export async function receiveEnvelope(
  ctx: ClientContext,
  groupId: string,
  message: GroupMessage_V1,
): Promise<ReceiveOutcome> {
  const step = takeEnvelope(ctx, groupId, message);
  return step.kind === 'later' ? await step.finish() : step;
}

/** As `receiveEnvelope`, as far as it goes without waiting. What it changes is one transaction, which may be part of a larger one. */
export function takeEnvelope(ctx: ClientContext, groupId: string, message: GroupMessage_V1): ReceiveStep {
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
    const step = reasonToStop(ctx, groupId) ?? takeUnseen(ctx, groupId, envelope);
    return step.kind === 'later' ? settled(ctx, groupId, envelope, step) : step;
  } catch (error) {
    return settleFailure(ctx, groupId, envelope, error);
  }
}

function settled(ctx: ClientContext, groupId: string, envelope: GroupEnvelope, step: ReceiveLater): ReceiveLater {
  const finish = (): Promise<ReceiveOutcome> =>
    step.finish().catch((error: unknown) => settleFailure(ctx, groupId, envelope, error));
  return { kind: 'later', finish };
}

function takeUnseen(ctx: ClientContext, groupId: string, envelope: GroupEnvelope): ReceiveStep {
  const group = ctx.liveGroups.get(groupId);
  const own = getPublishedIntent(ctx.db, groupId, ctx.crypto.hash('sha256', envelope.data));
  if (own?.kind === 'send-message') return storeAlone(ctx, group, { envelope, kind: 'own', intent: own });
  if (own !== undefined) return receiveOwnCommit(ctx, group, envelope, own);
  // Anybody can put such bytes there: without an epoch they leave no line in the commit log.
  if (isClosedTo(group, envelope)) {
    const { sequenceId, isCommit } = envelope;
    return rejectEnvelope(ctx, groupId, { sequenceId, isCommit }, commitInvalid('join-open'));
  }
  // Outside of the transaction: refused input leaves the group as it was, so garbage costs no reload of the group.
  const processed = group.mls.process(envelope.data);
  switch (processed.kind) {
    case 'commit': {
      const { staged } = processed;
      const apply = (validated: ValidatedCommit): ReceiveOutcome => {
        groupTransaction(ctx, group, (emit) => applyCommit(ctx, group, staged, validated, envelope, emit));
        return DONE;
      };
      const refused = (error: unknown): never => {
        throw error;
      };
      return takeCommit(ctx, group, { staged, createdAtNs: envelope.createdAtNs }, apply, refused);
    }
    case 'proposal':
      // It is no message; with app data the engine keeps it until its commit.
      groupTransaction(ctx, group, () => {
        group.forgetProposals();
        raiseCursor(ctx.db, groupId, 'application', envelope.sequenceId);
      });
      return DONE;
    case 'application': {
      const content = openApplicationMessage(group, processed);
      return storeAlone(ctx, group, { envelope, kind: 'read', content, skipped: processed.skipped });
    }
  }
}

function storeAlone(ctx: ClientContext, group: LiveGroup, message: IncomingMessage): ReceiveOutcome {
  const [outcome] = groupTransaction(ctx, group, (emit) => storeMessages(ctx, group, [message], emit));
  return outcome as ReceiveOutcome;
}

function reasonToStop(ctx: ClientContext, groupId: string): ReceiveOutcome | undefined {
  const error = groupStopped(requireGate(ctx.db, groupId));
  return error === undefined ? undefined : { kind: 'stopped', error };
}
