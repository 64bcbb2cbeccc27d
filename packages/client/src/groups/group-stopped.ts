/** Why nothing of a group can be taken in now. */
import { ClientError } from '../errors.js';
import type { ConversationGate } from '../store/conversations.js';

/** The reason, if there is one: we are not in it any more, or it waits for a newer client. */
export function groupStopped(conversation: ConversationGate): ClientError | undefined {
  const { id, active, pausedForVersion } = conversation;
  if (!active) return new ClientError('client/group-inactive', { groupId: id });
  if (pausedForVersion === undefined) return undefined;
  return new ClientError('client/group-paused', { groupId: id, minimumVersion: pausedForVersion });
}
