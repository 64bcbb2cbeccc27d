/** Positions of identity logs that cannot exist, so that nobody asks the network for them. */
import { isInboxId } from '@conclave/identity';
import type { MissingState } from '../identity/inbox-states.js';

/**
 * Whether no log can have this position: the name is not an inbox id, or the sequence id is 0, which a creator writes for
 * itself and which stands for no state. A request for such a name would fail as a whole, and again at every attempt.
 */
export function isUnresolvable({ inboxId, sequenceId }: MissingState): boolean {
  return sequenceId === 0n || !isInboxId(inboxId);
}
