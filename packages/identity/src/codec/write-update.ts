/**
 * Updates written to the wire without descriptors: a client stores the log of everybody it meets. The bytes are those of the generated code
 * (`identityUpdateToProto`), in the order of the fields' numbers.
 */
import { SignatureSchema, toBinary, type WireWriter } from '@conclave/proto';
import type { IdentityAction, IdentityUpdate } from '../actions.js';
import { identifierText } from '../identifier.js';
import type { Signature } from '../signatures/signature.js';
import { identifierKindToProto, relyingPartyOf, writeMemberIdentifier } from './identifier.js';
import { signatureToProto } from './signature.js';

/** Writes the fields of an IdentityUpdate. Cost: linear in its actions. */
export function writeIdentityUpdate(writer: WireWriter, update: IdentityUpdate<Signature>): void {
  for (const action of update.actions) writer.message(1, (inner) => writeAction(inner, action));
  writer.uint64(2, update.clientTimestampNs).string(3, update.inboxId);
}

function writeAction(writer: WireWriter, action: IdentityAction<Signature>): void {
  switch (action.kind) {
    case 'create-inbox':
      writer.message(1, (inner) => {
        inner.string(1, identifierText(action.owner)).uint64(2, action.nonce);
        writeSignature(inner, 3, action.ownerSignature);
        inner.enumeration(4, identifierKindToProto(action.owner));
        writeRelyingParty(inner, 5, relyingPartyOf(action.owner));
      });
      return;
    case 'add-association':
      writer.message(2, (inner) => {
        writeMemberIdentifier(inner, 1, action.newMember);
        writeSignature(inner, 2, action.existingMemberSignature);
        writeSignature(inner, 3, action.newMemberSignature);
        writeRelyingParty(inner, 4, relyingPartyOf(action.newMember));
      });
      return;
    case 'revoke-association':
      writer.message(3, (inner) => {
        writeMemberIdentifier(inner, 1, action.member);
        writeSignature(inner, 2, action.recoverySignature);
      });
      return;
    case 'change-recovery-identifier':
      writer.message(4, (inner) => {
        inner.string(1, identifierText(action.newRecoveryIdentifier));
        writeSignature(inner, 2, action.recoverySignature);
        inner.enumeration(3, identifierKindToProto(action.newRecoveryIdentifier));
        writeRelyingParty(inner, 4, relyingPartyOf(action.newRecoveryIdentifier));
      });
  }
}

function writeRelyingParty(writer: WireWriter, field: number, { relyingParty }: { relyingParty?: string }): void {
  if (relyingParty !== undefined) writer.text(field, relyingParty);
}

/** The two kinds of nearly every update here, the others by the generated code. */
function writeSignature(writer: WireWriter, field: number, signature: Signature): void {
  switch (signature.kind) {
    case 'erc-191':
      writer.message(field, (inner) => inner.message(1, (of) => of.bytes(1, signature.bytes)));
      return;
    case 'installation-key':
      writer.message(field, (inner) =>
        inner.message(3, (of) => of.bytes(1, signature.bytes).bytes(2, signature.publicKey)),
      );
      return;
    default:
      writer.element(field, toBinary(SignatureSchema, signatureToProto(signature)));
  }
}
