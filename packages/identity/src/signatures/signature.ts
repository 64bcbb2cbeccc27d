/** The kinds of signature of XIP-46, before and after verification. */
import type { MemberIdentifier, MemberKind } from '../identifier.js';

/** EIP-191 personal signature of an account. */
export interface Eip191Signature {
  readonly kind: 'erc-191';
  /** R, S and V: 65 bytes. */
  readonly bytes: Uint8Array;
}

/** Signature of a contract wallet (ERC-1271, ERC-6492), valid at a block of its chain. */
export interface ContractWalletSignature {
  readonly kind: 'erc-1271';
  /** CAIP-10. */
  readonly accountId: string;
  readonly blockNumber: bigint;
  /** Whatever the contract understands. */
  readonly bytes: Uint8Array;
}

/** Ed25519ph signature of an installation. */
export interface InstallationKeySignature {
  readonly kind: 'installation-key';
  /** 64 bytes. */
  readonly bytes: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** WebAuthn assertion whose challenge is the text. */
export interface PasskeySignature {
  readonly kind: 'p256';
  /** SEC1. */
  readonly publicKey: Uint8Array;
  /** ASN.1 DER. */
  readonly bytes: Uint8Array;
  readonly authenticatorData: Uint8Array;
  readonly clientDataJson: Uint8Array;
}

/** Signature of a V2 identity key, with the wallet's signature over that key. */
export interface LegacyDelegatedSignature {
  readonly kind: 'legacy-delegated';
  /** Signature of the V2 key over the text: R, S and V. */
  readonly bytes: Uint8Array;
  readonly delegatedKey: LegacySignedKey;
}

/** A V2 public key that a wallet vouched for. */
export interface LegacySignedKey {
  /** An encoded UnsignedPublicKey: exactly the bytes that the wallet's text shows. */
  readonly keyBytes: Uint8Array;
  /** Which of the two equivalent wire forms carried the wallet's signature. */
  readonly form: 'ecdsa-compact' | 'wallet-ecdsa-compact';
  /** R and S: 64 bytes. */
  readonly walletSignature: Uint8Array;
  readonly recovery: number;
}

/** A signature of any kind, as it came, not verified. */
export type Signature =
  | Eip191Signature
  | ContractWalletSignature
  | InstallationKeySignature
  | PasskeySignature
  | LegacyDelegatedSignature;

/** The kinds of signatures (XIP-46, section on verification). */
export type SignatureKind = Signature['kind'];

/** What a valid signature proves. */
export interface VerifiedSignature {
  readonly signer: MemberIdentifier;
  readonly kind: SignatureKind;
  /** What replay protection remembers; not always the bytes that were sent. */
  readonly rawBytes: Uint8Array;
  /** Of a contract wallet; otherwise undefined. */
  readonly chainId: bigint | undefined;
}

const ALLOWED: Readonly<Record<MemberKind, readonly SignatureKind[]>> = {
  ethereum: ['erc-191', 'erc-1271', 'legacy-delegated'],
  passkey: ['p256'],
  installation: ['installation-key'],
};

/** True when this kind of signature can speak for this kind of member. */
export function isSignatureAllowed(signer: MemberKind, signature: SignatureKind): boolean {
  return ALLOWED[signer].includes(signature);
}
