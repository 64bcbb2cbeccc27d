/** Association states as bytes, for caches under (inbox id, sequence id). */
import { fromHex, toHex } from '@conclave/crypto';
import {
  type AssociationState as AssociationStateProto,
  AssociationStateSchema,
  create,
  decodeProto,
  type MemberMap,
  toBinary,
} from '@conclave/proto';
import type { AssociationState, Member } from '../association-state.js';
import { IdentityError } from '../errors.js';
import { identifierKey, identifierText } from '../identifier.js';
import { isInboxId } from '../inbox-id.js';
import {
  identifierFromText,
  identifierKindToProto,
  memberIdentifierFromProto,
  memberIdentifierToProto,
  relyingPartyOf,
} from './identifier.js';

/** Encodes a state; members and signatures keep their order. Cost: linear in both. */
export function encodeAssociationState(state: AssociationState): Uint8Array {
  const { recoveryIdentifier } = state;
  const proto = create(AssociationStateSchema, {
    inboxId: state.inboxId,
    members: [...state.members.values()].map((member) => ({
      key: memberIdentifierToProto(member.identifier),
      value: {
        identifier: memberIdentifierToProto(member.identifier),
        ...(member.addedBy && { addedByEntity: memberIdentifierToProto(member.addedBy) }),
        ...(member.clientTimestampNs !== undefined && { clientTimestampNs: member.clientTimestampNs }),
        ...(member.addedOnChainId !== undefined && { addedOnChainId: member.addedOnChainId }),
      },
    })),
    recoveryIdentifier: identifierText(recoveryIdentifier),
    seenSignatures: [...state.seenSignatures].map(fromHex),
    recoveryIdentifierKind: identifierKindToProto(recoveryIdentifier),
    ...relyingPartyOf(recoveryIdentifier),
  });
  return toBinary(AssociationStateSchema, proto);
}

/**
 * Decodes a state. It is trusted as it stands: no signature is checked, so only bytes of our own making belong here.
 * @throws IdentityError `identity/malformed-state`
 */
export function decodeAssociationState(bytes: Uint8Array): AssociationState {
  try {
    return stateFromProto(decodeProto(AssociationStateSchema, bytes));
  } catch (cause) {
    throw new IdentityError('identity/malformed-state', { length: bytes.length }, cause);
  }
}

function stateFromProto(proto: AssociationStateProto): AssociationState {
  if (!isInboxId(proto.inboxId)) throw new IdentityError('identity/invalid-inbox-id');
  const members = proto.members.map(memberFromProto);
  return {
    inboxId: proto.inboxId,
    members: new Map(members.map((member) => [identifierKey(member.identifier), member])),
    recoveryIdentifier: identifierFromText(proto.recoveryIdentifier, proto.recoveryIdentifierKind, proto.relyingParty),
    seenSignatures: new Set(proto.seenSignatures.map(toHex)),
  };
}

function memberFromProto({ value }: MemberMap): Member {
  return {
    identifier: memberIdentifierFromProto(value?.identifier),
    addedBy: value?.addedByEntity && memberIdentifierFromProto(value.addedByEntity),
    clientTimestampNs: value?.clientTimestampNs,
    addedOnChainId: value?.addedOnChainId,
  };
}
