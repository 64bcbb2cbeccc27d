/**
 * Identity states as the rules see them: synchronous, at exact positions of the logs. What is not stored is named, so
 * that the caller fetches all of it in one call and asks again.
 */
import type { AssociationState } from '@conclave/identity';

/** Where the rules find the states. */
export interface InboxStates {
  /** State of the inbox at exactly this sequence id, or undefined when it is not stored locally. */
  at(inboxId: string, sequenceId: bigint): AssociationState | undefined;
  /** Sequence id of the last stored update of the inbox that is not above the given one, or undefined when there is none. */
  latestUpTo(inboxId: string, sequenceId: bigint): bigint | undefined;
}

/** A state that is needed and not stored. */
export interface MissingState {
  readonly inboxId: string;
  readonly sequenceId: bigint;
}
