/**
 * Errors of the SDK's own surface, with the exact texts that applications match on (@xmtp/node-sdk 6.0.0). Errors of the layers
 * below (`ClientError`, `SqliteError`, …) pass through with their codes.
 */
import { ConclaveError, type ErrorDetails, type ErrorTable } from '@conclave/crypto';

/** Codes of the SDKs' own surface. */
export const SDK_ERRORS = {
  'sdk/inbox-reassign': {
    message: 'Unable to create add account signature text, `allowInboxReassign` must be true',
    retryable: false,
  },
  'sdk/account-already-associated': { message: 'Account already associated with inbox', retryable: false },
  'sdk/missing-content-type': { message: 'Content type is required when sending encoded content', retryable: false },
  'sdk/signer-unavailable': {
    message: 'Signer unavailable, use Client.create to create a client with a signer',
    retryable: false,
  },
  'sdk/client-not-initialized': {
    message: 'Client not initialized, use Client.create or Client.build to create a client',
    retryable: false,
  },
  'sdk/stream-failed': { message: 'Stream failed', retryable: true },
  'sdk/stream-invalid-retry-attempts': { message: 'Stream retry attempts must be greater than 0', retryable: false },
  'sdk/conflicting-options': {
    message:
      "Cannot specify both 'backend' and network options. Use either a pre-built Backend or network options, not both.",
    retryable: false,
  },
  'sdk/unknown-environment': {
    message: 'There is no environment of this name; ApiUrls and HistorySyncUrls list those that there are.',
    retryable: false,
  },
  'sdk/missing-gateway-host': {
    message: 'This environment is reached through a gateway, whose address has to be given as gatewayHost.',
    retryable: false,
  },
  'sdk/gateway-unsupported': {
    message:
      'This environment is reached through a gateway, which this version does not speak. Name a node with apiUrl.',
    retryable: false,
  },
  'sdk/archive-key-too-short': {
    message: 'The encryption key must be at least 32 bytes long.',
    retryable: false,
  },
  'sdk/archive-file': {
    message: 'The archive file could not be read or written; the details name the reason.',
    retryable: false,
  },
  'sdk/proxy-failed': {
    message: 'The proxy does not lead to the node; the details say what it answered.',
    retryable: true,
  },
  'sdk/not-hex': { message: 'Value is not a hexadecimal string.', retryable: false },
  'sdk/bad-option': { message: 'An option has a value that the client cannot use.', retryable: false },
} as const satisfies ErrorTable<string>;

export type SdkErrorCode = keyof typeof SDK_ERRORS;

/** Base of the SDK's own errors. */
export class SdkError extends ConclaveError {
  override readonly name: string = 'SdkError';
  declare readonly code: SdkErrorCode;

  constructor(
    code: SdkErrorCode,
    details: ErrorDetails = {},
    cause?: unknown,
    message: string = SDK_ERRORS[code].message,
  ) {
    super(code, { message, retryable: SDK_ERRORS[code].retryable }, details, cause);
  }
}

/** `unsafe_addAccount` without `allowInboxReassign`. */
export class InboxReassignError extends SdkError {
  override readonly name = 'InboxReassignError';
  constructor() {
    super('sdk/inbox-reassign');
  }
}

/** The account belongs to an inbox already. */
export class AccountAlreadyAssociatedError extends SdkError {
  override readonly name = 'AccountAlreadyAssociatedError';
  constructor(inboxId: string) {
    super('sdk/account-already-associated', {}, undefined, `Account already associated with inbox ${inboxId}`);
  }
}

/** Encoded content without a type was given to `send`. */
export class MissingContentTypeError extends SdkError {
  override readonly name = 'MissingContentTypeError';
  constructor() {
    super('sdk/missing-content-type');
  }
}

/** A call needs the wallet, and the client was made by `Client.build`. */
export class SignerUnavailableError extends SdkError {
  override readonly name = 'SignerUnavailableError';
  constructor() {
    super('sdk/signer-unavailable');
  }
}

/** A member was used before `create`, `build` or `init` finished. */
export class ClientNotInitializedError extends SdkError {
  override readonly name = 'ClientNotInitializedError';
  constructor() {
    super('sdk/client-not-initialized');
  }
}

/** A stream was given up after `attempts` tries. */
export class StreamFailedError extends SdkError {
  override readonly name = 'StreamFailedError';
  constructor(attempts: number) {
    super('sdk/stream-failed', {}, undefined, `Stream failed, retried ${attempts} time${attempts === 1 ? '' : 's'}`);
  }
}

/** `retryAttempts` is negative. */
export class StreamInvalidRetryAttemptsError extends SdkError {
  override readonly name = 'StreamInvalidRetryAttemptsError';
  constructor() {
    super('sdk/stream-invalid-retry-attempts');
  }
}
