/** Errors of `packages/identity`: one code for each rule of XIP-46 that can refuse an update. */
import { ConclaveError, type ErrorDetails, type ErrorTable } from '@conclave/crypto';

/** Codes of `packages/identity`. */
export const IDENTITY_ERRORS = {
  'identity/invalid-address': {
    message: 'An Ethereum address must be 0x followed by 40 hexadecimal digits.',
    retryable: false,
  },
  'identity/invalid-passkey': {
    message: 'A passkey must be a P-256 public key in compressed form, 33 bytes that begin with 02 or 03.',
    retryable: false,
  },
  'identity/invalid-installation-key': { message: 'An installation key must be 32 bytes.', retryable: false },
  'identity/invalid-nonce': { message: 'A nonce must be an unsigned integer of 64 bits.', retryable: false },
  'identity/invalid-inbox-id': {
    message: 'An inbox id must be 64 lower-case hexadecimal digits.',
    retryable: false,
  },
  'identity/invalid-account-id': {
    message: 'A contract wallet must be named as CAIP-10 does: eip155:<chain id>:<address>.',
    retryable: false,
  },
  'identity/malformed-update': {
    message: 'The identity update lacks a part or holds one of an unknown kind.',
    retryable: false,
  },
  'identity/malformed-state': {
    message: 'The stored association state cannot be read; replay the identity log instead.',
    retryable: false,
  },
  'identity/malformed-credential': {
    message: 'The MLS credential does not name an inbox.',
    retryable: false,
  },
  'identity/invalid-signature': {
    message: 'A signature of the identity update is malformed or was not made over its text.',
    retryable: false,
  },
  'identity/contract-wallet-unverified': {
    message: 'A contract wallet signature was not checked against its chain yet; obtain an answer and try again.',
    retryable: true,
  },
  'identity/chain-unavailable': {
    message: 'The endpoint of a chain could not be asked, or it answered with an error; check it and try again.',
    retryable: true,
  },
  'identity/chain-answer-malformed': {
    message: 'The endpoint of a chain gave an answer that is none to the question; check which endpoint is configured.',
    retryable: true,
  },
  'identity/wrong-chain': {
    message: 'The endpoint serves another chain than the one it is configured for; correct the configuration.',
    retryable: false,
  },
  'identity/multiple-create': { message: 'The inbox was created already.', retryable: false },
  'identity/not-created': {
    message: 'The identity log does not begin with the creation of the inbox.',
    retryable: false,
  },
  'identity/replay': {
    message: 'A signature was used by an earlier update of this inbox; sign a new text.',
    retryable: false,
  },
  'identity/new-member-signature-mismatch': {
    message: 'The new member did not sign its own association.',
    retryable: false,
  },
  'identity/added-self': { message: 'A member cannot add itself.', retryable: false },
  'identity/legacy-signature-reuse': {
    message: 'A legacy delegated signature is only valid for the inbox of its wallet with nonce 0.',
    retryable: false,
  },
  'identity/signature-not-allowed': {
    message: 'This kind of signature is not valid for this kind of signer.',
    retryable: false,
  },
  'identity/chain-id-mismatch': {
    message: 'A contract wallet must sign from the chain with which it joined the inbox.',
    retryable: false,
  },
  'identity/missing-existing-member': {
    message: 'The signer is neither a member of the inbox nor its recovery identifier, as the action needs.',
    retryable: false,
  },
  'identity/member-not-allowed': { message: 'An installation cannot add another installation.', retryable: false },
  'identity/wrong-inbox-id': {
    message: 'The update belongs to another inbox than the one it was found under.',
    retryable: false,
  },
  'identity/missing-update': {
    message: 'The identity log has no update with this sequence id yet; fetch the log and try again.',
    retryable: true,
  },
  'identity/unordered-log': {
    message: 'The sequence ids of the identity log do not increase; whoever served it is faulty.',
    retryable: false,
  },
  'identity/unknown-signer': {
    message: 'The signature was made by someone whose signature is not needed here, or over another text.',
    retryable: false,
  },
  'identity/missing-signature': {
    message: 'The update is not signed by everyone who has to sign it.',
    retryable: false,
  },
} as const satisfies ErrorTable<string>;

export type IdentityErrorCode = keyof typeof IDENTITY_ERRORS;

/** Error of `packages/identity`. */
export class IdentityError extends ConclaveError {
  override readonly name = 'IdentityError';
  declare readonly code: IdentityErrorCode;

  constructor(code: IdentityErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, IDENTITY_ERRORS[code], details, cause);
  }
}
