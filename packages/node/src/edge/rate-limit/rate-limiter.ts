/**
 * Limits per client address, reads and writes apart. They live in memory and know of an address only for as long as it has
 * tokens missing. When there is doubt, a call is let through: a limiter must never be why a message is not delivered.
 */
import { NodeError } from '../../errors.js';
import type { NodeLimits } from '../../limits.js';
import type { LimitUsage } from '../../log/log.js';
import { costOf, type LimitClass, limitClassOf } from './call-cost.js';
import { type BucketShape, TokenBucket } from './token-bucket.js';

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
  /** What an address is called here, and to other processes; by default as it is. */
  readonly nameOf?: (address: string) => string;
}

/** Buckets by address. Cost of a call: one map lookup. */
export class RateLimiter {
  readonly #shapes: Readonly<Record<LimitClass, BucketShape>>;
  readonly #buckets: Readonly<Record<LimitClass, Map<string, TokenBucket>>> = { publish: new Map(), read: new Map() };
  readonly #maxAddresses: number;
  readonly #enabled: boolean;
  readonly #nowMs: () => number;
  readonly #onRefused: (limitClass: LimitClass) => void;
  readonly #nameOf: (address: string) => string;
  #spent: Map<string, number> | undefined;

  constructor({ limits, enabled, nowMs, onRefused, nameOf }: RateLimiterOptions) {
    this.#shapes = {
      publish: { burst: limits.publishBurst, perMinute: limits.publishPerMinute },
      read: { burst: limits.readBurst, perMinute: limits.readPerMinute },
    };
    this.#maxAddresses = limits.limitedAddresses;
    this.#enabled = enabled;
    this.#nowMs = nowMs ?? (() => performance.now());
    this.#onRefused = onRefused ?? (() => undefined);
    this.#nameOf = nameOf ?? ((address) => address);
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
    const name = this.#nameOf(address);
    const bucket = this.#bucket(limitClass, name, nowMs);
    if (bucket.take(cost, shape, nowMs)) {
      this.#note(limitClass, name, cost);
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
    this.#spent ??= new Map();
  }

  /** What was spent since it was last asked: the `most` callers who spent most. Cost: sorts who called since. */
  collectUsage(most: number): readonly LimitUsage[] {
    const usage = [...(this.#spent ?? [])].map(([bucket, spent]) => ({ bucket, spent }));
    this.#spent?.clear();
    return usage.length <= most ? usage : usage.sort((a, b) => b.spent - a.spent).slice(0, most);
  }

  /** Other processes have spent this of a caller's tokens. What names no limit is passed over. */
  spentElsewhere({ bucket, spent }: LimitUsage): void {
    const [limitClass, name] = [bucket.slice(0, bucket.indexOf(':')), bucket.slice(bucket.indexOf(':') + 1)];
    if (limitClass !== 'publish' && limitClass !== 'read') return;
    const nowMs = this.#nowMs();
    this.#bucket(limitClass, name, nowMs).drain(spent, this.#shapes[limitClass], nowMs);
  }

  #note(limitClass: LimitClass, name: string, cost: number): void {
    if (this.#spent === undefined) return;
    const bucket = `${limitClass}:${name}`;
    this.#spent.set(bucket, (this.#spent.get(bucket) ?? 0) + cost);
  }

  #bucket(limitClass: LimitClass, name: string, nowMs: number): TokenBucket {
    const buckets = this.#buckets[limitClass];
    let bucket = buckets.get(name);
    if (bucket === undefined) {
      // Whoever has been silent longest is forgotten, which is to his favour.
      if (buckets.size >= this.#maxAddresses) buckets.delete(buckets.keys().next().value as string);
      bucket = new TokenBucket(this.#shapes[limitClass], nowMs);
      buckets.set(name, bucket);
    }
    return bucket;
  }
}
