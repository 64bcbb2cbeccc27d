/** Identity updates between protobuf and values. A missing or unknown part makes the whole update unreadable. */

import { toHex } from '@conclave/crypto';
import {
  create,
  decodeProto,
  encodeMessage,
  type IdentityAction as IdentityActionProto,
  type IdentityActionSchema,
  type IdentityUpdate as IdentityUpdateProto,
  IdentityUpdateSchema,
  type MessageInitShape,
} from '@conclave/proto';
import { sha256 } from '@noble/hashes/sha2.js';
import type { IdentityAction, IdentityUpdate } from '../actions.js';
import { IdentityError } from '../errors.js';
import { identifierText } from '../identifier.js';
import type { Signature } from '../signatures/signature.js';
import {
  identifierFromText,
  identifierKindToProto,
  memberIdentifierFromProto,
  memberIdentifierToProto,
  relyingPartyOf,
} from './identifier.js';
import { signatureFromProto, signatureToProto } from './signature.js';
import { writeIdentityUpdate } from './write-update.js';

/** An update with its signatures, not verified yet. */
export type SignedIdentityUpdate = IdentityUpdate<Signature>;

/**
 * Value of an update as it came from the network.
 * @throws IdentityError `identity/malformed-update`
 */
export function identityUpdateFromProto(proto: IdentityUpdateProto | undefined): SignedIdentityUpdate {
  if (proto === undefined) throw new IdentityError('identity/malformed-update', { missing: 'update' });
  return {
    inboxId: proto.inboxId,
    clientTimestampNs: proto.clientTimestampNs,
    actions: proto.actions.map(actionFromProto),
  };
}

/** Protobuf of an update. */
export function identityUpdateToProto(update: SignedIdentityUpdate): IdentityUpdateProto {
  return create(IdentityUpdateSchema, {
    inboxId: update.inboxId,
    clientTimestampNs: update.clientTimestampNs,
    actions: update.actions.map(actionToProto),
  });
}

/**
 * Decodes an update.
 * @throws ProtoError `proto/malformed`, IdentityError `identity/malformed-update`
 */
export function decodeIdentityUpdate(bytes: Uint8Array): SignedIdentityUpdate {
  return identityUpdateFromProto(decodeProto(IdentityUpdateSchema, bytes));
}

/** Encodes an update. Nothing signs these bytes, and nodes may encode it anew: never compare or hash received ones. */
export function encodeIdentityUpdate(update: SignedIdentityUpdate): Uint8Array {
  return encodeMessage((writer) => writeIdentityUpdate(writer, update));
}

/** Hash of our own encoding of an update, hex: a key for caches of verification results. */
export function identityUpdateKey(update: SignedIdentityUpdate): string {
  return toHex(sha256(encodeIdentityUpdate(update)));
}

function actionFromProto({ kind }: IdentityActionProto): IdentityAction<Signature> {
  switch (kind.case) {
    case 'createInbox':
      return {
        kind: 'create-inbox',
        owner: identifierFromText(
          kind.value.initialIdentifier,
          kind.value.initialIdentifierKind,
          kind.value.relyingParty,
        ),
        nonce: kind.value.nonce,
        ownerSignature: signatureFromProto(kind.value.initialIdentifierSignature),
      };
    case 'add':
      return {
        kind: 'add-association',
        newMember: memberIdentifierFromProto(kind.value.newMemberIdentifier),
        existingMemberSignature: signatureFromProto(kind.value.existingMemberSignature),
        newMemberSignature: signatureFromProto(kind.value.newMemberSignature),
      };
    case 'revoke':
      return {
        kind: 'revoke-association',
        member: memberIdentifierFromProto(kind.value.memberToRevoke),
        recoverySignature: signatureFromProto(kind.value.recoveryIdentifierSignature),
      };
    case 'changeRecoveryAddress':
      return {
        kind: 'change-recovery-identifier',
        newRecoveryIdentifier: identifierFromText(
          kind.value.newRecoveryIdentifier,
          kind.value.newRecoveryIdentifierKind,
          kind.value.relyingParty,
        ),
        recoverySignature: signatureFromProto(kind.value.existingRecoveryIdentifierSignature),
      };
    case undefined:
      throw new IdentityError('identity/malformed-update', { missing: 'action' });
  }
}

function actionToProto(action: IdentityAction<Signature>): MessageInitShape<typeof IdentityActionSchema> {
  switch (action.kind) {
    case 'create-inbox':
      return {
        kind: {
          case: 'createInbox',
          value: {
            initialIdentifier: identifierText(action.owner),
            nonce: action.nonce,
            initialIdentifierSignature: signatureToProto(action.ownerSignature),
            initialIdentifierKind: identifierKindToProto(action.owner),
            ...relyingPartyOf(action.owner),
          },
        },
      };
    case 'add-association':
      return {
        kind: {
          case: 'add',
          value: {
            newMemberIdentifier: memberIdentifierToProto(action.newMember),
            existingMemberSignature: signatureToProto(action.existingMemberSignature),
            newMemberSignature: signatureToProto(action.newMemberSignature),
            ...relyingPartyOf(action.newMember),
          },
        },
      };
    case 'revoke-association':
      return {
        kind: {
          case: 'revoke',
          value: {
            memberToRevoke: memberIdentifierToProto(action.member),
            recoveryIdentifierSignature: signatureToProto(action.recoverySignature),
          },
        },
      };
    case 'change-recovery-identifier':
      return {
        kind: {
          case: 'changeRecoveryAddress',
          value: {
            newRecoveryIdentifier: identifierText(action.newRecoveryIdentifier),
            existingRecoveryIdentifierSignature: signatureToProto(action.recoverySignature),
            newRecoveryIdentifierKind: identifierKindToProto(action.newRecoveryIdentifier),
            ...relyingPartyOf(action.newRecoveryIdentifier),
          },
        },
      };
  }
}
