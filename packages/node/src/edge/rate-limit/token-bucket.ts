/**
 * A bucket of tokens that fills evenly, by the millisecond, whoever calls how often: the deployed limiter credits whole
 * minutes only and begins a new one at every call, so that whoever calls once a minute never gets anything back.
 */

/** How much a bucket holds and how fast it fills. */
export interface BucketShape {
  readonly burst: number;
  readonly perMinute: number;
}

/** The state of one bucket. Time is given, in milliseconds of a clock that never goes back. */
export class TokenBucket {
  #tokens: number;
  #atMs: number;

  constructor(shape: BucketShape, nowMs: number) {
    this.#tokens = shape.burst;
    this.#atMs = nowMs;
  }

  /** Takes tokens, or none when there are not enough. A call that costs more than the bucket holds is let through once it is full, and empties it. */
  take(cost: number, shape: BucketShape, nowMs: number): boolean {
    const tokens = this.level(shape, nowMs);
    if (tokens < Math.min(cost, shape.burst)) return false;
    this.#tokens = Math.max(0, tokens - cost);
    return true;
  }

  /** Takes away what was used elsewhere; down to nothing, never below. */
  drain(tokens: number, shape: BucketShape, nowMs: number): void {
    this.#tokens = Math.max(0, this.level(shape, nowMs) - tokens);
  }

  /** Tokens that are there now. */
  level(shape: BucketShape, nowMs: number): number {
    const gained = (Math.max(0, nowMs - this.#atMs) / 60_000) * shape.perMinute;
    this.#tokens = Math.min(shape.burst, this.#tokens + gained);
    this.#atMs = Math.max(this.#atMs, nowMs);
    return this.#tokens;
  }
}
