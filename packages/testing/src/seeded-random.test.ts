import { toHex } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from './seeded-random.js';

describe('seeded randomness', () => {
  it('is the same for the same seed, however it is taken, and different for another', () => {
    const a = new SeededRandom('a');
    const whole = toHex(a.bytes(100));
    const again = new SeededRandom('a');
    const parts = [1, 31, 32, 33, 3].map((length) => toHex(again.bytes(length))).join('');
    expect(parts).toBe(whole);
    expect(toHex(new SeededRandom('b').bytes(100))).not.toBe(whole);
  });

  it('spreads evenly over its choices', () => {
    const random = new SeededRandom('choices');
    const counts = new Map<string, number>();
    const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
    for (let i = 0; i < 4000; i++) {
      count(`between ${random.between(1, 2)}`);
      count(`pick ${random.pick(['x', 'y'])}`);
      count(
        `weighted ${random.weighted([
          ['rare', 1],
          ['often', 3],
        ])}`,
      );
      if (random.chance(0.25)) count('chance');
    }
    expect([...counts.keys()].sort()).toEqual([
      'between 1',
      'between 2',
      'chance',
      'pick x',
      'pick y',
      'weighted often',
      'weighted rare',
    ]);
    for (const [what, expected] of [
      ['between 1', 2000],
      ['pick x', 2000],
      ['weighted rare', 1000],
      ['chance', 1000],
    ] as const) {
      expect(Math.abs((counts.get(what) ?? 0) - expected)).toBeLessThan(150);
    }
    expect(random.chance(0)).toBe(false);
    expect(random.pick([])).toBe(undefined);
    expect(random.sample([1, 2, 3], 5).sort()).toEqual([1, 2, 3]);
  });
});
