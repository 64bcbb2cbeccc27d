/** Signers with fixed keys, for tests: accounts, passkeys, contract wallets, V2 keys and installations. */
import { concatBytes, equalBytes, toBase64Url, utf8 } from '@conclave/crypto';
import { nobleCrypto } from '@conclave/crypto/noble';
import { create, toBinary, UnsignedPublicKeySchema } from '@conclave/proto';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { formatAccountId } from './account-id.js';
import { type IdentityUpdate, mapSignatures } from './actions.js';
import type { SignedIdentityUpdate } from './codec/identity-update.js';
import { ethereumIdentifier, installationIdentifier, type MemberIdentifier, passkeyIdentifier } from './identifier.js';
import { signatureText } from './signature-text.js';
import type { ContractWalletLookup } from './signatures/contract-wallet.js';
import { addressOfPublicKey, eip191Digest } from './signatures/eip191.js';
import { signInstallationKey } from './signatures/installation-key.js';
import { legacyKeyText } from './signatures/legacy-delegated.js';
import type { Signature } from './signatures/signature.js';
import type { VerificationContext } from './verify.js';

/** Someone who can sign. */
export interface Signer<I extends MemberIdentifier = MemberIdentifier> {
  readonly identifier: I;
  sign(text: string): Signature;
}

/** 32 bytes that differ for every number. */
export function testKey(number: number): Uint8Array {
  return sha256(utf8(`test key ${number}`));
}

/** R, S and V (27 or 28) of an EIP-191 signature, as wallets make it. */
export function signEip191(privateKey: Uint8Array, text: string): Uint8Array {
  const recovered = secp256k1.sign(eip191Digest(text), privateKey, { prehash: false, format: 'recovered' });
  return concatBytes(recovered.subarray(1), Uint8Array.of(27 + (recovered[0] as number)));
}

/** An account. */
export function account(privateKey: Uint8Array) {
  return {
    identifier: ethereumIdentifier(addressOfPublicKey(secp256k1.getPublicKey(privateKey))),
    sign: (text: string) => ({ kind: 'erc-191', bytes: signEip191(privateKey, text) }) as const,
  };
}

/** An installation. */
export function installation(seed: Uint8Array) {
  return {
    identifier: installationIdentifier(nobleCrypto.signaturePrivateKey(seed).publicKey),
    sign: (text: string) => signInstallationKey(nobleCrypto, seed, text),
  };
}

/** A passkey that answers for one origin. */
export function passkey(privateKey: Uint8Array, origin = 'https://example.org') {
  const publicKey = p256.getPublicKey(privateKey);
  const authenticatorData = concatBytes(sha256(utf8(new URL(origin).hostname)), Uint8Array.of(5, 0, 0, 0, 0));
  const signClientData = (text: string, change: (json: string) => string) => {
    const challenge = toBase64Url(utf8(text));
    const json = JSON.stringify({ type: 'webauthn.get', challenge, origin, crossOrigin: false });
    const clientDataJson = utf8(change(json));
    const bytes = p256.sign(concatBytes(authenticatorData, sha256(clientDataJson)), privateKey, {
      format: 'der',
      lowS: false,
    });
    return { kind: 'p256', publicKey, bytes, authenticatorData, clientDataJson } as const;
  };
  return {
    identifier: passkeyIdentifier(publicKey),
    sign: (text: string) => signClientData(text, (json) => json),
    /** Signs client data that is not as a browser would make it. */
    signClientData,
  };
}

const APPROVED = utf8('approved:');

/** A contract that approves whatever it is asked on its chain. */
export function contractWallet(address: string, chainId: bigint) {
  return {
    identifier: ethereumIdentifier(address),
    sign: (text: string) =>
      ({
        kind: 'erc-1271',
        accountId: formatAccountId(chainId, address),
        blockNumber: 12_345n,
        bytes: concatBytes(APPROVED, eip191Digest(text)),
      }) as const,
  };
}

/** The chains on which the contracts above live. */
export const testChains: ContractWalletLookup = ({ digest, signature, blockNumber }) => ({
  isValid: equalBytes(signature, concatBytes(APPROVED, digest)),
  blockNumber: blockNumber ?? 12_345n,
});

/** An account that signs through a V2 identity key. */
export function legacyDelegate(walletKey: Uint8Array, delegateKey: Uint8Array) {
  const keyBytes = toBinary(
    UnsignedPublicKeySchema,
    create(UnsignedPublicKeySchema, {
      createdNs: 1_700_000_000_000_000_000n,
      union: { case: 'secp256k1Uncompressed', value: { bytes: secp256k1.getPublicKey(delegateKey, false) } },
    }),
  );
  const walletSignature = signEip191(walletKey, legacyKeyText(keyBytes));
  return {
    identifier: account(walletKey).identifier,
    sign: (text: string) =>
      ({
        kind: 'legacy-delegated',
        bytes: signEip191(delegateKey, text),
        delegatedKey: {
          keyBytes,
          form: 'wallet-ecdsa-compact',
          walletSignature: walletSignature.subarray(0, 64),
          recovery: (walletSignature[64] as number) - 27,
        },
      }) as const,
  };
}

/** What verification in tests needs. */
export const testContext: VerificationContext = { crypto: nobleCrypto, contractWallet: testChains };

/** The update with every signer's signature over its text. */
export function signAll(update: IdentityUpdate<Signer>): SignedIdentityUpdate {
  const text = signatureText(update);
  return mapSignatures(update, (signer) => signer.sign(text));
}
