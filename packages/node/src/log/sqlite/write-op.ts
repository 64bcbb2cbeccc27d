/** What crosses to the writing store: one atomic change each, as plain data. */
import type { CommitLogInput, IdentityUpdateEntry, MessageEntry, Position, Pruned, PruneRequest } from '../log.js';
import type { WriteCost } from '../write-queue.js';

/** One atomic change. */
export type WriteOp =
  | { readonly op: 'messages'; readonly entries: readonly MessageEntry[] }
  | { readonly op: 'key-package'; readonly installationKey: Uint8Array; readonly keyPackage: Uint8Array }
  | { readonly op: 'identity-update'; readonly entry: IdentityUpdateEntry }
  | { readonly op: 'commit-log'; readonly entries: readonly CommitLogInput[] }
  | { readonly op: 'used-key-packages'; readonly installationKeys: readonly Uint8Array[] }
  | { readonly op: 'prune'; readonly request: PruneRequest };

/** What an operation answers: places for messages, whether an identity update fitted, what was pruned, else nothing. */
export type WriteResult = readonly (Position | undefined)[] | boolean | Pruned | undefined;

/** Rows and bytes of an operation, with a guess at what a row costs besides its content. */
export function measureWrite(op: WriteOp): WriteCost {
  switch (op.op) {
    case 'messages':
      return { rows: op.entries.length, bytes: sum(op.entries.map(({ data }) => data.length + 256)) };
    case 'key-package':
      return { rows: 1, bytes: op.keyPackage.length };
    case 'identity-update':
      return { rows: 3, bytes: op.entry.update.length + op.entry.state.length };
    case 'commit-log':
      return { rows: op.entries.length, bytes: sum(op.entries.map(({ entry }) => entry.length + 256)) };
    case 'used-key-packages':
      return { rows: op.installationKeys.length, bytes: 64 * op.installationKeys.length };
    case 'prune':
      // A transaction of its own.
      return { rows: Number.MAX_SAFE_INTEGER, bytes: 0 };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
