/** Errors of the browser's side, with the texts of `@xmtp/browser-sdk` 7 where it has them; those of the layers below pass through. */
import { ConclaveError, type ErrorDetails, type ErrorTable } from '@conclave/crypto';

/** Codes of `packages/browser-sdk`. */
export const BROWSER_ERRORS = {
  'browser/group-not-found': { message: 'There is no conversation with this id on this device.', retryable: false },
  'browser/stream-not-found': { message: 'There is no stream with this id.', retryable: false },
  'browser/opfs-not-initialized': {
    message: 'OPFS must be initialized before accessing its methods',
    retryable: false,
  },
  'browser/opfs-failed': {
    message: 'Failed to initialize OPFS, ensure that there are no other active XMTP clients or Opfs instances',
    retryable: true,
  },
  'browser/worker-blocked': {
    message:
      "The page's Content-Security-Policy does not let the worker start. Allow `worker-src blob:`, or serve worker.js of this package and name it with the option workerUrl.",
    retryable: false,
  },
  'browser/worker-failed': {
    message: 'The worker stopped; it is started again with the next call.',
    retryable: true,
  },
  'browser/core-lost': {
    message:
      'The tab that did the work was closed before it answered. Another tab has taken over; look whether the change was made, then try again.',
    retryable: true,
  },
  'browser/memory-lost': {
    message: 'The worker stopped, and with it what this client had in memory only. Make a new client.',
    retryable: false,
  },
  'browser/closed': { message: 'The client is closed.', retryable: false },
  'browser/other-account': {
    message: 'This database is open for another account in another tab; give each account a dbPath of its own.',
    retryable: false,
  },
  'browser/key-unavailable': {
    message:
      'The key to this database lies in IndexedDB, which the browser does not open. Let the site keep data, then load the page again; nothing was changed.',
    retryable: true,
  },
  'browser/key-lost': {
    message:
      'There is a database, but no key to it in this browser. Give the key as dbEncryptionKey, or remove the database with deleteDatabase and begin anew.',
    retryable: false,
  },
  'browser/no-passkey-secret': {
    message: 'The passkey or the browser gives no secret (WebAuthn extension prf); use another way to keep the key.',
    retryable: false,
  },
  'browser/unknown-call': {
    message: 'The tabs of this application are of different versions. Load the older tab again, then try again.',
    retryable: false,
  },
  'browser/request-lost': {
    message:
      'The worker that made this request for a signature is gone, or the request was used already. Ask for it again, and sign that.',
    retryable: false,
  },
} as const satisfies ErrorTable<string>;

export type BrowserErrorCode = keyof typeof BROWSER_ERRORS;

/** Base of the errors of this package. */
export class BrowserError extends ConclaveError {
  override readonly name: string = 'BrowserError';
  declare readonly code: BrowserErrorCode;

  constructor(
    code: BrowserErrorCode,
    details: ErrorDetails = {},
    cause?: unknown,
    message: string = BROWSER_ERRORS[code].message,
  ) {
    super(code, { message, retryable: BROWSER_ERRORS[code].retryable }, details, cause);
  }
}

/** A conversation that is not stored here. */
export class GroupNotFoundError extends BrowserError {
  override readonly name = 'GroupNotFoundError';
  constructor(groupId: string) {
    super('browser/group-not-found', {}, undefined, `Group "${groupId}" not found`);
  }
}

/** A stream that is not open. */
export class StreamNotFoundError extends BrowserError {
  override readonly name = 'StreamNotFoundError';
  constructor(streamId: string) {
    super('browser/stream-not-found', {}, undefined, `Stream "${streamId}" not found`);
  }
}

/** A method of `Opfs` before `init`. */
export class OpfsNotInitializedError extends BrowserError {
  override readonly name = 'OpfsNotInitializedError';
  constructor() {
    super('browser/opfs-not-initialized');
  }
}

/** There is no origin private file system here. */
export class OpfsInitializationError extends BrowserError {
  override readonly name = 'OpfsInitializationError';
  constructor(cause?: unknown) {
    super('browser/opfs-failed', {}, cause);
  }
}
