/**
 * Group commit: writes that arrive while the database is busy are committed together by the next transaction. Order is
 * kept: what was enqueued first has the lower id. A transaction that the database refuses is tried again write by write,
 * so that one write cannot fail its neighbours; nothing of a write that fails is stored.
 */
import { NodeError } from '../errors.js';
import type { NodeLimits } from '../limits.js';
import type { Logger } from '../logger.js';

/** What a write weighs, for the bounds of a transaction and of the queue. */
export interface WriteCost {
  readonly rows: number;
  readonly bytes: number;
}

/** What a transaction came to. */
export interface CommittedWrites<Result> {
  /** By the position of the operations. */
  readonly results: readonly Result[];
  /** Tells whoever listens. Called in commit order, before the writers are answered; what they wrote is stored, even if this throws. */
  tell?(): void;
}

/** How a queue commits. */
export interface WriteQueueOptions<Op, Result> {
  /** Commits the operations in one transaction. */
  commit(ops: readonly Op[]): Promise<CommittedWrites<Result>>;
  measure(op: Op): WriteCost;
  /** Rows of one transaction, unless a single write has more. */
  readonly maxRows: number;
  /** Bytes of one transaction, unless a single write has more. */
  readonly maxBytes: number;
  /** Transactions at once. With two, the database starts on one as soon as the other is done. */
  readonly commitsInFlight: 1 | 2;
  /** True while the database has others to serve too, so that a transaction may wait to become larger. Default never. */
  readonly isShared?: () => boolean;
  /** Shared by the queues of one log. */
  readonly backlog: Backlog;
  readonly logger?: Logger | undefined;
}

/** Bytes of all writes that were accepted and are not committed. */
export class Backlog {
  readonly #limits: Pick<NodeLimits, 'unwrittenBytes'>;
  #bytes = 0;

  constructor(limits: Pick<NodeLimits, 'unwrittenBytes'>) {
    this.#limits = limits;
  }

  /** Bytes that wait now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True, and counted, when there is room; a single write always has room in an empty backlog. */
  tryTake(bytes: number): boolean {
    if (this.#bytes > 0 && this.#bytes + bytes > this.#limits.unwrittenBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  /** What `tryTake` counted is written or refused. */
  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}

interface Waiting<Op, Result> extends WriteCost {
  readonly op: Op;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** How long a transaction is held back at most. */
const LONGEST_WAIT_MS = 5;

/** Writes waiting for the database, in order. */
export class WriteQueue<Op, Result> {
  readonly #options: WriteQueueOptions<Op, Result>;
  readonly #waiting: Waiting<Op, Result>[] = [];
  readonly #onSettled: (() => void)[] = [];
  #inFlight = 0;
  #isGathering = false;
  #waitingRows = 0;
  /** Rows that the next transaction waits for, and until when. */
  #wantedRows = 0;
  #patience: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: WriteQueueOptions<Op, Result>) {
    this.#options = options;
  }

  /**
   * Resolves once the operation is durable.
   * @throws NodeError `node/overloaded` when too much is waiting already, `node/shutting-down`, and whatever the commit
   *   failed with
   */
  write(op: Op): Promise<Result> {
    const { backlog, measure } = this.#options;
    const { rows, bytes } = measure(op);
    if (this.#closed) return Promise.reject(new NodeError('node/shutting-down'));
    if (!backlog.tryTake(bytes)) {
      return Promise.reject(new NodeError('node/overloaded', { unwrittenBytes: backlog.bytes }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ op, rows, bytes, resolve, reject });
      this.#waitingRows += rows;
      if (this.#waitingRows >= this.#wantedRows) this.#gather();
    });
  }

  /** Takes no further write, and resolves when those before are settled. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#inFlight > 0 || this.#waiting.length > 0)
      await new Promise<void>((resolve) => this.#onSettled.push(resolve));
  }

  /**
   * Those who were answered just now write again, if they do at all, in a moment: with them the next transaction is as large as there are
   * writers, and without them it would be half of that for ever, at a higher price of a write. They are waited for as long as a commit
   * takes, which is what a write waits for anyway. A database that has nobody else to serve would do nothing meanwhile.
   */
  #waitForMore(answered: readonly WriteCost[], commitMs: number): void {
    const answeredRows = answered.reduce((sum, { rows }) => sum + rows, 0);
    this.#wantedRows = Math.min(answeredRows + this.#waitingRows, this.#options.maxRows);
    if (this.#waitingRows >= this.#wantedRows) this.#gather();
    else this.#patience = setTimeout(() => this.#gather(), Math.min(commitMs, LONGEST_WAIT_MS));
  }

  /** What one turn of the event loop brings is committed together: its first write does not go ahead alone. */
  #gather(): void {
    this.#wantedRows = 0;
    clearTimeout(this.#patience);
    if (this.#isGathering) return;
    this.#isGathering = true;
    setImmediate(() => {
      this.#isGathering = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#inFlight < this.#options.commitsInFlight) void this.#next(this.#take());
  }

  /** The longest run from the front that stays within the bounds, and at least one. */
  #take(): Waiting<Op, Result>[] {
    const { maxRows, maxBytes } = this.#options;
    let totalRows = 0;
    let totalBytes = 0;
    let count = 0;
    for (const { rows, bytes } of this.#waiting) {
      totalRows += rows;
      totalBytes += bytes;
      if (count > 0 && (totalRows > maxRows || totalBytes > maxBytes)) break;
      count++;
    }
    const taken = this.#waiting.splice(0, count);
    for (const { rows } of taken) this.#waitingRows -= rows;
    return taken;
  }

  async #next(batch: readonly Waiting<Op, Result>[]): Promise<void> {
    this.#inFlight++;
    const startedMs = performance.now();
    try {
      await this.#commit(batch);
    } finally {
      for (const { bytes } of batch) this.#options.backlog.release(bytes);
      this.#inFlight--;
      if (this.#options.isShared?.()) this.#waitForMore(batch, performance.now() - startedMs);
      else this.#pump();
      for (const resolve of this.#onSettled.splice(0)) resolve();
    }
  }

  /** Settles every write of the batch; never rejects. */
  async #commit(batch: readonly Waiting<Op, Result>[]): Promise<void> {
    let committed: CommittedWrites<Result>;
    try {
      committed = await this.#options.commit(batch.map(({ op }) => op));
    } catch (error) {
      if (batch.length > 1 && isRefusal(error)) for (const one of batch) await this.#commit([one]);
      else for (const { reject } of batch) reject(error);
      return;
    }
    try {
      committed.tell?.();
    } catch (error) {
      const { message, stack } = error as Error;
      this.#options.logger?.error({ event: 'not-announced', reason: message, stack });
    }
    for (const [index, { resolve }] of batch.entries()) resolve(committed.results[index] as Result);
  }
}

/** True when the database answered and said no: another transaction may fare better. */
function isRefusal(error: unknown): boolean {
  return error instanceof NodeError && (error.code === 'node/storage-failed' || error.code === 'node/disk-full');
}
