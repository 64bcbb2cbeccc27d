/** Choices that depend on a seed alone, so that a run can be repeated. */

/** A source of choices (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 up to, and not, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, and not, `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** True in `probability` of all cases. */
  happens(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** The elements in an order by chance. */
  shuffled<T>(list: Iterable<T>): T[] {
    const result = [...list];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [result[i], result[j]] = [result[j] as T, result[i] as T];
    }
    return result;
  }
}

/** Seeds to run: the one named in CONCLAVE_SEED, or new ones in long runs, or always the same. */
export function seedsOf({ short, long }: { readonly short: number; readonly long: number }): number[] {
  const { CONCLAVE_SEED, CONCLAVE_LONG } = process.env;
  if (CONCLAVE_SEED !== undefined) return [Number(CONCLAVE_SEED)];
  if (CONCLAVE_LONG === undefined) return Array.from({ length: short }, (_, i) => 1 + i);
  return Array.from({ length: long }, () => Math.floor(Math.random() * 2 ** 31));
}
