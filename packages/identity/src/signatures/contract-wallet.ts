/**
 * Contract wallet signatures (ERC-1271, ERC-6492, XIP-44). Whether one is valid only its chain can say, so this package
 * lists the questions and takes the answers: ask before, then verify.
 */
import { toHex } from '@conclave/crypto';
import { parseEvmAccountId } from '../account-id.js';
import { type IdentityUpdate, signaturesOfUpdate } from '../actions.js';
import { IdentityError } from '../errors.js';
import { signatureText } from '../signature-text.js';
import { eip191Digest } from './eip191.js';
import type { ContractWalletSignature, Signature, VerifiedSignature } from './signature.js';

/** A question to a chain. */
export interface ContractWalletQuery {
  /** CAIP-10. */
  readonly accountId: string;
  /** EIP-191 digest of the text, 32 bytes. */
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  /** The block to ask at; undefined for the newest. */
  readonly blockNumber: bigint | undefined;
}

/** A chain's answer. */
export interface ContractWalletAnswer {
  readonly isValid: boolean;
  /** The block that was asked. */
  readonly blockNumber: bigint | undefined;
}

/** Gives the answer to a question when there is one already. */
export type ContractWalletLookup = (query: ContractWalletQuery) => ContractWalletAnswer | undefined;

/**
 * Key of a question for a cache of answers. It covers every part: an answer to one signature says nothing about another
 * over the same text.
 */
export function contractWalletQueryKey(query: ContractWalletQuery): string {
  const block = query.blockNumber === undefined ? 'newest' : query.blockNumber.toString();
  return [query.accountId, block, toHex(query.digest), toHex(query.signature)].join('|');
}

/** Question about a signature over a text. Without a block number the answer tells the one to put into the update. */
export function contractWalletQuery(
  text: string,
  accountId: string,
  signature: Uint8Array,
  blockNumber?: bigint,
): ContractWalletQuery {
  return { accountId, digest: eip191Digest(text), signature, blockNumber };
}

/** The questions that have to be answered before an update can be verified, each once. */
export function contractWalletQueries(update: IdentityUpdate<Signature>): ContractWalletQuery[] {
  const signatures = signaturesOfUpdate(update).filter((signature) => signature.kind === 'erc-1271');
  if (signatures.length === 0) return [];
  const text = signatureText(update);
  const queries = signatures.map(({ accountId, bytes, blockNumber }) =>
    contractWalletQuery(text, accountId, bytes, blockNumber),
  );
  return [...new Map(queries.map((query) => [contractWalletQueryKey(query), query])).values()];
}

/**
 * @throws IdentityError `identity/contract-wallet-unverified` without an answer, `identity/invalid-signature`,
 *   `identity/invalid-account-id` for a chain that is not EVM
 */
export function verifyContractWallet(
  lookup: ContractWalletLookup | undefined,
  text: string,
  signature: ContractWalletSignature,
): VerifiedSignature {
  const { chainId, address } = parseEvmAccountId(signature.accountId);
  const answer = lookup?.(contractWalletQuery(text, signature.accountId, signature.bytes, signature.blockNumber));
  if (answer === undefined) throw new IdentityError('identity/contract-wallet-unverified', { chainId });
  if (!answer.isValid) throw new IdentityError('identity/invalid-signature', { kind: signature.kind, chainId });
  return { signer: { kind: 'ethereum', address }, kind: signature.kind, rawBytes: signature.bytes, chainId };
}
