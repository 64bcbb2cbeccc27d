/** Appends of one kind, gathered per shard: what waits for the same counter is committed together. */
import { NodeError } from '../../errors.js';
import type { NodeLimits } from '../../limits.js';
import type { Logger } from '../../logger.js';
import type { MessageEntry, Position } from '../log.js';
import { type Backlog, WriteQueue } from '../write-queue.js';
import type { MessageTable, Placed } from './message-table.js';

/** What lanes need besides their table. */
export interface AppendLanesOptions {
  readonly limits: Pick<NodeLimits, 'commitRowsPostgres' | 'commitBytes'>;
  readonly nowNs: () => bigint;
  readonly backlog: Backlog;
  readonly logger: Logger | undefined;
  /** Called with what a transaction stored, by shard and id, before the writers are answered. */
  readonly onPlaced: (placed: readonly Placed[]) => void;
}

/** Key of the queue of calls that need several counters. */
const MANY_SHARDS = -1;

type Positions = readonly (Position | undefined)[];

/** A queue per shard, and one for the calls that need several counters at once. */
export class AppendLanes<Entry extends MessageEntry> {
  readonly #queues = new Map<number, WriteQueue<readonly Entry[], Positions>>();
  readonly #table: MessageTable<Entry>;
  readonly #options: AppendLanesOptions;
  #closed = false;

  constructor(table: MessageTable<Entry>, options: AppendLanesOptions) {
    this.#table = table;
    this.#options = options;
  }

  append(entries: readonly Entry[]): Promise<Positions> {
    if (this.#closed) return Promise.reject(new NodeError('node/shutting-down'));
    const [shard = 0, ...further] = this.#table.shardsOf(entries);
    return this.#queue(further.length === 0 ? shard : MANY_SHARDS).write(entries);
  }

  /** Takes no further append, and resolves when those before are settled. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }

  #queue(key: number): WriteQueue<readonly Entry[], Positions> {
    const { limits, backlog, logger } = this.#options;
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    let lastId = 0n;
    let isShared = false;
    const queue = new WriteQueue<readonly Entry[], Positions>({
      commit: async (ops) => {
        const { positions, placed } = await this.#commit(ops);
        // Ids of one counter that are missing between two batches were given to other processes.
        isShared = placed[0] !== undefined && lastId > 0n && placed[0].id > lastId + 1n;
        lastId = placed.at(-1)?.id ?? lastId;
        return { results: positions, tell: () => this.#options.onPlaced(placed) };
      },
      isShared: () => key !== MANY_SHARDS && isShared,
      measure: (entries) => ({
        rows: entries.length,
        bytes: entries.reduce((sum, { data }) => sum + data.length + 256, 0),
      }),
      maxRows: limits.commitRowsPostgres,
      maxBytes: limits.commitBytes,
      // A second transaction would wait for the counter that the first one holds, or take its ids before it.
      commitsInFlight: 1,
      backlog,
      logger,
    });
    this.#queues.set(key, queue);
    return queue;
  }

  async #commit(
    ops: readonly (readonly Entry[])[],
  ): Promise<{ readonly positions: Positions[]; readonly placed: readonly Placed[] }> {
    const { positions, placed } = await this.#table.append(ops.flat(), this.#options.nowNs());
    let end = 0;
    const perOp = ops.map(({ length }) => {
      end += length;
      return positions.slice(end - length, end);
    });
    return { positions: perOp, placed };
  }
}
