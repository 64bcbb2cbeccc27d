/** Errors of `packages/content`. */
import { ConclaveError, type ErrorDetails, type ErrorTable } from '@conclave/crypto';

/** Codes of `packages/content`. */
export const CONTENT_ERRORS = {
  'content/malformed': {
    message: 'The content is not what its type says; show its fallback text or that it cannot be shown.',
    retryable: false,
  },
  'content/invalid-type': {
    message: 'A content type must be written as authority/type:major.minor.',
    retryable: false,
  },
  'content/invalid-value': {
    message: 'The value cannot be written as this content type; change what the details name.',
    retryable: false,
  },
  'content/attachment-changed': {
    message: 'The downloaded file is not the one that was sent; ask the sender for it again.',
    retryable: false,
  },
  'content/attachment-undecryptable': {
    message: 'The downloaded file does not open with the keys of the message.',
    retryable: false,
  },
  'content/compressed': {
    message: 'The content is compressed and nothing to inflate it was given.',
    retryable: false,
  },
  'content/too-large': {
    message: 'The content inflates to more than is allowed.',
    retryable: false,
  },
  'content/codec-failed': {
    message: 'The codec that the application registered for this content type failed.',
    retryable: false,
  },
} as const satisfies ErrorTable<string>;

export type ContentErrorCode = keyof typeof CONTENT_ERRORS;

/** Error of `packages/content`. Its details never hold content. */
export class ContentError extends ConclaveError {
  override readonly name = 'ContentError';
  declare readonly code: ContentErrorCode;

  constructor(code: ContentErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, CONTENT_ERRORS[code], details, cause);
  }
}
