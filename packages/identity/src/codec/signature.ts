/** Signatures between protobuf and values. */
import {
  create,
  type LegacyDelegatedSignature as LegacyDelegatedSignatureProto,
  type MessageInitShape,
  type Signature as SignatureProto,
  SignatureSchema,
} from '@conclave/proto';
import { isAccountId } from '../account-id.js';
import { IdentityError } from '../errors.js';
import type { LegacyDelegatedSignature, LegacySignedKey, Signature } from '../signatures/signature.js';

/**
 * Value of a signature.
 * @throws IdentityError `identity/malformed-update` on a missing or unknown kind, an installation key that is not 32
 *   bytes or an account id that is not CAIP-10
 */
export function signatureFromProto(proto: SignatureProto | undefined): Signature {
  const signature = proto?.signature;
  switch (signature?.case) {
    case 'erc191':
      return { kind: 'erc-191', bytes: signature.value.bytes };
    case 'erc6492': {
      const { accountId, blockNumber, signature: bytes } = signature.value;
      if (!isAccountId(accountId)) throw malformed('account id');
      return { kind: 'erc-1271', accountId, blockNumber, bytes };
    }
    case 'installationKey': {
      const { bytes, publicKey } = signature.value;
      if (publicKey.length !== 32) throw malformed('installation key');
      return { kind: 'installation-key', bytes, publicKey };
    }
    case 'delegatedErc191':
      return legacyFromProto(signature.value);
    case 'passkey': {
      const { publicKey, signature: bytes, authenticatorData, clientDataJson } = signature.value;
      return { kind: 'p256', publicKey, bytes, authenticatorData, clientDataJson };
    }
    case undefined:
      throw malformed('signature');
  }
}

function legacyFromProto(proto: LegacyDelegatedSignatureProto): LegacyDelegatedSignature {
  const union = proto.delegatedKey?.signature?.union;
  if (proto.signature === undefined || proto.delegatedKey === undefined || union?.case === undefined) {
    throw malformed('legacy delegated signature');
  }
  return {
    kind: 'legacy-delegated',
    bytes: proto.signature.bytes,
    delegatedKey: {
      keyBytes: proto.delegatedKey.keyBytes,
      form: union.case === 'ecdsaCompact' ? 'ecdsa-compact' : 'wallet-ecdsa-compact',
      walletSignature: union.value.bytes,
      recovery: union.value.recovery,
    },
  };
}

/** Protobuf of a signature. */
export function signatureToProto(signature: Signature): SignatureProto {
  return create(SignatureSchema, { signature: kindToProto(signature) });
}

function kindToProto(signature: Signature): MessageInitShape<typeof SignatureSchema>['signature'] & object {
  switch (signature.kind) {
    case 'erc-191':
      return { case: 'erc191', value: { bytes: signature.bytes } };
    case 'erc-1271': {
      const { accountId, blockNumber, bytes } = signature;
      return { case: 'erc6492', value: { accountId, blockNumber, signature: bytes } };
    }
    case 'installation-key':
      return { case: 'installationKey', value: { bytes: signature.bytes, publicKey: signature.publicKey } };
    case 'legacy-delegated': {
      const { bytes, delegatedKey } = signature;
      return {
        case: 'delegatedErc191',
        value: {
          delegatedKey: { keyBytes: delegatedKey.keyBytes, signature: { union: legacyUnion(delegatedKey) } },
          signature: { bytes },
        },
      };
    }
    case 'p256': {
      const { publicKey, bytes, authenticatorData, clientDataJson } = signature;
      return { case: 'passkey', value: { publicKey, signature: bytes, authenticatorData, clientDataJson } };
    }
  }
}

function legacyUnion({ form, walletSignature, recovery }: LegacySignedKey) {
  const value = { bytes: walletSignature, recovery };
  return form === 'ecdsa-compact'
    ? { case: 'ecdsaCompact' as const, value }
    : { case: 'walletEcdsaCompact' as const, value };
}

function malformed(part: string): IdentityError {
  return new IdentityError('identity/malformed-update', { malformed: part });
}
