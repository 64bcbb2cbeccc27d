/** Errors of `packages/proto`. */
import { ConclaveError, type ErrorDetails, type ErrorTable } from '@conclave/crypto';

/** Codes of `packages/proto`. */
export const PROTO_ERRORS = {
  'proto/malformed': {
    message: 'The bytes are not a message of the expected type; whoever sent them is faulty or of another version.',
    retryable: false,
  },
  'proto/unencodable': {
    message: 'A number is out of the range of its field, so that nothing was encoded; give one that the field holds.',
    retryable: false,
  },
} as const satisfies ErrorTable<string>;

export type ProtoErrorCode = keyof typeof PROTO_ERRORS;

/** Error of `packages/proto`: bytes that do not decode, numbers that cannot be encoded. */
export class ProtoError extends ConclaveError {
  override readonly name = 'ProtoError';
  declare readonly code: ProtoErrorCode;

  constructor(code: ProtoErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, PROTO_ERRORS[code], details, cause);
  }
}
