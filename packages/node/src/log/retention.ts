/**
 * Retention: what the deployed network forgets, forgotten step by step. A step is a small transaction, and the next one
 * waits a moment, so that writers hardly notice.
 *
 * Source: node API section "Expiry". Commits, identity updates and commit logs are kept for ever.
 */
import type { NodeLimits } from '../limits.js';
import type { Logger } from '../logger.js';
import type { ExpiringKind, Expiry } from './log.js';

const NS_PER_DAY = 24n * 3_600n * 1_000_000_000n;
/** Between two steps. */
const PAUSE_MS = 20;

/** What a retention works with. */
export interface RetentionOptions {
  readonly log: Expiry;
  readonly limits: Pick<
    NodeLimits,
    'groupMessageDays' | 'welcomeDays' | 'keyPackageDays' | 'pruneEveryMs' | 'pruneRows'
  >;
  readonly nowNs: () => bigint;
  readonly logger: Logger;
}

/** Prunes at an interval until it is stopped. */
export class Retention {
  readonly #options: RetentionOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#wait();
  }

  /**
   * One round over everything that expires, step by step until nothing old is left or `stop` is called.
   * @returns rows that were deleted
   */
  async run(): Promise<number> {
    const { groupMessageDays, welcomeDays, keyPackageDays } = this.#options.limits;
    const group = await this.#pruneKind('group', groupMessageDays);
    const welcome = await this.#pruneKind('welcome', welcomeDays);
    const keyPackage = await this.#pruneKind('key-package', keyPackageDays);
    const deleted = group + welcome + keyPackage;
    if (deleted > 0) this.#options.logger.info({ event: 'pruned', group, welcome, keyPackage });
    return deleted;
  }

  /** Resolves once no step is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #wait(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.run()
        .catch((error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error);
          this.#options.logger.warn({ event: 'pruning-failed', reason });
        })
        .then(() => this.#wait());
    }, this.#options.limits.pruneEveryMs);
    this.#timer.unref();
  }

  async #pruneKind(kind: ExpiringKind, days: number): Promise<number> {
    const { log, limits, nowNs } = this.#options;
    if (!Number.isFinite(days)) return 0;
    const beforeNs = nowNs() - BigInt(Math.round(days * 86_400)) * (NS_PER_DAY / 86_400n);
    let deleted = 0;
    while (!this.#stopped) {
      const step = await log.prune({ kind, beforeNs, maxRows: limits.pruneRows });
      deleted += step.deleted;
      if (step.done) break;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return deleted;
  }
}
