/** Verification of an update: its text is rebuilt, and every signature over it replaced by what it proves. */
import { type CryptoProvider, toHex } from '@conclave/crypto';
import { type IdentityUpdate, mapSignatures } from './actions.js';
import type { SignatureCache } from './signature-cache.js';
import { signatureText } from './signature-text.js';
import { type ContractWalletLookup, verifyContractWallet } from './signatures/contract-wallet.js';
import { verifyEip191 } from './signatures/eip191.js';
import { verifyInstallationKey } from './signatures/installation-key.js';
import { verifyLegacyDelegated } from './signatures/legacy-delegated.js';
import { verifyPasskey } from './signatures/passkey.js';
import type { Signature, VerifiedSignature } from './signatures/signature.js';

/** What verification needs from outside. */
export interface VerificationContext {
  readonly crypto: Pick<CryptoProvider, 'hash' | 'keccak256' | 'verifyPrehashed' | 'recoverSecp256k1'>;
  /** Answers obtained before; see `contractWalletQueries`. */
  readonly contractWallet?: ContractWalletLookup | undefined;
  /** Remembers what was verified; without one everything is verified anew. */
  readonly cache?: SignatureCache | undefined;
}

/** An update whose signatures are valid; whether its actions are allowed is the state machine's question. */
export type VerifiedIdentityUpdate = IdentityUpdate<VerifiedSignature>;

/**
 * Verifies one signature over a text.
 * @throws IdentityError `identity/invalid-signature`, `identity/contract-wallet-unverified`,
 *   `identity/invalid-account-id`
 * Cost: one or two public-key operations, at most a millisecond each.
 */
export function verifySignature(context: VerificationContext, text: string, signature: Signature): VerifiedSignature {
  const verify = (): VerifiedSignature => verifyAnew(context, text, signature);
  return context.cache === undefined ? verify() : context.cache.verified(context.crypto, text, signature, verify);
}

function verifyAnew(context: VerificationContext, text: string, signature: Signature): VerifiedSignature {
  switch (signature.kind) {
    case 'erc-191':
      return verifyEip191(context.crypto, text, signature.bytes);
    case 'erc-1271':
      return verifyContractWallet(context.contractWallet, text, signature);
    case 'installation-key':
      return verifyInstallationKey(context.crypto, text, signature);
    case 'p256':
      return verifyPasskey(text, signature);
    case 'legacy-delegated':
      return verifyLegacyDelegated(context.crypto, text, signature);
  }
}

/**
 * Verifies all signatures of an update. The result is a plain value that depends on nothing but the update (and a chain's
 * answers), so it can be kept under `identityUpdateKey` and never has to be computed twice.
 *
 * @throws IdentityError as `verifySignature`
 * Cost: one verification for each distinct signature.
 */
export function verifyUpdate(context: VerificationContext, update: IdentityUpdate<Signature>): VerifiedIdentityUpdate {
  const text = signatureText(update);
  // A registration carries the wallet's signature twice, as creator and as existing member.
  const verified = new Map<string, VerifiedSignature>();
  return mapSignatures(update, (signature) => {
    const key = signature.kind === 'erc-191' ? toHex(signature.bytes) : undefined;
    const known = key === undefined ? undefined : verified.get(key);
    if (known !== undefined) return known;
    const result = verifySignature(context, text, signature);
    if (key !== undefined) verified.set(key, result);
    return result;
  });
}
