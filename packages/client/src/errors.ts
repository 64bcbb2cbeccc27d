/**
 * Every way in which the client says no. The codes are stable: an application may compare them. `details` names the
 * rule, the limit or the id concerned, never message text or keys.
 */
import { ConclaveError, type ErrorDetails, type ErrorTable } from '@conclave/crypto';

/** Codes of `packages/client`. */
export const CLIENT_ERRORS = {
  // What the caller passed in.
  'client/invalid-address': {
    message: 'The Ethereum address must be 0x followed by 40 hexadecimal digits; check it for a missing character.',
    retryable: false,
  },
  'client/invalid-identifier': {
    message: 'The identifier is not of its kind: a passkey is the hexadecimal form of its public key.',
    retryable: false,
  },
  'client/invalid-argument': { message: 'A parameter is outside what the call accepts.', retryable: false },
  'client/closed': { message: 'The client was closed; open it again to use it.', retryable: false },

  // Inboxes and installations.
  'client/unknown-inbox': {
    message: 'The network knows no inbox of this name; its owner has not registered yet.',
    retryable: false,
  },
  'client/not-registered': {
    message: 'This installation is not part of its inbox yet; register it first.',
    retryable: false,
  },
  'client/installation-revoked': {
    message: 'This installation was revoked by the owner of the inbox; create a new one.',
    retryable: false,
  },
  'client/wrong-inbox': {
    message: 'The identifier and the inbox do not belong together; check the account, the nonce and the database.',
    retryable: false,
  },
  'client/already-associated': {
    message: 'The account already belongs to another inbox; allow the reassignment to move it.',
    retryable: false,
  },
  'client/too-many-installations': {
    message: 'The inbox has as many installations as it may have; revoke one first.',
    retryable: false,
  },
  'client/unknown-signer': {
    message: 'The signature is not by one of the signers that the request waits for.',
    retryable: false,
  },
  'client/invalid-signature': { message: 'The signature does not fit the text of the request.', retryable: false },
  'client/signatures-missing': {
    message: 'The request cannot be applied before every signer has signed.',
    retryable: false,
  },
  'client/signature-reused': {
    message: 'The inbox has accepted this very signature before; make a new request, a second later.',
    retryable: false,
  },
  'client/identity-update-refused': {
    message: 'The change breaks a rule of the inbox and was not published.',
    retryable: false,
  },
  'client/identity-log-invalid': {
    message: 'The node gave an identity log that does not verify; the inbox cannot be used through this node.',
    retryable: false,
  },
  'client/identity-log-missing': {
    message: 'The identity log is not stored up to the position that is needed; fetch it and try again.',
    retryable: true,
  },
  'client/contract-wallet-unverifiable': {
    message: 'The chain of a contract wallet could not be asked whether a signature is valid; try again later.',
    retryable: true,
  },
  'client/key-package-invalid': {
    message: 'The key package of the installation cannot be used; it can be added after it uploads a new one.',
    retryable: false,
  },
  'client/no-usable-installation': {
    message: 'None of the installations to add has a usable key package.',
    retryable: false,
  },

  // The node.
  'client/network-unreachable': {
    message: 'The node cannot be reached; check the connection and try again.',
    retryable: true,
  },
  'client/deadline': { message: 'The node did not answer in time.', retryable: true },
  'client/rate-limited': { message: 'The node asks to send less; wait and try again.', retryable: true },
  'client/network-failed': { message: 'The node failed to handle the call.', retryable: true },
  'client/network-refused': { message: 'The node refused the call.', retryable: false },
  'client/answer-too-large': {
    message: 'The answer of the node is larger than this client receives; ask for less at a time.',
    retryable: false,
  },
  'client/cancelled': { message: 'The call was cancelled by the caller.', retryable: false },
  'client/node-answer-malformed': {
    message: 'The answer of the node breaks the protocol; it may be faulty or dishonest.',
    retryable: false,
  },
  'client/stream-lost': {
    message: 'The stream ended and could not be opened again; open a new one when the node is reachable.',
    retryable: true,
  },

  // Conversations and messages.
  'client/conversation-not-found': { message: 'No conversation with this id is stored here.', retryable: false },
  'client/message-not-found': { message: 'No message with this id is stored here.', retryable: false },
  'client/group-inactive': {
    message: 'This installation is no longer in the conversation; somebody has to add it again.',
    retryable: false,
  },
  'client/group-restored': {
    message: 'The conversation came from an archive and has no keys here; somebody has to add this installation.',
    retryable: false,
  },
  'client/group-paused': {
    message: 'The conversation demands a newer client; update to use it.',
    retryable: false,
  },
  'client/permission-denied': { message: "The conversation's permissions do not allow this.", retryable: false },
  'client/commit-invalid': { message: 'A commit breaks a rule and was not applied.', retryable: false },
  'client/message-invalid': { message: 'A message breaks a rule and was not stored.', retryable: false },
  'client/payload-malformed': {
    message: 'Data inside the conversation cannot be read; it was written by a faulty or newer client.',
    retryable: false,
  },
  'client/welcome-invalid': { message: 'A welcome breaks a rule and was not followed.', retryable: false },
  'client/welcome-already-processed': { message: 'The welcome leads to an epoch already reached.', retryable: false },
  'client/pointee-missing': {
    message: 'The welcome that a pointer names has not arrived yet; it is looked for again later.',
    retryable: true,
  },
  'client/not-a-member': { message: 'The inbox is not a member of the conversation.', retryable: false },
  'client/too-many-members': {
    message: 'The conversation would have more members than it may have.',
    retryable: false,
  },
  'client/value-too-long': { message: 'The value is longer than the conversation may store.', retryable: false },
  'client/message-too-large': {
    message: 'The message is larger than the network carries; send it as a remote attachment.',
    retryable: false,
  },
  'client/leave-refused': { message: 'This member cannot leave the conversation.', retryable: false },
  'client/invite-invalid': {
    message: 'The invitation cannot be followed; the rule says what is wrong with it.',
    retryable: false,
  },
  'client/invite-stale': {
    message:
      'The group has changed since its state was left for this invitation; try again when a member has renewed it.',
    retryable: true,
  },
  'client/app-data-unsupported': {
    message:
      'Not every member has a client that knows app data, or the rules of this group cannot be said in it; the group stays as it is.',
    retryable: false,
  },
  'client/not-for-dms': { message: 'A direct message conversation does not have this.', retryable: false },
  'client/intent-failed': {
    message: 'The change was given up after too many attempts; nothing of it took effect.',
    retryable: false,
  },
  'client/intent-deadline': {
    message: 'The change was not settled in time; it stays queued and is tried again with the next sync.',
    retryable: true,
  },
  'client/sync-incomplete': {
    message: 'The conversation could not be brought up to date; what was received is kept.',
    retryable: true,
  },

  // The local database.
  'client/database': { message: 'The local database failed.', retryable: false },
  'client/database-busy': { message: 'The local database is busy; try again.', retryable: true },
  'client/takeover-unfinished': {
    message:
      'The deployed client left changes under way in this database; open it there once more, synchronise, close it, and open it here again.',
    retryable: false,
  },
  'client/takeover-unreadable': {
    message:
      'This database of the deployed client is not as its version 1.10.0 writes it, and was left as it is. Make an archive there and import it here.',
    retryable: false,
  },
  'client/database-newer': {
    message: 'The database was written by a newer version; update this client to open it.',
    retryable: false,
  },
  'client/database-damaged': {
    message: 'A row of the local database cannot be read; restore a backup or register a new installation.',
    retryable: false,
  },

  // Archives and device sync.
  'client/archive-wrong-key': {
    message: 'The archive does not open with this key; check the key, or the beginning of the file is damaged.',
    retryable: false,
  },
  'client/archive-truncated': {
    message: 'The archive ends before it is complete; copy or download it again. Nothing was imported.',
    retryable: false,
  },
  'client/archive-invalid': {
    message: 'The archive is damaged and cannot be read. Nothing was imported.',
    retryable: false,
  },
  'client/archive-newer': {
    message: 'The archive was written by a newer version; update this client to read it.',
    retryable: false,
  },
  'client/archive-too-large': {
    message: 'The archive is larger than what is accepted from a server.',
    retryable: false,
  },
  'client/archive-not-found': {
    message: 'No other installation has offered such an archive; synchronise the device sync groups, or ask for one.',
    retryable: false,
  },
  'client/history-server': {
    message: 'The history server could not be reached or refused the file; try again later.',
    retryable: true,
  },
  'client/history-unavailable': {
    message: 'This client was opened without a way to reach history servers.',
    retryable: false,
  },
} as const satisfies ErrorTable<string>;

export type ClientErrorCode = keyof typeof CLIENT_ERRORS;

/** Error of `packages/client`. A lower layer's error that explains it is its `cause`. */
export class ClientError extends ConclaveError {
  override readonly name: string = 'ClientError';
  declare readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, CLIENT_ERRORS[code], details, cause);
  }
}

/** Whether an error is about the local database and not about what was asked or received. */
export function isStorageFailure(error: ConclaveError): boolean {
  const { code } = error;
  return code.startsWith('sqlite/') || code === 'mls/corrupt-rows' || code === 'client/database-damaged';
}
