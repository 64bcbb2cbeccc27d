/**
 * Identity actions and updates (XIP-46) as values.
 *
 * The type parameter is what stands where a signature belongs, so that one update goes through its life without
 * changing shape: who has to sign (`MemberIdentifier`), the signatures (`Signature`), what they prove
 * (`VerifiedSignature`).
 */
import type { Identifier, MemberIdentifier } from './identifier.js';

/** Founds the inbox; its owner becomes the first member and the recovery identifier. */
export interface CreateInbox<S> {
  readonly kind: 'create-inbox';
  readonly owner: Identifier;
  readonly nonce: bigint;
  readonly ownerSignature: S;
}

/** Adds a member, with its consent. */
export interface AddAssociation<S> {
  readonly kind: 'add-association';
  readonly newMember: MemberIdentifier;
  readonly existingMemberSignature: S;
  readonly newMemberSignature: S;
}

/** Removes a member, and the installations that it added. */
export interface RevokeAssociation<S> {
  readonly kind: 'revoke-association';
  readonly member: MemberIdentifier;
  readonly recoverySignature: S;
}

/** Names another recovery identifier. */
export interface ChangeRecoveryIdentifier<S> {
  readonly kind: 'change-recovery-identifier';
  readonly newRecoveryIdentifier: Identifier;
  readonly recoverySignature: S;
}

/** One change inside an update (XIP-46). */
export type IdentityAction<S> = CreateInbox<S> | AddAssociation<S> | RevokeAssociation<S> | ChangeRecoveryIdentifier<S>;

/** One entry of an identity log: its actions hold together or not at all. */
export interface IdentityUpdate<S> {
  /** 64 lower-case hex digits. */
  readonly inboxId: string;
  /** Clock of the client that made it, ns since 1970; part of the text, compared with nothing. */
  readonly clientTimestampNs: bigint;
  readonly actions: readonly IdentityAction<S>[];
}

/** What stands in the signature places of an action, in the order of the wire. */
export function signaturesOfAction<S>(action: IdentityAction<S>): readonly S[] {
  switch (action.kind) {
    case 'create-inbox':
      return [action.ownerSignature];
    case 'add-association':
      return [action.existingMemberSignature, action.newMemberSignature];
    case 'revoke-association':
    case 'change-recovery-identifier':
      return [action.recoverySignature];
  }
}

/** What stands in the signature places of an update, in order; repeated where one signature serves several. */
export function signaturesOfUpdate<S>(update: IdentityUpdate<S>): readonly S[] {
  return update.actions.flatMap((action) => signaturesOfAction(action));
}

/** The same update with every signature place filled by `replace`. */
export function mapSignatures<S, T>(update: IdentityUpdate<S>, replace: (place: S) => T): IdentityUpdate<T> {
  return {
    inboxId: update.inboxId,
    clientTimestampNs: update.clientTimestampNs,
    actions: update.actions.map((action) => mapAction(action, replace)),
  };
}

function mapAction<S, T>(action: IdentityAction<S>, replace: (place: S) => T): IdentityAction<T> {
  switch (action.kind) {
    case 'create-inbox':
      return { ...action, ownerSignature: replace(action.ownerSignature) };
    case 'add-association':
      return {
        ...action,
        existingMemberSignature: replace(action.existingMemberSignature),
        newMemberSignature: replace(action.newMemberSignature),
      };
    case 'revoke-association':
    case 'change-recovery-identifier':
      return { ...action, recoverySignature: replace(action.recoverySignature) };
  }
}
