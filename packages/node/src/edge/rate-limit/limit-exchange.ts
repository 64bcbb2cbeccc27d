/**
 * Limits that several processes keep together: each tells the others once a second what callers have used of theirs. A caller gains at most
 * what he can use within that second at each process. Addresses are told as keyed hashes, and only for some seconds; whoever can read
 * the database's settings can try addresses against them. When the exchange fails the limits hold in each process by itself.
 */
import { createHmac } from 'node:crypto';
import { toNodeError } from '../../errors.js';
import type { UsageBoard } from '../../log/log.js';
import type { Logger } from '../../logger.js';
import type { NodeMetrics } from '../../metrics/node-metrics.js';
import type { RateLimiter } from './rate-limiter.js';

/** What the exchange works on. */
export interface LimitExchangeOptions {
  readonly board: UsageBoard;
  readonly limiter: RateLimiter;
  readonly everyMs: number;
  readonly logger: Logger;
  readonly metrics: Pick<NodeMetrics, 'limitExchanges'>;
}

/** Callers told of in one exchange; of more, those who used most. */
const MAX_TOLD = 1000;
const NAME_BYTES = 16;

/** What processes with one key call an address. 16 bytes as base64url. */
export function nameOfAddress(key: Uint8Array): (address: string) => string {
  return (address) => createHmac('sha256', key).update(address).digest().subarray(0, NAME_BYTES).toString('base64url');
}

/** Exchanges until it is stopped. */
export class LimitExchange {
  readonly #options: LimitExchangeOptions;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | undefined;
  #isFailing = false;

  constructor(options: LimitExchangeOptions) {
    this.#options = options;
    options.limiter.recordUsage();
    this.#timer = setInterval(() => void this.exchange(), options.everyMs).unref();
  }

  /** One exchange, or the one that is under way. Never fails: see the metric. */
  exchange(): Promise<void> {
    this.#running ??= this.#exchange().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Waits for the one under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #exchange(): Promise<void> {
    const { board, limiter, logger, metrics } = this.#options;
    try {
      for (const usage of await board.exchange(limiter.collectUsage(MAX_TOLD))) limiter.spentElsewhere(usage);
      metrics.limitExchanges.inc({ outcome: 'shared' });
      this.#isFailing = false;
    } catch (error) {
      metrics.limitExchanges.inc({ outcome: 'failed' });
      if (!this.#isFailing) logger.warn({ event: 'limits-not-shared', code: toNodeError(error).code });
      this.#isFailing = true;
    }
  }
}
