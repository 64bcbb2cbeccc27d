/**
 * The state machine of an inbox (XIP-46; rules and their order as in libxmtp 1.10.0, so that all clients refuse the same
 * updates). Every action of an update uses the update's timestamp, and signatures count as used only after all of them,
 * so one signature may serve several actions of one update.
 *
 * There is no order of timestamps, no counter, and no check that a new recovery identifier agrees.
 */
import { toHex } from '@conclave/crypto';
import {
  type AddAssociation,
  type ChangeRecoveryIdentifier,
  type CreateInbox,
  type IdentityAction,
  type RevokeAssociation,
  signaturesOfAction,
  signaturesOfUpdate,
} from './actions.js';
import type { AssociationState, Member } from './association-state.js';
import { IdentityError } from './errors.js';
import { type Identifier, identifierKey, type MemberKind, sameIdentifier } from './identifier.js';
import { inboxIdOf } from './inbox-id.js';
import { isSignatureAllowed, type VerifiedSignature } from './signatures/signature.js';
import type { VerifiedIdentityUpdate } from './verify.js';

/** A state in the making; dropped when a rule refuses. */
interface Draft {
  readonly inboxId: string;
  readonly members: Map<string, Member>;
  recoveryIdentifier: Identifier;
  readonly seenSignatures: Set<string>;
}

/**
 * State after an update, or after several in the order of the log.
 *
 * @param state - state before; undefined at the start of a log
 * @throws IdentityError with the code of the rule that refuses an update; then none of them has an effect
 * Cost: linear in members, signatures seen and actions; one copy of the state however many updates.
 */
export function applyUpdates(
  state: AssociationState | undefined,
  updates: Iterable<VerifiedIdentityUpdate>,
): AssociationState {
  let draft: Draft | undefined = state && {
    ...state,
    members: new Map(state.members),
    seenSignatures: new Set(state.seenSignatures),
  };
  for (const update of updates) {
    for (const action of update.actions) draft = applyAction(draft, action, update.clientTimestampNs);
    if (draft === undefined) throw new IdentityError('identity/not-created');
    if (draft.inboxId !== update.inboxId) throw new IdentityError('identity/wrong-inbox-id');
    for (const { rawBytes } of signaturesOfUpdate(update)) draft.seenSignatures.add(toHex(rawBytes));
  }
  if (draft === undefined) throw new IdentityError('identity/not-created');
  return draft;
}

/** State after one update; see `applyUpdates`. */
export function applyUpdate(state: AssociationState | undefined, update: VerifiedIdentityUpdate): AssociationState {
  return applyUpdates(state, [update]);
}

function applyAction(
  draft: Draft | undefined,
  action: IdentityAction<VerifiedSignature>,
  clientTimestampNs: bigint,
): Draft {
  if (action.kind === 'create-inbox') {
    if (draft !== undefined) throw new IdentityError('identity/multiple-create');
    return createInbox(action);
  }
  if (draft === undefined) throw new IdentityError('identity/not-created');
  for (const { rawBytes } of signaturesOfAction(action)) {
    if (draft.seenSignatures.has(toHex(rawBytes))) throw new IdentityError('identity/replay');
  }
  switch (action.kind) {
    case 'add-association':
      addAssociation(draft, action, clientTimestampNs);
      break;
    case 'revoke-association':
      revokeAssociation(draft, action);
      break;
    case 'change-recovery-identifier':
      changeRecoveryIdentifier(draft, action);
      break;
  }
  return draft;
}

function createInbox({ owner, nonce, ownerSignature }: CreateInbox<VerifiedSignature>): Draft {
  if (!sameIdentifier(ownerSignature.signer, owner)) throw new IdentityError('identity/missing-existing-member');
  checkKind(owner.kind, ownerSignature);
  if (ownerSignature.kind === 'legacy-delegated' && nonce !== 0n) {
    throw new IdentityError('identity/legacy-signature-reuse');
  }
  const member: Member = {
    identifier: owner,
    addedBy: undefined,
    clientTimestampNs: undefined,
    addedOnChainId: ownerSignature.chainId,
  };
  return {
    inboxId: inboxIdOf(owner, nonce),
    members: new Map([[identifierKey(owner), member]]),
    recoveryIdentifier: owner,
    seenSignatures: new Set(),
  };
}

