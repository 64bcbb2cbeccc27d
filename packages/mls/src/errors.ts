/** Errors of `packages/mls`: one class, a closed table of codes, and the translation of codec errors into it. */
import {
  ConclaveError,
  CryptoError,
  decodeTls,
  type ErrorDetails,
  type ErrorTable,
  type TlsReader,
} from '@conclave/crypto';

/** Codes of `packages/mls`. */
export const MLS_ERRORS = {
  'mls/malformed': {
    message: 'The bytes are not a well-formed MLS structure; drop them and ask the sender for a new message.',
    retryable: false,
  },
  'mls/validation': {
    message: 'The message breaks a rule of the protocol and was refused; the group is unchanged.',
    retryable: false,
  },
  'mls/wrong-group': { message: 'The message belongs to another group.', retryable: false },
  'mls/wrong-epoch': {
    message: 'The message was made for another epoch of the group; process the commits in between first.',
    retryable: false,
  },
  'mls/epoch-too-old': {
    message: 'The keys of the epoch of this message were already deleted; ask the sender to send it again.',
    retryable: false,
  },
  'mls/generation-too-old': {
    message: 'The key of this message was already deleted because newer messages of its sender were read.',
    retryable: false,
  },
  'mls/generation-too-far': {
    message: 'The message skips more of its sender’s messages than the group tolerates.',
    retryable: false,
  },
  'mls/generation-spent': {
    message: 'The key of this message was already used: the message was read before, or is a replay.',
    retryable: false,
  },
  'mls/decryption-failed': {
    message:
      'The message could not be decrypted with the keys of its epoch; it is damaged or not meant for this member.',
    retryable: false,
  },
  'mls/own-message': {
    message: 'The message is our own; its content is known from when it was sent and it cannot be decrypted.',
    retryable: false,
  },
  'mls/removed': { message: 'This client was removed from the group; it has to be added again.', retryable: false },
  'mls/no-matching-key-package': {
    message: 'The Welcome is not addressed to any key package whose private keys are at hand.',
    retryable: false,
  },
  'mls/unsupported-suite': {
    message: 'The cipher suite is not one of those implemented (0x0001, 0x0003).',
    retryable: false,
  },
  'mls/unsupported-message': { message: 'This kind of message is not accepted here.', retryable: false },
  'mls/invalid-argument': {
    message: 'The call was given something that this operation cannot work with; the details name it.',
    retryable: false,
  },
  'mls/stale-diff': {
    message: 'The staged change was made for another state of the tree; drop it and make it again.',
    retryable: false,
  },
  'mls/corrupt-rows': {
    message: 'The stored rows of the group are missing or damaged; restore them or join the group again.',
    retryable: false,
  },
} as const satisfies ErrorTable<string>;

export type MlsErrorCode = keyof typeof MLS_ERRORS;

/** Error of `packages/mls`. `mls/validation` carries `rule` and `section` in its details (see `validation/rules.ts`). */
export class MlsError extends ConclaveError {
  override readonly name = 'MlsError';
  declare readonly code: MlsErrorCode;

  constructor(code: MlsErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, MLS_ERRORS[code], details, cause);
  }
}

/**
 * Decodes one structure that must fill `bytes` exactly.
 *
 * @param structure - name of the structure in RFC 9420, for the error
 * @param code - what damaged bytes mean: `mls/malformed` from the network, `mls/corrupt-rows` from the own store
 * @throws MlsError with that code, the codec's error as its cause
 */
export function decodeExactly<T>(
  structure: string,
  bytes: Uint8Array,
  read: (reader: TlsReader) => T,
  code: 'mls/malformed' | 'mls/corrupt-rows' = 'mls/malformed',
): T {
  return asMlsError(structure, () => decodeTls(bytes, read), code);
}

/** Runs a decoding step, turning the codec's and the key import's errors into an MlsError that names the structure. */
export function asMlsError<T>(
  structure: string,
  step: () => T,
  code: 'mls/malformed' | 'mls/corrupt-rows' | 'mls/decryption-failed' = 'mls/malformed',
): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof CryptoError) throw new MlsError(code, { structure, reason: error.code }, error);
    throw error;
  }
}
