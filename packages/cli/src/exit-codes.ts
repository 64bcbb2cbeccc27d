/** Exit codes: a contract with scripts (README, Exit codes). */
import { asConclaveError } from './errors.js';

/** What the exit codes are called in this package. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  key: 3,
  node: 4,
  refused: 5,
  unknown: 6,
  database: 7,
  cancelled: 130,
} as const;

/** Exit code by error code; codes that begin with `sqlite/` exit with 7, others with 1. */
export const EXIT_BY_CODE: Readonly<Record<string, number>> = {
  'cli/usage': EXIT.usage,
  'cli/unknown-command': EXIT.usage,
  'cli/unreadable-file': EXIT.usage,
  'sdk/archive-file': EXIT.usage,
  'cli/not-an-identity': EXIT.usage,
  'cli/own-inbox': EXIT.usage,
  'client/invalid-address': EXIT.usage,
  'client/invalid-identifier': EXIT.usage,
  'client/invalid-argument': EXIT.usage,
  'client/value-too-long': EXIT.usage,
  'client/message-too-large': EXIT.usage,
  'node/invalid-address': EXIT.usage,
  'node/invalid-setting': EXIT.usage,
  'node/config-unreadable': EXIT.usage,
  'node/tls-incomplete': EXIT.usage,
  'node/invalid-postgres-url': EXIT.usage,
  'cli/no-key': EXIT.key,
  'cli/key-exists': EXIT.key,
  'cli/bad-key-file': EXIT.key,
  'cli/key-file-not-written': EXIT.key,
  'cli/key-file-open-to-others': EXIT.key,
  'cli/wrong-passphrase': EXIT.key,
  'cli/passphrases-differ': EXIT.key,
  'cli/empty-passphrase': EXIT.key,
  'cli/passphrase-needed': EXIT.key,
  'cli/node-unreachable': EXIT.node,
  'cli/message-queued': EXIT.node,
  'cli/change-queued': EXIT.node,
  'client/network-unreachable': EXIT.node,
  'client/network-failed': EXIT.node,
  'client/deadline': EXIT.node,
  'client/rate-limited': EXIT.node,
  'client/stream-lost': EXIT.node,
  'client/sync-incomplete': EXIT.node,
  'client/intent-deadline': EXIT.node,
  'cli/not-a-group': EXIT.refused,
  'cli/super-admin-cannot-leave': EXIT.refused,
  'client/permission-denied': EXIT.refused,
  'client/leave-refused': EXIT.refused,
  'client/not-for-dms': EXIT.refused,
  'client/group-inactive': EXIT.refused,
  'client/group-restored': EXIT.refused,
  'client/group-paused': EXIT.refused,
  'client/too-many-members': EXIT.refused,
  'cli/unknown-person': EXIT.unknown,
  'cli/unknown-message': EXIT.unknown,
  'cli/unknown-conversation': EXIT.unknown,
  'cli/no-conversation-open': EXIT.unknown,
  'cli/ambiguous-conversation': EXIT.unknown,
  'cli/ambiguous-message': EXIT.unknown,
  'cli/unknown-installation': EXIT.unknown,
  'client/unknown-inbox': EXIT.unknown,
  'client/not-a-member': EXIT.unknown,
  'client/conversation-not-found': EXIT.unknown,
  'client/message-not-found': EXIT.unknown,
  'client/database': EXIT.database,
  'client/database-busy': EXIT.database,
  'client/database-newer': EXIT.database,
  'client/database-damaged': EXIT.database,
  'cli/cancelled': EXIT.cancelled,
};

/** Exit code for an error. Cost: constant. */
export function exitCodeOf(error: unknown): number {
  const { code } = asConclaveError(error);
  return EXIT_BY_CODE[code] ?? (code.startsWith('sqlite/') ? EXIT.database : EXIT.failed);
}

/** True when the node could not be reached or did not do its part: what was queued is still queued. */
export function isNodeTrouble(error: unknown): boolean {
  return exitCodeOf(error) === EXIT.node;
}
