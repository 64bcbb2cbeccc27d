/**
 * Replay of an identity log into a state at an exact position. The position is a server sequence id: a group pins each
 * member's inbox to one, so "close enough" is not good enough.
 */
import { applyUpdates } from './apply-update.js';
import type { AssociationState } from './association-state.js';
import { IdentityError } from './errors.js';
import type { VerifiedIdentityUpdate } from './verify.js';

/** An update at its position in the log. */
export interface InboxLogEntry {
  /** Assigned by the node; strictly increasing within an inbox, with gaps. */
  readonly sequenceId: bigint;
  readonly update: VerifiedIdentityUpdate;
}

/** State after the update with this sequence id: the unit to cache, under (inbox id, sequence id). */
export interface InboxSnapshot {
  readonly sequenceId: bigint;
  readonly state: AssociationState;
}

/** Where a replay starts and ends. */
export interface ReplayOptions {
  /** A state to continue from; entries up to its sequence id are passed over. */
  readonly from?: InboxSnapshot;
  /** The position asked for; the end of the log when absent. */
  readonly at?: bigint;
}

/**
 * Replays a log.
 *
 * @param inboxId - the inbox that was asked for. A node that answers with another inbox's log is found out here
 * @param entries - in ascending order of sequence id
 * @throws IdentityError `identity/missing-update` when no update has exactly the sequence id `at`,
 *   `identity/unordered-log`, `identity/not-created` for an empty log, `identity/wrong-inbox-id`, or the code of the rule
 *   that refuses an update
 * Cost: linear in the entries replayed, plus one copy of the state.
 */
export function replayInboxLog(
  inboxId: string,
  entries: readonly InboxLogEntry[],
  options: ReplayOptions = {},
): InboxSnapshot {
  const { from, at } = options;
  if (from !== undefined && from.state.inboxId !== inboxId) throw new IdentityError('identity/wrong-inbox-id');
  checkOrder(entries);
  const pending = entries.filter(
    ({ sequenceId }) => (from === undefined || sequenceId > from.sequenceId) && (at === undefined || sequenceId <= at),
  );
  const reached = pending.at(-1)?.sequenceId ?? from?.sequenceId;
  if (at !== undefined && reached !== at) throw new IdentityError('identity/missing-update', { sequenceId: at });
  if (reached === undefined) throw new IdentityError('identity/not-created');
  if (from !== undefined && pending.length === 0) return from;
  const state = applyUpdates(
    from?.state,
    pending.map(({ update }) => update),
  );
  if (state.inboxId !== inboxId) throw new IdentityError('identity/wrong-inbox-id');
  return { sequenceId: reached, state };
}

function checkOrder(entries: readonly InboxLogEntry[]): void {
  entries.forEach(({ sequenceId }, index) => {
    const previous = entries[index - 1]?.sequenceId;
    if (previous !== undefined && sequenceId <= previous) {
      throw new IdentityError('identity/unordered-log', { sequenceId, previous });
    }
  });
}
