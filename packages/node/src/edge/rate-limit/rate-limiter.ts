/**
 * Limits per client address, reads and writes apart. They live in memory and know of an address only for as long as it has
 * tokens missing. When there is doubt, a call is let through: a limiter must never be why a message is not delivered.
 */
import { NodeError } from '../../errors.js';
import type { NodeLimits } from '../../limits.js';
import { costOf, type LimitClass, limitClassOf } from './call-cost.js';
import { type BucketShape, TokenBucket } from './token-bucket.js';

/** What was taken from one bucket since it was last told to others. */
export interface Usage {
  readonly limitClass: LimitClass;
  readonly address: string;
  readonly spent: number;
}

/** What the limiter needs. */
export interface RateLimiterOptions {
  readonly limits: Pick<
    NodeLimits,
    'publishBurst' | 'publishPerMinute' | 'readBurst' | 'readPerMinute' | 'limitedAddresses'
  >;
  /** False lets everything through. */
  readonly enabled: boolean;
  /** A clock that never goes back, ms. */
  readonly nowMs?: () => number;
  /** Told of every refusal. */
  readonly onRefused?: (limitClass: LimitClass) => void;
}

/** Buckets by address. Cost of a call: one map lookup. */
export class RateLimiter {
  readonly #shapes: Readonly<Record<LimitClass, BucketShape>>;
  readonly #buckets: Readonly<Record<LimitClass, Map<string, TokenBucket>>> = { publish: new Map(), read: new Map() };
  readonly #maxAddresses: number;
  readonly #enabled: boolean;
  readonly #nowMs: () => number;
  readonly #onRefused: (limitClass: LimitClass) => void;
  #usage: Map<string, Usage> | undefined;

  constructor({ limits, enabled, nowMs, onRefused }: RateLimiterOptions) {
    this.#shapes = {
      publish: { burst: limits.publishBurst, perMinute: limits.publishPerMinute },
      read: { burst: limits.readBurst, perMinute: limits.readPerMinute },
    };
    this.#maxAddresses = limits.limitedAddresses;
    this.#enabled = enabled;
    this.#nowMs = nowMs ?? (() => performance.now());
    this.#onRefused = onRefused ?? (() => undefined);
  }

  /**
   * Lets a call through or refuses it. An address that is not known is not limited.
   * @throws NodeError `node/rate-limited` with the cost and the seconds after which it fits
   */
  admit(path: string, request: Uint8Array | undefined, address: string | undefined): void {
    if (!this.#enabled || address === undefined) return;
    const limitClass = limitClassOf(path);
    const shape = this.#shapes[limitClass];
    const cost = costOf(path, request);
    const nowMs = this.#nowMs();
    const bucket = this.#bucket(limitClass, address, nowMs);
    if (bucket.take(cost, shape, nowMs)) {
      this.#note(limitClass, address, cost);
      return;
    }
    this.#onRefused(limitClass);
    const missing = Math.min(cost, shape.burst) - bucket.level(shape, nowMs);
    const retryAfterSeconds = Math.ceil((missing / Math.max(shape.perMinute, 1e-9)) * 60);
    throw new NodeError('node/rate-limited', { limit: limitClass, cost, retryAfterSeconds });
  }

  /** Forgets addresses whose buckets are full again. */
  sweep(): void {
    const nowMs = this.#nowMs();
    for (const limitClass of ['publish', 'read'] as const) {
      const shape = this.#shapes[limitClass];
      for (const [address, bucket] of this.#buckets[limitClass]) {
        if (bucket.level(shape, nowMs) >= shape.burst) this.#buckets[limitClass].delete(address);
      }
    }
  }

  /** Addresses that are remembered now. */
  get addressCount(): number {
    return this.#buckets.publish.size + this.#buckets.read.size;
  }

  /** From now on keeps what is spent until it is collected, for other processes to hear of. */
  recordUsage(): void {
    this.#usage ??= new Map();
  }

  /** What was spent since it was last asked. */
  collectUsage(): readonly Usage[] {
    const usage = [...(this.#usage?.values() ?? [])];
    this.#usage?.clear();
    return usage;
  }

  /** Other processes have spent this of an address's tokens. */
  spentElsewhere({ limitClass, address, spent }: Usage): void {
    const nowMs = this.#nowMs();
    this.#bucket(limitClass, address, nowMs).drain(spent, this.#shapes[limitClass], nowMs);
  }

  #note(limitClass: LimitClass, address: string, cost: number): void {
    if (this.#usage === undefined) return;
    const key = limitClass + address;
    const spent = (this.#usage.get(key)?.spent ?? 0) + cost;
    this.#usage.set(key, { limitClass, address, spent });
  }

  #bucket(limitClass: LimitClass, address: string, nowMs: number): TokenBucket {
    const buckets = this.#buckets[limitClass];
    let bucket = buckets.get(address);
    if (bucket === undefined) {
      // Whoever has been silent longest is forgotten, which is to his favour.
      if (buckets.size >= this.#maxAddresses) buckets.delete(buckets.keys().next().value as string);
      bucket = new TokenBucket(this.#shapes[limitClass], nowMs);
      buckets.set(address, bucket);
    }
    return bucket;
  }
}
