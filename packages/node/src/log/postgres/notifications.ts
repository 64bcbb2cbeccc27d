/**
 * Fan-out by NOTIFY: the statement that stores a batch also tells how far the ids now go, and whoever listens hears it when that is
 * committed. A statement of its own would be a transaction of its own, with an id and a flush of the log. Transactions that notify
 * commit one after the other; those of a counter do so anyway.
 */
import type { Logger } from '../../logger.js';
import type { TopicKind } from '../log.js';
import type { FanOutListener } from './fan-out.js';
import { type Driver, openDriver, type Pool, type PoolOptions } from './pool.js';
import { codeOf, sqlStateOf } from './postgres-error.js';

const CHANNEL = 'conclave_log';

/** Too many notifications wait for a listener that does not take them: program_limit_exceeded. */
export const QUEUE_FULL = '54000';

/** An SQL expression, of SQL expressions, that tells the others how far the ids of a shard go. */
export type Tell = (kind: TopicKind, shard: string, lastId: string) => string;

/** How this process tells; `sender` is its name. */
export function tellBy(sender: string): Tell {
  return (kind, shard, lastId) => `pg_notify('${CHANNEL}', '${kind} ' || ${shard} || ' ' || ${lastId} || ' ${sender}')`;
}

/** Whether the database has NOTIFY: what only speaks PostgreSQL's language may not, and then the interval does. */
export async function canNotify(pool: Pool, logger: Logger | undefined): Promise<boolean> {
  try {
    await pool.query(`SELECT pg_notify('${CHANNEL}', '')`);
    return true;
  } catch (error) {
    const sqlState = sqlStateOf(error);
    if (sqlState === '') throw error;
    if (sqlState === QUEUE_FULL) return true;
    logger?.warn({ event: 'notifications-unavailable', reason: sqlState });
    return false;
  }
}

/** What to listen with. */
export interface NotificationsOptions {
  /** The name of this process, which knows what it has stored. */
  readonly sender: string;
  readonly poolOptions: PoolOptions;
  readonly listener: FanOutListener;
  readonly logger: Logger | undefined;
  /** Called when listening begins, also after a connection was lost: what was missed meanwhile has to be looked for. */
  readonly onListening: () => void;
}

/** Hears. */
export class Notifications {
  readonly #options: NotificationsOptions;
  readonly #driver: Driver;
  #closed = false;

  constructor(options: NotificationsOptions) {
    this.#options = options;
    this.#driver = openDriver({ ...options.poolOptions, maxConnections: 1 });
    this.#listen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#driver.end({ timeout: 0 });
  }

  /** The driver listens again whenever its connection comes back. */
  #listen(): void {
    this.#driver
      .listen(CHANNEL, (payload) => this.#onNotification(payload), this.#options.onListening)
      .catch((error: unknown) => {
        if (this.#closed) return;
        this.#options.logger?.warn({ event: 'notifications-unavailable', reason: codeOf(error) });
      });
  }

  #onNotification(payload: string): void {
    // Anybody with this database may notify.
    const match = /^(group|welcome) (\d{1,2}) (\d{1,18}) ([0-9a-f]+)$/.exec(payload);
    if (match === null || match[4] === this.#options.sender) return;
    this.#options.listener.heard(match[1] as TopicKind, Number(match[2]), BigInt(match[3] as string));
  }
}
