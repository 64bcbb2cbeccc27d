/**
 * A message that came by another way than the order of the network, such as a push notification while the node cannot be reached: it is
 * read and stored, but moves no cursor, for what lies before it has not been taken in. When its turn comes it is known already.
 */
import { ConclaveError } from '@conclave/crypto';
import type { GroupMessage_V1 } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { isStorageFailure } from '../errors.js';
import { requireGate } from '../store/conversations.js';
import { getPublishedIntent } from '../store/intents.js';
import { openApplicationMessage, storeApplicationMessage } from './application-message.js';
import { expiryOf } from './disappearing.js';
import { isSeen, positionOf, readEnvelope } from './envelope.js';
import { groupStopped } from './group-stopped.js';
import { groupTransaction } from './group-transaction.js';

/**
 * Stores the message of an envelope if it can be read now; whatever else it is waits for its turn. Call it under the group's lock.
 * @throws ClientError `client/node-answer-malformed`; what is wrong with this device
 */
export function takePushed(ctx: ClientContext, groupId: string, message: GroupMessage_V1): void {
  positionOf(message);
  if (groupStopped(requireGate(ctx.db, groupId)) !== undefined) return;
  try {
    const envelope = readEnvelope(groupId, message);
    if (envelope.isCommit || isSeen(ctx.db, groupId, envelope)) return;
    if (getPublishedIntent(ctx.db, groupId, ctx.crypto.hash('sha256', envelope.data)) !== undefined) return;
    const group = ctx.liveGroups.get(groupId);
    if (envelope.epoch > group.mls.epoch) return;
    const processed = group.mls.process(envelope.data);
    const opened = processed.kind === 'application' ? openApplicationMessage(group, processed) : undefined;
    groupTransaction(ctx, group, (emit) => {
      group.forgetProposals();
      if (opened === undefined || opened instanceof ConclaveError) return;
      storeApplicationMessage(ctx, group, opened, { ...envelope, expireAtNs: expiryOf(ctx, groupId) }, emit);
    });
  } catch (error) {
    if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
    // Judged, and recorded, when its turn comes.
  }
}
