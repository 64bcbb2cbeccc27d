/**
 * A message that came by another way than the order of the network, such as a push notification while the node cannot be reached: it is
 * read and stored, but moves no cursor, for what lies before it has not been taken in. When its turn comes it is known already.
 */
import { ConclaveError } from '@conclave/crypto';
import type { GroupMessage_V1 } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { requireGate } from '../store/conversations.js';
import { type GroupEnvelope, isSeen, positionOf, readEnvelope } from './envelope.js';
import { groupStopped } from './group-stopped.js';
import { takeOutOfTurn } from './out-of-turn.js';

/**
 * Stores the message of an envelope if it can be read now; whatever else it is waits for its turn, to be judged and recorded then. Call it
 * under the group's lock.
 * @throws ClientError `client/node-answer-malformed`; what is wrong with this device
 */
export function takePushed(ctx: ClientContext, groupId: string, message: GroupMessage_V1): void {
  positionOf(message);
  if (groupStopped(requireGate(ctx.db, groupId)) !== undefined) return;
  let envelope: GroupEnvelope;
  try {
    envelope = readEnvelope(groupId, message);
  } catch (error) {
    if (!(error instanceof ConclaveError)) throw error;
    return;
  }
  if (!isSeen(ctx.db, groupId, envelope)) takeOutOfTurn(ctx, groupId, envelope);
}
