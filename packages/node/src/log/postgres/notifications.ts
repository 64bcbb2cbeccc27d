/**
 * Fan-out by NOTIFY: the new ids are announced after the commit, one statement for all that became new while the last was
 * on its way. NOTIFY is not part of the transaction that writes: its commit would take a lock that all notifying
 * transactions share.
 */
import type { Logger } from '../../logger.js';
import type { Committed, TopicKind } from '../log.js';
import type { FanOut, FanOutListener } from './fan-out.js';
import { type Driver, openDriver, type Pool, type PoolOptions } from './pool.js';

const CHANNEL = 'conclave_log';

/** What to listen with. */
export interface NotificationsOptions {
  readonly pool: Pool;
  readonly poolOptions: PoolOptions;
  readonly listener: FanOutListener;
  readonly logger: Logger | undefined;
  /** Called when listening begins, also after a connection was lost: what was missed meanwhile has to be looked for. */
  readonly onListening: () => void;
}

/** Announces and hears. */
export class Notifications implements FanOut {
  readonly #options: NotificationsOptions;
  readonly #unsent = new Map<string, bigint>();
  readonly #driver: Driver;
  #sending = false;
  #listening = false;
  #closed = false;

  constructor(options: NotificationsOptions) {
    this.#options = options;
    this.#driver = openDriver({ ...options.poolOptions, maxConnections: 1 });
    this.#listen();
  }

  get connected(): boolean {
    return this.#listening;
  }

  announce(kind: TopicKind, shard: number, batch: readonly Committed[]): void {
    const lastId = batch.at(-1)?.id ?? 0n;
    const key = `${kind} ${shard}`;
    if (lastId > (this.#unsent.get(key) ?? 0n)) this.#unsent.set(key, lastId);
    if (!this.#sending) void this.#send();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#driver.end({ timeout: 0 });
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

  /** The driver listens again whenever its connection comes back. */
  #listen(): void {
    const onListening = () => {
      this.#listening = true;
      this.#options.onListening();
    };
    this.#driver
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
      this.#options.listener.heard(match[1] as TopicKind, Number(match[2]), BigInt(match[3] as string));
    }
  }
}
