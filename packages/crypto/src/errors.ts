/**
 * The one error shape of the project (docs/errors.md lists every code).
 *
 * Each package derives one class from ConclaveError and closes its codes in a table
 * `{ code: { message, retryable } }`, so that the documentation can be generated from the code.
 */

/** Values that help a reader of the error; never message text, never key material. */
export type ErrorDetails = Readonly<Record<string, string | number | bigint | boolean>>;

/** What a code means: one sentence with what happened and what the caller can do, and whether trying again may help. */
export interface ErrorMeaning {
  readonly message: string;
  readonly retryable: boolean;
}

/** A closed table of codes of one package. */
export type ErrorTable<Code extends string> = Readonly<Record<Code, ErrorMeaning>>;

/** Marks errors of every copy of this file: a bundle has one of its own. */
const MARK = Symbol.for('conclave.error');

const isNative = (asked: typeof ConclaveError, value: unknown): boolean =>
  Function.prototype[Symbol.hasInstance].call(asked, value);

function isInstance(asked: typeof ConclaveError, value: unknown): boolean {
  if (isNative(asked, value)) return true;
  if (!(value instanceof Error) || !(MARK in value) || isNative(ConclaveError, value)) return false;
  // Names that a minifier has shortened say nothing.
  if (!asked.name.endsWith('Error')) return false;
  for (let type: object = Object.getPrototypeOf(value); MARK in type; type = Object.getPrototypeOf(type)) {
    if (type.constructor.name === asked.name) return true;
  }
  return false;
}

/**
 * Base of every error that a Conclave package throws. `instanceof`, with this class and with those derived from it, also knows the errors of
 * another copy of the code, by the names of their classes: an application may have the bundled SDK and another of our packages beside it.
 */
export class ConclaveError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a derived class asks with itself
    return isInstance(this, value);
  }

  override readonly name: string = 'ConclaveError';
  /** Stable identifier, `package/reason`. */
  readonly code: string;
  /** True when the same call may succeed later without a change by the caller. */
  readonly retryable: boolean;
  readonly details: ErrorDetails;
  #explanation: string | undefined;

  constructor(code: string, meaning: ErrorMeaning, details: ErrorDetails = {}, cause?: unknown) {
    const shown = Object.entries(details).map(([key, value]) => `${key}=${String(value)}`);
    super(
      shown.length === 0 ? meaning.message : `${meaning.message} (${shown.join(', ')})`,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.retryable = meaning.retryable;
    this.details = details;
  }

  /** Our own sentence with what to do about it, whatever `message` says. */
  get explanation(): string {
    return this.#explanation ?? this.message;
  }

  /** Gives the error another `message`, by which applications know it from elsewhere; `explanation` keeps ours. The first call counts. */
  reword(message: string): void {
    if (this.#explanation !== undefined) return;
    this.#explanation = this.message;
    this.message = message;
  }
}

Object.defineProperty(ConclaveError.prototype, MARK, { value: true });

/** Codes of `packages/crypto`. */
export const CRYPTO_ERRORS = {
  'codec/truncated': { message: 'The bytes end before the structure does.', retryable: false },
  'codec/trailing-bytes': { message: 'Bytes are left after the end of the structure.', retryable: false },
  'codec/non-minimal-length': {
    message: 'A length is not written in its shortest form (RFC 9420 section 2.1.2).',
    retryable: false,
  },
  'codec/length-limit': { message: 'A length is larger than the format allows.', retryable: false },
  'codec/invalid-value': { message: 'A field holds a value that the format does not allow.', retryable: false },
  'codec/invalid-text': { message: 'The text is not of the expected encoding.', retryable: false },
  'crypto/open-failed': {
    message: 'The ciphertext does not belong to this key, nonce and associated data.',
    retryable: false,
  },
  'crypto/invalid-key': { message: 'A key has the wrong length or is not a valid point.', retryable: false },
  'crypto/weak-shared-secret': {
    message: 'The key exchange gave an all-zero secret; the public key is of small order.',
    retryable: false,
  },
  'crypto/invalid-signature-encoding': { message: 'A signature has the wrong length or form.', retryable: false },
} as const satisfies ErrorTable<string>;

export type CryptoErrorCode = keyof typeof CRYPTO_ERRORS;

/** Error of `packages/crypto`: malformed bytes or a failed primitive. */
export class CryptoError extends ConclaveError {
  override readonly name = 'CryptoError';
  declare readonly code: CryptoErrorCode;

  constructor(code: CryptoErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, CRYPTO_ERRORS[code], details, cause);
  }
}
