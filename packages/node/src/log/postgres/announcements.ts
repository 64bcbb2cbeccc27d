/**
 * How processes on one database learn of each other's commits: after a commit the new ids are announced by NOTIFY, one
 * statement for all that became new while the last was on its way; and every process looks at the counters at an interval,
 * which is what it relies on. A database without LISTEN, or a notification that is lost, costs latency alone.
 *
 * NOTIFY is not part of the transaction that writes: its commit would take a lock that all notifying transactions share.
 */
import type { NodeLimits } from '../../limits.js';
import type { Logger } from '../../logger.js';
import type { TopicKind } from '../log.js';
import { type Driver, openDriver, type Pool, type PoolOptions } from './pool.js';

const CHANNEL = 'conclave_log';

/** Told that rows of a kind and shard exist up to an id. */
export type Heard = (kind: TopicKind, shard: number, lastId: bigint) => void;

/** How far the messages of one kind and shard go. */
export interface CounterValue {
  readonly kind: TopicKind;
  readonly shard: number;
  readonly lastId: bigint;
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

/** What to watch, and how. */
export interface AnnouncementsOptions {
  readonly pool: Pool;
  readonly poolOptions: PoolOptions;
  readonly limits: Pick<NodeLimits, 'tailPollMs'>;
  readonly heard: Heard;
  readonly logger: Logger | undefined;
  /** False for a database without LISTEN and NOTIFY. */
  readonly notifications: boolean;
}

/** Announces and hears. */
export class Announcements {
  readonly #options: AnnouncementsOptions;
  readonly #unsent = new Map<string, bigint>();
  #listener: Driver | undefined;
  #sending = false;
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: AnnouncementsOptions) {
    this.#options = options;
    if (options.notifications) this.#listen();
    this.#timer = setTimeout(() => this.#poll(), options.limits.tailPollMs);
  }

  /** This process has committed rows up to `lastId`. */
  announce(kind: TopicKind, shard: number, lastId: bigint): void {
    if (!this.#options.notifications) return;
    const key = `${kind} ${shard}`;
    if (lastId > (this.#unsent.get(key) ?? 0n)) this.#unsent.set(key, lastId);
    if (!this.#sending) void this.#send();
  }

  /** Reads the counters once. Rejects when the database does not answer. */
  async look(): Promise<void> {
    for (const { kind, shard, lastId } of await readCounters(this.#options.pool)) {
      this.#options.heard(kind, shard, lastId);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.all([this.#looking, this.#listener?.end({ timeout: 0 })]);
  }

  #poll(): void {
    this.#looking = this.look()
      // The pool has logged it.
      .catch(() => undefined)
      .then(() => {
        if (!this.#closed) this.#timer = setTimeout(() => this.#poll(), this.#options.limits.tailPollMs);
      });
  }

  async #send(): Promise<void> {
    this.#sending = true;
    while (this.#unsent.size > 0) {
      const payload = [...this.#unsent].map(([key, lastId]) => `${key} ${lastId}`).join(',');
      this.#unsent.clear();
      // One that fails is made good by the next, or by the interval.
      await this.#options.pool
        .query('SELECT pg_notify($1, $2)', [CHANNEL, payload], { waitMs: 0 })
        .catch(() => undefined);
    }
    this.#sending = false;
  }

  /** The driver listens again whenever its connection comes back; what was missed meanwhile, the look finds. */
  #listen(): void {
    this.#listener = openDriver({ ...this.#options.poolOptions, maxConnections: 1 });
    const onListening = () => void this.look().catch(() => undefined);
    this.#listener
      .listen(CHANNEL, (payload) => this.#onNotification(payload), onListening)
      .catch((error: unknown) => {
        if (this.#closed) return;
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.logger?.warn({ event: 'notifications-unavailable', reason });
      });
  }

  #onNotification(payload: string): void {
    for (const part of payload.split(',')) {
      // Anybody with this database may notify.
      const match = /^(group|welcome) (\d{1,2}) (\d{1,18})$/.exec(part);
      if (match === null) continue;
      this.#options.heard(match[1] as TopicKind, Number(match[2]), BigInt(match[3] as string));
    }
  }
}
