/** Errors of the test ground itself; what the code under test throws passes through unchanged. */
import { ConclaveError, type ErrorDetails, type ErrorTable } from '@conclave/crypto';

/** Codes of `packages/testing`. */
export const TESTING_ERRORS = {
  'testing/misuse': { message: 'The test uses its ground in a way that has no meaning.', retryable: false },
  'testing/violation': { message: 'An invariant of the simulation does not hold.', retryable: false },
  'testing/no-chain': {
    message: 'The local chain does not start: its program comes with @foundry-rs/anvil and fits this machine or not.',
    retryable: false,
  },
  'testing/no-server': {
    message: 'A server that the tests start for themselves is not installed or does not start.',
    retryable: false,
  },
  'testing/transaction-failed': { message: 'A transaction on the local chain was reverted.', retryable: false },
  'testing/not-compiled': { message: 'The test contracts do not compile.', retryable: false },
} as const satisfies ErrorTable<string>;

export type TestingErrorCode = keyof typeof TESTING_ERRORS;

/** Error of `packages/testing`. `details.invariant` names what was violated. */
export class TestingError extends ConclaveError {
  override readonly name = 'TestingError';
  declare readonly code: TestingErrorCode;

  constructor(code: TestingErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, TESTING_ERRORS[code], details, cause);
  }
}

/**
 * The end of a simulated process. It is deliberately no ConclaveError: code that handles failures must not mistake the end of its own
 * process for a bad message or a full disk and go on.
 */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';

  constructor() {
    super('the simulated process has ended');
  }
}
