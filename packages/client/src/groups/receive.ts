/**
 * The way in of one group: one envelope, from a query or from a stream, through the same function.
 *
 * An envelope ends as *done*, as *rejected* (it can never be used: recorded, and passed) or as *stopped* (it can be used later:
 * the cursor stays and nothing behind it is taken). The only await is the fetch of identity logs that a commit needs; everything
 * that changes state is one transaction with the cursor.
 */
import { ConclaveError, toHex } from '@conclave/crypto';
import { MlsError, peekMlsMessage } from '@conclave/mls';
import type { GroupMessage_V1 } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { requireConversation, updateConversation } from '../store/conversations.js';
import { getCursor, raiseCursor } from '../store/cursors.js';
import { getPublishedIntent } from '../store/intents.js';
import { insertRejectedEnvelope } from '../store/rejected-envelopes.js';
import { receiveApplicationMessage } from './application-message.js';
import { applyCommit } from './apply-commit.js';
import { checkReceivedCommit } from './check-commit.js';
import { groupTransaction } from './group-transaction.js';
import type { LiveGroup } from './live-groups.js';
import { receiveOwnEnvelope } from './own-envelope.js';

/** What became of an envelope. */
export type ReceiveOutcome =
  | { readonly kind: 'done' }
  /** Seen before: the cursor of its kind is at or beyond it. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'rejected'; readonly error: ConclaveError }
  /** Its turn comes again: the network failed, the group is paused or this installation is no longer in it. */
  | { readonly kind: 'stopped'; readonly error: ClientError };

/** An envelope with its header read. */
export interface GroupEnvelope {
  readonly sequenceId: bigint;
  readonly createdAtNs: bigint;
  readonly data: Uint8Array;
  readonly epoch: bigint;
  readonly isCommit: boolean;
}

/** MLS content type of a commit (RFC 9420 section 6). */
const COMMIT = 3;
const PRIVATE_MESSAGE = 2;

/**
 * Takes one envelope. Call it under the group's lock, in ascending order of ids.
 * @param catchUp - called first when the envelope is of an epoch that is not reached yet: a stream may have left out a commit
 * Cost: constant in the members for an application message; linear in the changes for a commit.
 */
export async function receiveEnvelope(
  ctx: ClientContext,
  groupId: string,
  message: GroupMessage_V1,
  catchUp?: () => Promise<unknown>,
): Promise<ReceiveOutcome> {
  const envelope = openHeader(groupId, message);
  if (envelope instanceof ConclaveError) {
    return reject(ctx, groupId, { sequenceId: message.id, isCommit: message.isCommit }, envelope);
  }
  if (envelope.sequenceId <= getCursor(ctx.db, groupId, cursorOf(envelope))) return { kind: 'skipped' };
  const conversation = requireConversation(ctx.db, groupId);
  if (!conversation.active) return { kind: 'stopped', error: new ClientError('client/group-inactive', { groupId }) };
  if (catchUp !== undefined && envelope.epoch > ctx.liveGroups.get(groupId).mls.epoch) await catchUp();
  const group = ctx.liveGroups.get(groupId);
  try {
    const own = getPublishedIntent(ctx.db, groupId, ctx.crypto.hash('sha256', envelope.data));
    if (own !== undefined) return await receiveOwnEnvelope(ctx, group, envelope, own);
    if (envelope.isCommit) return await receiveCommit(ctx, group, envelope);
    groupTransaction(ctx, group, (emit) => {
      receiveApplicationMessage(ctx, group, envelope, emit);
      raiseCursor(ctx.db, groupId, 'application', envelope.sequenceId);
    });
    return { kind: 'done' };
  } catch (error) {
    // Whatever was half done in memory is not in the database: read it again before anything else.
    ctx.liveGroups.drop(groupId);
    return settle(ctx, groupId, envelope, error);
  }
}

