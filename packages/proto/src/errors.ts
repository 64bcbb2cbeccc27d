/** Errors of `packages/proto`. */
import { ConclaveError, type ErrorDetails, type ErrorTable } from '@conclave/crypto';

/** Codes of `packages/proto`. */
export const PROTO_ERRORS = {
  'proto/malformed': {
    message: 'The bytes are not a message of the expected type; whoever sent them is faulty or of another version.',
    retryable: false,
  },
} as const satisfies ErrorTable<string>;

export type ProtoErrorCode = keyof typeof PROTO_ERRORS;

/** Error of `packages/proto`: bytes that do not decode. */
export class ProtoError extends ConclaveError {
  override readonly name = 'ProtoError';
  declare readonly code: ProtoErrorCode;

  constructor(code: ProtoErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, PROTO_ERRORS[code], details, cause);
  }
}
