/** Association states as bytes, for caches under (inbox id, sequence id). */
import { fromHex, toHex } from '@conclave/crypto';
import {
  type AssociationState as AssociationStateProto,
  AssociationStateSchema,
  decodeProto,
  encodeMessage,
  type MemberMap,
  type WireWriter,
} from '@conclave/proto';
import type { AssociationState, Member } from '../association-state.js';
import { IdentityError } from '../errors.js';
import { identifierKey, identifierText } from '../identifier.js';
import { isInboxId } from '../inbox-id.js';
import {
  identifierFromText,
  identifierKindToProto,
  memberIdentifierFromProto,
  relyingPartyOf,
  writeMemberIdentifier,
} from './identifier.js';

/** Encodes a state; members and signatures keep their order. Cost: linear in both. */
export function encodeAssociationState(state: AssociationState): Uint8Array {
  const { recoveryIdentifier } = state;
  return encodeMessage((writer) => {
    writer.string(1, state.inboxId);
    for (const member of state.members.values()) {
      writer.message(2, (entry) => {
        writeMemberIdentifier(entry, 1, member.identifier);
        entry.message(2, (value) => writeMember(value, member));
      });
    }
    writer.string(3, identifierText(recoveryIdentifier));
    for (const signature of state.seenSignatures) writer.element(4, fromHex(signature));
    writer.enumeration(5, identifierKindToProto(recoveryIdentifier));
    const { relyingParty } = relyingPartyOf(recoveryIdentifier);
    if (relyingParty !== undefined) writer.text(6, relyingParty);
  });
}

function writeMember(writer: WireWriter, member: Member): void {
  writeMemberIdentifier(writer, 1, member.identifier);
  if (member.addedBy !== undefined) writeMemberIdentifier(writer, 2, member.addedBy);
  if (member.clientTimestampNs !== undefined) writer.presentUint64(3, member.clientTimestampNs);
  if (member.addedOnChainId !== undefined) writer.presentUint64(4, member.addedOnChainId);
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
