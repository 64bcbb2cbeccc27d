/**
 * XMTP identity (XIP-46, XIP-55) as pure functions: inbox ids, the identity log, its signatures and the state it adds up
 * to. No network, no clock, no storage.
 *
 * ```ts
 * import { decodeIdentityUpdate, installationsOf, replayInboxLog, verifyUpdate } from '@conclave/identity';
 * const entries = log.map(({ sequenceId, bytes }) => ({
 *   sequenceId,
 *   update: verifyUpdate({ crypto, contractWallet }, decodeIdentityUpdate(bytes)),
 * }));
 * const { state } = replayInboxLog(inboxId, entries, { at: 7n });
 * installationsOf(state);
 * ```
 */
export { type EvmAccountId, formatAccountId, isAccountId, parseEvmAccountId } from './account-id.js';
export {
  type AddAssociation,
  type ChangeRecoveryIdentifier,
  type CreateInbox,
  type IdentityAction,
  type IdentityUpdate,
  mapSignatures,
  type RevokeAssociation,
  signaturesOfUpdate,
} from './actions.js';
export { applyUpdate, applyUpdates } from './apply-update.js';
export type { AssociationState, Member } from './association-state.js';
export {
  addAssociationUpdate,
  changeRecoveryUpdate,
  type PendingIdentityUpdate,
  registrationUpdate,
  revokeUpdate,
} from './build.js';
export { type Fetch, type JsonRpcCall, jsonRpcOver } from './chain/json-rpc.js';
export {
  type ContractWalletVerifier,
  contractWalletVerifier,
  verifyContractWalletSignature,
} from './chain/verify-contract-wallet.js';
export { decodeAssociationState, encodeAssociationState } from './codec/association-state.js';
export {
  encodeMemberIdentifier,
  identifierFromText,
  identifierKindToProto,
  memberIdentifierFromProto,
  memberIdentifierToProto,
} from './codec/identifier.js';
export {
  decodeIdentityUpdate,
  encodeIdentityUpdate,
  identityUpdateFromProto,
  identityUpdateKey,
  identityUpdateToProto,
  type SignedIdentityUpdate,
} from './codec/identity-update.js';
export { signatureFromProto, signatureToProto } from './codec/signature.js';
export { IDENTITY_ERRORS, IdentityError, type IdentityErrorCode } from './errors.js';
export {
  type EthereumIdentifier,
  ethereumIdentifier,
  type Identifier,
  type InstallationIdentifier,
  identifierKey,
  identifierText,
  installationIdentifier,
  type MemberIdentifier,
  type MemberKind,
  type PasskeyIdentifier,
  passkeyIdentifier,
  sameIdentifier,
} from './identifier.js';
export { DEFAULT_NONCE, inboxIdOf, isInboxId, parseInboxId } from './inbox-id.js';
export { MAX_INSTALLATIONS_PER_INBOX, MAX_UPDATES_PER_INBOX } from './limits.js';
export { decodeMlsCredential, encodeMlsCredential } from './mls-credential.js';
export { type InboxLogEntry, type InboxSnapshot, type ReplayOptions, replayInboxLog } from './replay.js';
export { MAX_CACHED_SIGNATURES, SignatureCache } from './signature-cache.js';
export {
  attachSignature,
  missingSigners,
  type SignatureRequest,
  signatureRequest,
  signedUpdate,
} from './signature-request.js';
export { signatureText } from './signature-text.js';
export {
  type ContractWalletAnswer,
  type ContractWalletLookup,
  type ContractWalletQuery,
  contractWalletQueries,
  contractWalletQuery,
  contractWalletQueryKey,
} from './signatures/contract-wallet.js';
export { addressOfPublicKey, eip191Digest } from './signatures/eip191.js';
export {
  installationKeyProof,
  signInstallationKey,
  signPublicText,
  verifyPublicText,
} from './signatures/installation-key.js';
export { legacyKeyText } from './signatures/legacy-delegated.js';
export type {
  ContractWalletSignature,
  Eip191Signature,
  InstallationKeySignature,
  LegacyDelegatedSignature,
  LegacySignedKey,
  PasskeySignature,
  Signature,
  SignatureKind,
  VerifiedSignature,
} from './signatures/signature.js';
export {
  type AssociationStateDiff,
  diffStates,
  hasInstallation,
  type InstallationView,
  identifiersOf,
  installationsOf,
  isMember,
  membersOf,
} from './state-view.js';
export { type VerificationContext, type VerifiedIdentityUpdate, verifySignature, verifyUpdate } from './verify.js';
export { type AheadContext, verifyAhead } from './verify-ahead.js';
