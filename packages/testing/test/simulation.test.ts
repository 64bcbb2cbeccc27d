/** The short form of `npm run sim`: three hundred seeds with every test run, nearly all of them tiny. */
import { type ScaleName, type SimulationReport, simulate } from '@conclave/testing';
import { describe, expect, it } from 'vitest';

const FIRST_SEED = 1;
const SEEDS: readonly (readonly [scale: ScaleName, count: number])[] = [
  ['tiny', 290],
  ['small', 8],
  ['medium', 2],
];
const SEEDS_PER_TEST = 10;

describe('the simulator', () => {
  let seed = FIRST_SEED;
  const ranges = SEEDS.flatMap(([scale, count]) =>
    Array.from({ length: Math.ceil(count / SEEDS_PER_TEST) }, (_, index) => {
      const from = seed;
      seed += Math.min(SEEDS_PER_TEST, count - index * SEEDS_PER_TEST);
      return { scale, from, to: seed - 1 };
    }),
  );
  const reports: SimulationReport[] = [];

  it.each(ranges)(
    'finds all agreed, nothing lost, nothing twice: $scale, seeds $from to $to',
    async ({ scale, from, to }) => {
      for (let each = from; each <= to; each++) reports.push(await simulate(each, { scale }));
    },
  );

  it('has really played what it is to play', () => {
    expect(reports).toHaveLength(300);
    for (const { devices } of reports) expect(devices).toBeGreaterThan(1);
    const count = (what: string): number => reports.reduce((sum, { counts }) => sum + (counts.get(what) ?? 0), 0);
    for (const what of ['send', 'add-members', 'remove-member', 'revoke-installation', 'change-policy', 'restart']) {
      expect([what, count(what) > 0]).toEqual([what, true]);
    }
  });

  it('tells the same story for the same seed, and another for another', async () => {
    const story = async (of: number) => {
      const lines: string[] = [];
      const { digest } = await simulate(of, { scale: 'small', trace: (line) => lines.push(line) });
      return { digest, lines };
    };
    const first = await story(7);
    expect(await story(7)).toEqual(first);
    expect((await story(8)).digest).not.toBe(first.digest);
  });
});