async function receiveCommit(ctx: ClientContext, group: LiveGroup, envelope: GroupEnvelope): Promise<ReceiveOutcome> {
  const processed = group.mls.process(envelope.data);
  if (processed.kind !== 'commit')
    throw new ClientError('client/message-invalid', { groupId: group.id, kind: processed.kind });
  const { staged } = processed;
  const validated = await checkReceivedCommit(ctx, group, staged);
  groupTransaction(ctx, group, (emit) => applyCommit(ctx, group, staged, validated, envelope, emit));
  return { kind: 'done' };
}

function openHeader(groupId: string, message: GroupMessage_V1): GroupEnvelope | ConclaveError {
  try {
    const header = peekMlsMessage(message.data);
    if (header.wireFormat !== PRIVATE_MESSAGE || header.epoch === undefined || header.groupId === undefined) {
      return new ClientError('client/message-invalid', { groupId, wireFormat: header.wireFormat });
    }
    if (toHex(header.groupId) !== groupId)
      return new ClientError('client/message-invalid', { groupId, reason: 'of another group' });
    return {
      sequenceId: message.id,
      createdAtNs: message.createdNs,
      data: message.data,
      epoch: header.epoch,
      isCommit: header.contentType === COMMIT,
    };
  } catch (error) {
    if (error instanceof ConclaveError) return error;
    throw error;
  }
}

function cursorOf(envelope: { isCommit: boolean }): 'commit' | 'application' {
  return envelope.isCommit ? 'commit' : 'application';
}

/** Decides between *rejected* and *stopped*. */
function settle(ctx: ClientContext, groupId: string, envelope: GroupEnvelope, error: unknown): ReceiveOutcome {
  if (!(error instanceof ConclaveError)) throw error;
  if (error instanceof ClientError && error.code === 'client/group-paused') return { kind: 'stopped', error };
  if (error.retryable) {
    const retryable =
      error instanceof ClientError ? error : new ClientError('client/database-busy', { groupId }, error);
    return { kind: 'stopped', error: retryable };
  }
  // A broken database must not look like a broken message: the cursor stays, the caller is told.
  if (error.code.startsWith('sqlite/') || error.code === 'mls/corrupt-rows' || error.code === 'client/database-damaged')
    throw error;
  return reject(ctx, groupId, envelope, error);
}

function reject(
  ctx: ClientContext,
  groupId: string,
  envelope: { sequenceId: bigint; isCommit: boolean; epoch?: bigint },
  error: ConclaveError,
): ReceiveOutcome {
  if (envelope.sequenceId <= getCursor(ctx.db, groupId, cursorOf(envelope))) return { kind: 'skipped' };
  ctx.db.transaction(() => {
    const rule = error.details.rule;
    insertRejectedEnvelope(ctx.db, {
      topic: groupId,
      kind: 'group',
      sequenceId: envelope.sequenceId,
      code: error.code,
      rule: rule === undefined ? undefined : String(rule),
      rejectedAtNs: ctx.host.nowNs(),
    });
    raiseCursor(ctx.db, groupId, cursorOf(envelope), envelope.sequenceId);
    markPossibleFork(ctx, groupId, error);
  });
  ctx.host.log?.info('envelope-rejected', {
    group: groupId.slice(0, 8),
    sequenceId: envelope.sequenceId,
    code: error.code,
  });
  return { kind: 'rejected', error };
}

/** A message from an epoch that this installation never reached: a commit was missed or refused that others accepted. */
function markPossibleFork(ctx: ClientContext, groupId: string, error: ConclaveError): void {
  if (!(error instanceof MlsError) || error.code !== 'mls/wrong-epoch') return;
  const { messageEpoch, groupEpoch } = error.details;
  if (typeof messageEpoch !== 'bigint' || typeof groupEpoch !== 'bigint' || messageEpoch <= groupEpoch) return;
  updateConversation(ctx.db, groupId, {
    maybeForked: true,
    forkDetails: `a message of epoch ${messageEpoch} while this installation is at ${groupEpoch}`,
  });
}
