/**
 * Randomness that a seed decides: the same seed gives the same keys, choices and faults, so a failing run can be repeated.
 * Not for anything but tests.
 */
import { concatBytes, type Random, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';

/** A stream of bytes and choices. */
export class SeededRandom {
  readonly #key: Uint8Array;
  #counter = 0;
  #pool: Uint8Array = new Uint8Array(0);
  #taken = 0;

  /** @param seed - any text; different texts are independent */
  constructor(seed: string) {
    this.#key = nodeCrypto.hash('sha256', utf8(`conclave-testing ${seed}`));
  }

  /** Bytes, in the shape of a cryptographic generator. */
  readonly bytes: Random = (length) => {
    const out = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      if (this.#taken === this.#pool.length) this.#refill();
      const part = this.#pool.subarray(this.#taken, this.#taken + length - filled);
      out.set(part, filled);
      filled += part.length;
      this.#taken += part.length;
    }
    return out;
  };

  #refill(): void {
    this.#pool = nodeCrypto.hash('sha256', concatBytes(this.#key, utf8(`${this.#counter++}`)));
    this.#taken = 0;
  }

  /** A number from 0 up to but not including 1. */
  fraction(): number {
    const bytes = this.bytes(4);
    return new DataView(bytes.buffer).getUint32(0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  /** One of the values; undefined when there are none. */
  pick<T>(values: readonly T[]): T | undefined {
    return values[Math.floor(this.fraction() * values.length)];
  }

  /** One of the values, each as often as its weight says. */
  weighted<T>(values: readonly (readonly [T, number])[]): T {
    const total = values.reduce((sum, [, weight]) => sum + weight, 0);
    let left = this.fraction() * total;
    for (const [value, weight] of values) {
      left -= weight;
      if (left < 0) return value;
    }
    return (values.at(-1) as readonly [T, number])[0];
  }

  /** A few of the values, in random order. */
  sample<T>(values: readonly T[], count: number): T[] {
    const left = [...values];
    const chosen: T[] = [];
    while (chosen.length < count && left.length > 0) {
      chosen.push(...left.splice(Math.floor(this.fraction() * left.length), 1));
    }
    return chosen;
  }
}