function addAssociation(draft: Draft, action: AddAssociation<VerifiedSignature>, clientTimestampNs: bigint): void {
  const { newMember, existingMemberSignature: existing, newMemberSignature: joining } = action;
  if (!sameIdentifier(joining.signer, newMember)) {
    throw new IdentityError('identity/new-member-signature-mismatch');
  }
  if (sameIdentifier(joining.signer, existing.signer)) throw new IdentityError('identity/added-self');
  checkLegacyInbox(draft, existing, joining);
  checkKind(newMember.kind, joining);
  const member = draft.members.get(identifierKey(existing.signer));
  if (member !== undefined) {
    checkChain(member, existing);
  } else {
    checkRecoverySigner(draft, existing);
    if (existing.kind === 'legacy-delegated') throw new IdentityError('identity/legacy-signature-reuse');
  }
  checkKind(existing.signer.kind, existing);
  if (existing.signer.kind === 'installation' && newMember.kind === 'installation') {
    throw new IdentityError('identity/member-not-allowed');
  }
  draft.members.set(identifierKey(newMember), {
    identifier: joining.signer,
    addedBy: member?.identifier ?? draft.recoveryIdentifier,
    clientTimestampNs,
    addedOnChainId: joining.chainId,
  });
}

function revokeAssociation(draft: Draft, { member, recoverySignature }: RevokeAssociation<VerifiedSignature>): void {
  checkRecoveryAction(draft, recoverySignature);
  // One level: identifiers that the member added stay, and so do the installations that those added.
  for (const [key, child] of draft.members) {
    if (child.identifier.kind === 'installation' && child.addedBy && sameIdentifier(child.addedBy, member)) {
      draft.members.delete(key);
    }
  }
  draft.members.delete(identifierKey(member));
}

function changeRecoveryIdentifier(
  draft: Draft,
  { newRecoveryIdentifier, recoverySignature }: ChangeRecoveryIdentifier<VerifiedSignature>,
): void {
  checkRecoveryAction(draft, recoverySignature);
  draft.recoveryIdentifier = newRecoveryIdentifier;
}

/** The signer rules that revocation and change of recovery share. */
function checkRecoveryAction(draft: Draft, signature: VerifiedSignature): void {
  const member = draft.members.get(identifierKey(signature.signer));
  if (member !== undefined) checkChain(member, signature);
  if (signature.kind === 'legacy-delegated') throw notAllowed(signature.signer.kind, signature);
  checkRecoverySigner(draft, signature);
}

function checkRecoverySigner(draft: Draft, signature: VerifiedSignature): void {
  if (!sameIdentifier(signature.signer, draft.recoveryIdentifier)) {
    throw new IdentityError('identity/missing-existing-member');
  }
}

/** A legacy signature works only in the inbox that its wallet owns with nonce 0. */
function checkLegacyInbox(draft: Draft, existing: VerifiedSignature, joining: VerifiedSignature): void {
  const isLegacy = existing.kind === 'legacy-delegated' || joining.kind === 'legacy-delegated';
  if (!isLegacy || existing.signer.kind === 'installation') return;
  if (draft.inboxId !== inboxIdOf(existing.signer, 0n)) throw new IdentityError('identity/legacy-signature-reuse');
}

function checkKind(signer: MemberKind, signature: VerifiedSignature): void {
  if (!isSignatureAllowed(signer, signature.kind)) throw notAllowed(signer, signature);
}

function checkChain(member: Member, signature: VerifiedSignature): void {
  if (member.addedOnChainId !== signature.chainId) {
    throw new IdentityError('identity/chain-id-mismatch', {
      joinedFrom: member.addedOnChainId ?? 'none',
      signedFrom: signature.chainId ?? 'none',
    });
  }
}

function notAllowed(signer: MemberKind, signature: VerifiedSignature): IdentityError {
  return new IdentityError('identity/signature-not-allowed', { signer, signature: signature.kind });
}
