/** What can go wrong at the command line. The exit codes that scripts rely on are in exit-codes.ts. */
import { ConclaveError, type ErrorDetails, type ErrorTable } from '@conclave/crypto';

/** Codes of `packages/cli`. */
export const CLI_ERRORS = {
  'cli/usage': { message: 'The command line is wrong; see --help.', retryable: false },
  'cli/unknown-command': { message: 'There is no command like this; /help lists them.', retryable: false },
  'cli/unreadable-file': { message: 'A file that the command names cannot be read.', retryable: false },
  'cli/cancelled': { message: 'Cancelled.', retryable: false },
  'cli/unexpected': {
    message: 'Something failed that should not have; please report it with what you did.',
    retryable: false,
  },
  'cli/no-key': {
    message: 'There is no key here yet. Run "conclave init" first, or name another database with --db.',
    retryable: false,
  },
  'cli/key-exists': {
    message: 'There is a key here already, and it stays as it is. Name another database with --db.',
    retryable: false,
  },
  'cli/bad-key-file': { message: 'The file cannot be read as a wallet key.', retryable: false },
  'cli/key-file-not-written': {
    message: 'The key file cannot be written; check that its folder may be written and the disk is not full.',
    retryable: false,
  },
  'cli/key-file-open-to-others': {
    message: 'The key file can be read by other users of this machine. Run "chmod 600" on it.',
    retryable: false,
  },
  'cli/wrong-passphrase': { message: 'The passphrase does not open the key file.', retryable: false },
  'cli/passphrases-differ': { message: 'The two passphrases differ; nothing was stored.', retryable: false },
  'cli/empty-passphrase': {
    message: 'The passphrase is empty. For a key without one say --throw-away.',
    retryable: false,
  },
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
  'cli/own-inbox': { message: 'This is you; name somebody else.', retryable: false },
  'cli/unknown-message': {
    message: 'There is no such message; "conclave messages --json" shows their ids.',
    retryable: false,
  },
  'cli/unknown-conversation': {
    message:
      'There is no such conversation; "conclave dms" and "conclave groups" list those that there are, /list in a chat.',
    retryable: false,
  },
  'cli/no-conversation-open': {
    message: 'No conversation is open. /list shows what there is, /dm and /group begin one.',
    retryable: false,
  },
  'cli/ambiguous-conversation': {
    message: 'Several conversations match; write the beginning of the id of the one that is meant.',
    retryable: false,
  },
  'cli/ambiguous-message': {
    message: 'Several messages begin like this; write more of the id of the one that is meant.',
    retryable: false,
  },
  'cli/not-a-group': {
    message: 'This can be done in groups only, and the conversation is a direct one.',
    retryable: false,
  },
  'cli/super-admin-cannot-leave': {
    message:
      'A super admin cannot leave. Give the role to somebody else first, then make yourself a member: "conclave group role", or /role in the chat.',
    retryable: false,
  },
  'cli/unknown-installation': {
    message: 'No installation of yours, or more than one, begins like this; "conclave devices" lists them.',
    retryable: false,
  },
  'cli/node-unreachable': {
    message: 'Nothing answers where the node should be. Is it running? --node names another.',
    retryable: true,
  },
  'cli/message-queued': {
    message:
      'The node cannot be reached. The message is queued here and goes out with the next command that reaches the node, or the next chat.',
    retryable: true,
  },
  'cli/change-queued': {
    message:
      'The node cannot be reached. The change is queued here and goes out with the next command that reaches the node, or the next chat.',
    retryable: true,
  },
  'cli/node-exists': {
    message: 'There is a node configured here already, and it stays as it is. Name another folder with --data.',
    retryable: false,
  },
  'cli/checks-failed': { message: 'Some checks failed; each says what to do.', retryable: false },
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

/** What was thrown as one of our errors: anything that is not typed is a fault of ours, `cli/unexpected`. */
export function asConclaveError(error: unknown): ConclaveError {
  if (error instanceof ConclaveError) return error;
  return new CliError('cli/unexpected', { reason: error instanceof Error ? error.message : String(error) }, error);
}

/** Errors whose details are ids: of use to programs, which get them as JSON. */
const DETAILS_FOR_PROGRAMS: ReadonlySet<string> = new Set(['cli/message-queued', 'cli/super-admin-cannot-leave']);

/** The error for a person: without what only helps a program, ids, and which rpc failed with which socket error. */
export function sentenceOf(error: unknown): string {
  const failure = asConclaveError(error);
  const { code, details } = failure;
  if (DETAILS_FOR_PROGRAMS.has(code)) return CLI_ERRORS[code as CliErrorCode].message;
  if (code === 'cli/usage' && details.expected !== undefined) {
    return `${details.option ?? 'This'} cannot be “${details.typed}”: it takes ${details.expected}.`;
  }
  return failure.explanation.replace(/ \(status=.*\)$/s, '');
}
