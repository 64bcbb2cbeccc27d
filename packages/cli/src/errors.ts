/** What can go wrong at the command line, with the exit code that scripts rely on (README, Exit codes). */
import { ConclaveError, type ErrorDetails, type ErrorTable } from '@conclave/crypto';

export const CLI_ERRORS = {
  'cli/usage': { message: 'The command line is wrong; see --help.', retryable: false },
  'cli/no-key': {
    message: 'There is no key here yet. Run "conclave init" first, or name another database with --db.',
    retryable: false,
  },
  'cli/key-exists': { message: 'There is a key here already. Name another database with --db.', retryable: false },
  'cli/bad-key-file': { message: 'The key file cannot be read as a wallet key.', retryable: false },
  'cli/key-file-open-to-others': {
    message: 'The key file can be read by other users of this machine. Run "chmod 600" on it.',
    retryable: false,
  },
  'cli/wrong-passphrase': { message: 'The passphrase does not open the key file.', retryable: false },
  'cli/passphrase-needed': {
    message:
      'The key file has a passphrase and there is no terminal to ask for it. Use --passphrase-file or CONCLAVE_PASSPHRASE.',
    retryable: false,
  },
  'cli/unknown-person': { message: 'Nobody is registered under this address or inbox id.', retryable: false },
  'cli/not-an-identity': {
    message: 'This is neither an address (0x and 40 hex digits) nor an inbox id (64 hex digits).',
    retryable: false,
  },
  'cli/unknown-conversation': { message: 'There is no such conversation.', retryable: false },
  'cli/ambiguous-conversation': { message: 'Several conversations match; write more of the id.', retryable: false },
  'cli/not-a-group': {
    message: 'This can be done in groups only, and the conversation is a direct one.',
    retryable: false,
  },
} as const satisfies ErrorTable<string>;

export type CliErrorCode = keyof typeof CLI_ERRORS;

/** Error of the command line itself; errors of the layers below pass through unchanged. */
export class CliError extends ConclaveError {
  override readonly name = 'CliError';
  declare readonly code: CliErrorCode;

  constructor(code: CliErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, CLI_ERRORS[code], details, cause);
  }
}

const EXIT_BY_CODE: Readonly<Record<string, number>> = {
  'cli/usage': 2,
  'cli/not-an-identity': 2,
  'cli/no-key': 3,
  'cli/wrong-passphrase': 3,
  'cli/passphrase-needed': 3,
  'cli/unknown-person': 6,
  'cli/unknown-conversation': 6,
  'cli/ambiguous-conversation': 6,
  'client/unknown-inbox': 6,
  'client/conversation-not-found': 6,
  'client/permission-denied': 5,
  'client/network-unreachable': 4,
  'client/deadline': 4,
  'sqlite/locked-by-another-process': 7,
  'sqlite/wrong-key': 7,
};

/** The stable code of an error, `cli/unexpected` for anything that is not ours. */
export function codeOf(error: unknown): string {
  return error instanceof ConclaveError ? error.code : 'cli/unexpected';
}

/** Exit code for an error (README, Exit codes). Cost: constant. */
export function exitCodeOf(error: unknown): number {
  const code = codeOf(error);
  return EXIT_BY_CODE[code] ?? (code.startsWith('network/') ? 4 : 1);
}
