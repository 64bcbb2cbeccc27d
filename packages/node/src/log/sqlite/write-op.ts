/** What crosses to the writing store: one atomic change each, as plain data. */
import type { CommitLogInput, IdentityUpdateEntry, MessageEntry, Position } from '../log.js';
import type { WriteCost } from '../write-queue.js';

/** One atomic change. */
export type WriteOp =
  | { readonly op: 'messages'; readonly entries: readonly MessageEntry[] }
  | { readonly op: 'key-package'; readonly installationKey: Uint8Array; readonly keyPackage: Uint8Array }
  | { readonly op: 'identity-update'; readonly entry: IdentityUpdateEntry }
  | { readonly op: 'commit-log'; readonly entries: readonly CommitLogInput[] };

/** What an operation answers: places for messages, whether an identity update fitted, nothing else. */
export type WriteResult = readonly (Position | undefined)[] | boolean | undefined;

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
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
