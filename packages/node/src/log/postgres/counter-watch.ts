/** Looks at the counters of all messages at an interval: what a process relies on to learn of the commits of others. */
import type { NodeLimits } from '../../limits.js';
import type { TopicKind } from '../log.js';
import type { Pool } from './pool.js';

/** How far the messages of one kind and shard go. */
export interface CounterValue {
  readonly kind: TopicKind;
  readonly shard: number;
  readonly lastId: bigint;
}

/** Who is told. */
export interface CounterListener {
  counted(kind: TopicKind, shard: number, lastId: bigint): void;
}

/** The counters of all messages. Tried once: whoever asks asks again. */
export async function readCounters(pool: Pool): Promise<CounterValue[]> {
  const rows = await pool.query<{ kind: TopicKind; shard: number; last_id: bigint }>(
    "SELECT kind, shard, last_id FROM counters WHERE kind = 'group' OR kind = 'welcome'",
    [],
    { waitMs: 0 },
  );
  return rows.map(({ kind, shard, last_id: lastId }) => ({ kind, shard, lastId }));
}

/** The interval, until it is closed. */
export class CounterWatch {
  readonly #pool: Pool;
  readonly #limits: Pick<NodeLimits, 'tailPollMs'>;
  readonly #listener: CounterListener;
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(pool: Pool, limits: Pick<NodeLimits, 'tailPollMs'>, listener: CounterListener) {
    this.#pool = pool;
    this.#limits = limits;
    this.#listener = listener;
    this.#wait();
  }

  /** Looks now. Never rejects: the pool logs a failure, and the next look makes it good. */
  async look(): Promise<void> {
    const values = await readCounters(this.#pool).catch(() => []);
    for (const { kind, shard, lastId } of values) this.#listener.counted(kind, shard, lastId);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #wait(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.look().then(() => this.#wait());
    }, this.#limits.tailPollMs);
  }
}
