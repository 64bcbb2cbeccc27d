/**
 * What the signatures of a stored update prove, as bytes: the verification cache of the identity logs. Private to the
 * database; trusted as it stands, because only verified updates are written.
 *
 * | field | size |
 * | --- | --- |
 * | version | u8, 1 |
 * | vouched | u8, 1 when the node answered for a contract wallet signature, which nobody else checked |
 * | per signature place, in wire order: kind | u8 |
 * | signer | opaque<V>, MemberIdentifier protobuf |
 * | raw bytes | opaque<V> |
 * | chain id | optional<u64> |
 */
import { decodeTls, encodeTls } from '@conclave/crypto';
import {
  encodeMemberIdentifier,
  memberIdentifierFromProto,
  type SignatureKind,
  type VerifiedSignature,
} from '@conclave/identity';
import { decodeProto, MemberIdentifierSchema } from '@conclave/proto';
import { ClientError } from '../errors.js';

const VERSION = 1;
const KINDS: readonly SignatureKind[] = ['erc-191', 'erc-1271', 'installation-key', 'p256', 'legacy-delegated'];

/** The proofs of one update. */
export interface VerifiedSignatures {
  /** In the order of `signaturesOfUpdate`. */
  readonly signatures: readonly VerifiedSignature[];
  /** True when the validity of a contract wallet signature rests on the node's word alone. */
  readonly nodeVouched: boolean;
}

/** Bytes of column `inbox_updates.verified`. */
export function encodeVerifiedSignatures(verified: VerifiedSignatures): Uint8Array {
  return encodeTls(verified, (writer, { signatures, nodeVouched }) => {
    writer.u8(VERSION).u8(nodeVouched ? 1 : 0);
    for (const { kind, signer, rawBytes, chainId } of signatures) {
      writer
        .u8(KINDS.indexOf(kind))
        .opaque(encodeMemberIdentifier(signer))
        .opaque(rawBytes)
        .optional(chainId, (inner, value) => inner.u64(value));
    }
  });
}

/** @throws ClientError `client/database-damaged` */
export function decodeVerifiedSignatures(bytes: Uint8Array): VerifiedSignatures {
  try {
    return decodeTls(bytes, (reader) => {
      if (reader.u8() !== VERSION) throw new ClientError('client/database-damaged', { column: 'verified' });
      const nodeVouched = reader.u8() === 1;
      const signatures: VerifiedSignature[] = [];
      while (reader.remaining > 0) {
        const kind = KINDS[reader.u8()];
        if (kind === undefined) throw new ClientError('client/database-damaged', { column: 'verified' });
        const signer = memberIdentifierFromProto(decodeProto(MemberIdentifierSchema, reader.opaque()));
        const rawBytes = reader.opaque();
        signatures.push({ kind, signer, rawBytes, chainId: reader.optional((inner) => inner.u64()) });
      }
      return { signatures, nodeVouched };
    });
  } catch (error) {
    throw new ClientError('client/database-damaged', { column: 'verified' }, error);
  }
}
