/**
 * Legacy delegated signatures, by which an account of V2 founded its inbox: a V2 identity key signs the text, and the
 * wallet had signed that key. Replay protection remembers the wallet's signature, so one V2 key serves one update.
 */
import { type CryptoProvider, concatBytes, toHex } from '@conclave/crypto';
import { decodeProto, UnsignedPublicKeySchema } from '@conclave/proto';
import { IdentityError } from '../errors.js';
import { addressOfPublicKey, verifyEip191 } from './eip191.js';
import type { LegacyDelegatedSignature, LegacySignedKey, VerifiedSignature } from './signature.js';

/** The text by which a wallet created a V2 identity key; here the last line does end in a slash. */
export function legacyKeyText(keyBytes: Uint8Array): string {
  return `XMTP : Create Identity\n${toHex(keyBytes)}\n\nFor more info: https://xmtp.org/signatures/`;
}

/** @throws IdentityError `identity/invalid-signature` */
export function verifyLegacyDelegated(
  crypto: Pick<CryptoProvider, 'keccak256' | 'recoverSecp256k1'>,
  text: string,
  signature: LegacyDelegatedSignature,
): VerifiedSignature {
  const { delegatedKey } = signature;
  const delegate = verifyEip191(crypto, text, signature.bytes);
  // Only the low byte of the recovery id counts, as in other clients.
  const walletBytes = concatBytes(delegatedKey.walletSignature, Uint8Array.of(delegatedKey.recovery));
  const wallet = verifyEip191(crypto, legacyKeyText(delegatedKey.keyBytes), walletBytes);
  const keyAddress = addressOfPublicKey(legacyPublicKey(delegatedKey));
  if (delegate.signer.kind !== 'ethereum' || delegate.signer.address !== keyAddress) {
    throw new IdentityError('identity/invalid-signature', { kind: signature.kind, fault: 'signed by another key' });
  }
  return { signer: wallet.signer, kind: signature.kind, rawBytes: wallet.rawBytes, chainId: undefined };
}

function legacyPublicKey(key: LegacySignedKey): Uint8Array {
  try {
    const { union } = decodeProto(UnsignedPublicKeySchema, key.keyBytes);
    if (union.case === 'secp256k1Uncompressed') return union.value.bytes;
  } catch (cause) {
    throw new IdentityError('identity/invalid-signature', { kind: 'legacy-delegated', fault: 'key' }, cause);
  }
  throw new IdentityError('identity/invalid-signature', { kind: 'legacy-delegated', fault: 'key' });
}
