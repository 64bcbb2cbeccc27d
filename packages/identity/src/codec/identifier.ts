/** Identifiers between protobuf and values. */
import { fromHex } from '@conclave/crypto';
import {
  create,
  encodeMessage,
  IdentifierKind,
  type MemberIdentifier as MemberIdentifierProto,
  MemberIdentifierSchema,
  type MessageInitShape,
  type WireWriter,
} from '@conclave/proto';
import { IdentityError } from '../errors.js';
import type { Identifier, MemberIdentifier, PasskeyIdentifier } from '../identifier.js';

/** Value of a member identifier, verbatim. @throws IdentityError `identity/malformed-update` on a missing or unknown kind */
export function memberIdentifierFromProto(proto: MemberIdentifierProto | undefined): MemberIdentifier {
  switch (proto?.kind.case) {
    case 'ethereumAddress':
      return { kind: 'ethereum', address: proto.kind.value };
    case 'installationPublicKey':
      return { kind: 'installation', publicKey: proto.kind.value };
    case 'passkey':
      return passkey(proto.kind.value.key, proto.kind.value.relyingParty);
    case undefined:
      throw new IdentityError('identity/malformed-update', { missing: 'member identifier' });
  }
}

/** Protobuf of a member identifier. */
export function memberIdentifierToProto(identifier: MemberIdentifier): MemberIdentifierProto {
  return create(MemberIdentifierSchema, { kind: kindToProto(identifier) });
}

/** Writes a member identifier as a field of the message that is being written; the bytes are those of `memberIdentifierToProto`. */
export function writeMemberIdentifier(writer: WireWriter, field: number, identifier: MemberIdentifier): void {
  writer.message(field, (inner) => writeIdentifierFields(inner, identifier));
}

/** Bytes of a member identifier. */
export function encodeMemberIdentifier(identifier: MemberIdentifier): Uint8Array {
  return encodeMessage((writer) => writeIdentifierFields(writer, identifier));
}

function writeIdentifierFields(writer: WireWriter, identifier: MemberIdentifier): void {
  switch (identifier.kind) {
    case 'ethereum':
      writer.text(1, identifier.address);
      return;
    case 'installation':
      writer.element(2, identifier.publicKey);
      return;
    case 'passkey':
      writer.message(3, (passkey) => {
        passkey.bytes(1, identifier.publicKey);
        if (identifier.relyingParty !== undefined) passkey.text(2, identifier.relyingParty);
      });
  }
}

function kindToProto(identifier: MemberIdentifier): MessageInitShape<typeof MemberIdentifierSchema>['kind'] & object {
  switch (identifier.kind) {
    case 'ethereum':
      return { case: 'ethereumAddress', value: identifier.address };
    case 'installation':
      return { case: 'installationPublicKey', value: identifier.publicKey };
    case 'passkey':
      return { case: 'passkey', value: { key: identifier.publicKey, ...relyingPartyOf(identifier) } };
  }
}

/**
 * Identifier that is written as text and kind (owners and recovery identifiers). Every kind but passkey is Ethereum: 0 was
 * written before passkeys, and deployed clients read unknown numbers as 0. The hex of a passkey may begin with 0x.
 * @throws IdentityError `identity/malformed-update` on a passkey that is not hex
 */
export function identifierFromText(text: string, kind: IdentifierKind, relyingParty: string | undefined): Identifier {
  if (kind !== IdentifierKind.PASSKEY) return { kind: 'ethereum', address: text };
  try {
    return passkey(fromHex(text.startsWith('0x') ? text.slice(2) : text), relyingParty);
  } catch (cause) {
    throw new IdentityError('identity/malformed-update', { malformed: 'passkey' }, cause);
  }
}

/** Number by which the wire names the kind of an identifier. */
export function identifierKindToProto(identifier: Identifier): IdentifierKind {
  return identifier.kind === 'ethereum' ? IdentifierKind.ETHEREUM : IdentifierKind.PASSKEY;
}

/** `{ relyingParty }` when the identifier is a passkey with one; the wire repeats it beside the identifier. */
export function relyingPartyOf(identifier: MemberIdentifier): { relyingParty?: string } {
  return identifier.kind === 'passkey' && identifier.relyingParty !== undefined
    ? { relyingParty: identifier.relyingParty }
    : {};
}

function passkey(publicKey: Uint8Array, relyingParty: string | undefined): PasskeyIdentifier {
  return relyingParty === undefined ? { kind: 'passkey', publicKey } : { kind: 'passkey', publicKey, relyingParty };
}
