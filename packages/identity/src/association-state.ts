/** The state that an identity log adds up to (XIP-46). An immutable value; `apply-update.ts` makes the next one. */
import type { Identifier, MemberIdentifier } from './identifier.js';

/** A member with its origin. */
export interface Member {
  readonly identifier: MemberIdentifier;
  /** Undefined for the owner who created the inbox. */
  readonly addedBy: MemberIdentifier | undefined;
  /** Client time of the update that added it; undefined for the owner. */
  readonly clientTimestampNs: bigint | undefined;
  /** Set for contract wallets only, which may sign from this chain alone. */
  readonly addedOnChainId: bigint | undefined;
}

/** An inbox at one position of its log. */
export interface AssociationState {
  readonly inboxId: string;
  /** By `identifierKey`. */
  readonly members: ReadonlyMap<string, Member>;
  /** The one who may revoke; need not be a member. */
  readonly recoveryIdentifier: Identifier;
  /** Raw bytes of every signature used so far, hex. */
  readonly seenSignatures: ReadonlySet<string>;
}
