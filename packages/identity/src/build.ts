/**
 * Updates that are still to be signed: what an SDK call asks for, with the one who has to sign in each signature place.
 *
 * | SDK call | update |
 * | --- | --- |
 * | first registration | `registrationUpdate` |
 * | a further installation, another account | `addAssociationUpdate` |
 * | removal of accounts or installations | `revokeUpdate` |
 * | another recovery identifier | `changeRecoveryUpdate` |
 *
 * The text shows whole seconds: two equal updates in one second have one text, deterministic wallets then give one
 * signature, and the second update is refused as `identity/replay`. Keep a second between them.
 */
import type { IdentityUpdate } from './actions.js';
import type { Identifier, InstallationIdentifier, MemberIdentifier } from './identifier.js';
import { DEFAULT_NONCE, inboxIdOf } from './inbox-id.js';

/** An update with its signers in place of signatures. */
export type PendingIdentityUpdate = IdentityUpdate<MemberIdentifier>;

/** Creates an inbox and adds its first installation; the owner signs once for both. */
export function registrationUpdate(params: {
  readonly owner: Identifier;
  readonly nonce?: bigint;
  readonly installation: InstallationIdentifier;
  readonly clientTimestampNs: bigint;
}): PendingIdentityUpdate {
  const { owner, nonce = DEFAULT_NONCE, installation, clientTimestampNs } = params;
  return {
    inboxId: inboxIdOf(owner, nonce),
    clientTimestampNs,
    actions: [{ kind: 'create-inbox', owner, nonce, ownerSignature: owner }, addAssociation(installation, owner)],
  };
}

/** Adds a member to an inbox. */
export function addAssociationUpdate(params: {
  readonly inboxId: string;
  readonly newMember: MemberIdentifier;
  /** A member, or the recovery identifier; an installation cannot add an installation. */
  readonly existingMember: MemberIdentifier;
  readonly clientTimestampNs: bigint;
}): PendingIdentityUpdate {
  const { inboxId, newMember, existingMember, clientTimestampNs } = params;
  return { inboxId, clientTimestampNs, actions: [addAssociation(newMember, existingMember)] };
}

/** Revokes members; the recovery identifier signs once for all. */
export function revokeUpdate(params: {
  readonly inboxId: string;
  readonly members: readonly MemberIdentifier[];
  readonly recoveryIdentifier: Identifier;
  readonly clientTimestampNs: bigint;
}): PendingIdentityUpdate {
  const { inboxId, members, recoveryIdentifier, clientTimestampNs } = params;
  return {
    inboxId,
    clientTimestampNs,
    actions: members.map((member) => ({
      kind: 'revoke-association',
      member,
      recoverySignature: recoveryIdentifier,
    })),
  };
}

/** Replaces the recovery identifier; the present one signs. */
export function changeRecoveryUpdate(params: {
  readonly inboxId: string;
  readonly newRecoveryIdentifier: Identifier;
  readonly recoveryIdentifier: Identifier;
  readonly clientTimestampNs: bigint;
}): PendingIdentityUpdate {
  const { inboxId, newRecoveryIdentifier, recoveryIdentifier, clientTimestampNs } = params;
  return {
    inboxId,
    clientTimestampNs,
    actions: [{ kind: 'change-recovery-identifier', newRecoveryIdentifier, recoverySignature: recoveryIdentifier }],
  };
}

function addAssociation(newMember: MemberIdentifier, existingMember: MemberIdentifier) {
  return {
    kind: 'add-association' as const,
    newMember,
    existingMemberSignature: existingMember,
    newMemberSignature: newMember,
  };
}
