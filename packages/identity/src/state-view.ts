/** Reading an association state: who is in it, in which order, and what changed. */
import type { AssociationState, Member } from './association-state.js';
import { type Identifier, identifierKey, type MemberIdentifier } from './identifier.js';

/** An installation in a state. */
export interface InstallationView {
  /** 32 bytes: the installation id, and its signature key in MLS. */
  readonly publicKey: Uint8Array;
  readonly clientTimestampNs: bigint | undefined;
}

/** Members that come and go between two states. A member that was added again in another way is in neither list. */
export interface AssociationStateDiff {
  readonly newMembers: readonly MemberIdentifier[];
  readonly removedMembers: readonly MemberIdentifier[];
}

/** True when the identifier is a member. Constant cost. */
export function isMember(state: AssociationState, identifier: MemberIdentifier): boolean {
  return state.members.has(identifierKey(identifier));
}

/** True when the key is an installation of the inbox. Constant cost. */
export function hasInstallation(state: AssociationState, publicKey: Uint8Array): boolean {
  return isMember(state, { kind: 'installation', publicKey });
}

/** Members by client timestamp; the creator, who has none, comes last. Members of one update keep their order. */
export function membersOf(state: AssociationState): Member[] {
  return [...state.members.values()].sort((a, b) => {
    const left = a.clientTimestampNs;
    const right = b.clientTimestampNs;
    if (left === right) return 0;
    if (left === undefined) return 1;
    if (right === undefined) return -1;
    return left < right ? -1 : 1;
  });
}

/** Accounts and passkeys in the order of `membersOf`. */
export function identifiersOf(state: AssociationState): Identifier[] {
  return membersOf(state).flatMap(({ identifier }) => (identifier.kind === 'installation' ? [] : [identifier]));
}

/** Installations in the order of `membersOf`. */
export function installationsOf(state: AssociationState): InstallationView[] {
  return membersOf(state).flatMap(({ identifier, clientTimestampNs }) =>
    identifier.kind === 'installation' ? [{ publicKey: identifier.publicKey, clientTimestampNs }] : [],
  );
}

/**
 * What changed from one state to another.
 * @param before - undefined: all members are new
 * Cost: linear in both.
 */
export function diffStates(before: AssociationState | undefined, after: AssociationState): AssociationStateDiff {
  const old = before?.members ?? new Map<string, Member>();
  return {
    newMembers: membersMissingIn(old, after.members),
    removedMembers: membersMissingIn(after.members, old),
  };
}

function membersMissingIn(
  here: ReadonlyMap<string, Member>,
  there: ReadonlyMap<string, Member>,
): readonly MemberIdentifier[] {
  return [...there].flatMap(([key, member]) => (here.has(key) ? [] : [member.identifier]));
}
