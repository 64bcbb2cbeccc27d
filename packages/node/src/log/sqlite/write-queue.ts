/**
 * Group commit: writes that arrive while the disk is flushing are committed together by the next flush. Order is kept:
 * what was enqueued first has the lower id. A transaction that fails fails every write in it, and nothing of it is stored.
 */
import { NodeError } from '../../errors.js';
import type { NodeLimits } from '../../limits.js';
import type { WriteOp, WriteResult } from './sqlite-store.js';

type CommitResult = readonly WriteResult[];

interface Waiting {
  readonly op: WriteOp;
  readonly rows: number;
  readonly bytes: number;
  resolve(result: WriteResult): void;
  reject(error: unknown): void;
}

/** Commits in flight: the second lets the database start at once when the first is done. */
const MAX_COMMITS_IN_FLIGHT = 2;

/** Writes waiting for the database, in order. */
export class WriteQueue {
  readonly #commit: (ops: readonly WriteOp[]) => Promise<CommitResult>;
  readonly #onCommitted: (ops: readonly WriteOp[], results: CommitResult) => void;
  readonly #limits: Pick<NodeLimits, 'commitRows' | 'unwrittenBytes'>;
  readonly #waiting: Waiting[] = [];
  #unwrittenBytes = 0;
  #inFlight = 0;

  /** `onCommitted` is called once per transaction, in commit order, before the writers are answered. */
  constructor(
    commit: (ops: readonly WriteOp[]) => Promise<CommitResult>,
    onCommitted: (ops: readonly WriteOp[], results: CommitResult) => void,
    limits: Pick<NodeLimits, 'commitRows' | 'unwrittenBytes'>,
  ) {
    this.#commit = commit;
    this.#onCommitted = onCommitted;
    this.#limits = limits;
  }

  /**
   * Resolves once the operation is durable.
   * @throws NodeError `node/overloaded` when too much is waiting already, and whatever the commit failed with
   */
  write(op: WriteOp): Promise<WriteResult> {
    const { rows, bytes } = measure(op);
    if (this.#unwrittenBytes > 0 && this.#unwrittenBytes + bytes > this.#limits.unwrittenBytes) {
      return Promise.reject(new NodeError('node/overloaded', { unwrittenBytes: this.#unwrittenBytes }));
    }
    this.#unwrittenBytes += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ op, rows, bytes, resolve, reject });
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#inFlight < MAX_COMMITS_IN_FLIGHT) void this.#commitNext(this.#take());
  }

  /** The longest run from the front that stays within the row bound, and at least one. */
  #take(): Waiting[] {
    let rows = 0;
    let count = 0;
    for (const { rows: more } of this.#waiting) {
      if (count > 0 && rows + more > this.#limits.commitRows) break;
      rows += more;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #commitNext(batch: readonly Waiting[]): Promise<void> {
    this.#inFlight++;
    const ops = batch.map(({ op }) => op);
    try {
      const results = await this.#commit(ops);
      this.#onCommitted(ops, results);
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      for (const { bytes } of batch) this.#unwrittenBytes -= bytes;
      this.#inFlight--;
      this.#pump();
    }
  }
}

function measure(op: WriteOp): { rows: number; bytes: number } {
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
