/** The short form of `npm run sim`: thirty seeds with every test run. */
import { simulate } from '@conclave/testing';
import { describe, expect, it } from 'vitest';

const SEEDS = Array.from({ length: 30 }, (_, index) => index + 1);
const SHORT = { steps: 40 };

describe('the simulator', () => {
  for (let first = 0; first < SEEDS.length; first += 5) {
    const seeds = SEEDS.slice(first, first + 5);
    it(`finds everybody agreed, and nothing lost or twice, under seeds ${seeds.at(0)} to ${seeds.at(-1)}`, async () => {
      for (const seed of seeds) {
        const { devices, envelopes } = await simulate(seed, SHORT);
        expect(devices).toBeGreaterThan(1);
        expect(envelopes).toBeGreaterThan(0);
      }
    });
  }

  it('tells the same story for the same seed, and another for another', async () => {
    const story = async (seed: number) => {
      const lines: string[] = [];
      const { digest } = await simulate(seed, { ...SHORT, trace: (line) => lines.push(line) });
      return { digest, lines };
    };
    const first = await story(7);
    expect(await story(7)).toEqual(first);
    expect((await story(8)).digest).not.toBe(first.digest);
  });
});
