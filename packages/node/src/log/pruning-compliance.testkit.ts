/** What every log must forget, and when: the part of the compliance suite about pruning. */
import { describe, expect, it } from 'vitest';
import type { Log } from './log.js';
import { bytes, groupEntry, welcomeEntry } from './log.testkit.js';
import { groupPage, type LogHarness, openOn, openTogetherOn, readGroup } from './log-compliance.testkit.js';

/** The suite. */
export function describePruning(name: string, harness: LogHarness): void {
  describe(`pruning ${name}`, () => {
    it('forgets old messages but commits, in bounded steps, and what is new stays', async () => {
      let now = 1_000n;
      const log = await openOn(await harness.newStore(), { nowNs: () => now });
      const entries = Array.from({ length: 20 }, (_, i) =>
        groupEntry(i % 2 ? 'a' : 'b', `${i}`, { isCommit: i % 5 === 0 }),
      );
      for (const entry of entries) await log.append([entry]);
      await log.append([welcomeEntry('i', 'old')]);
      now = 9_000n;
      await log.append([groupEntry('a', 'new')]);
      const steps = [];
      do steps.push(await log.prune({ kind: 'group', beforeNs: 5_000n, maxRows: 6 }));
      while (!steps.at(-1)?.done);
      expect(steps.map(({ deleted }) => deleted).reduce((sum, each) => sum + each)).toBe(16);
      expect(steps.length).toBeGreaterThan(3);
      expect([...(await readGroup(log, 'a')), ...(await readGroup(log, 'b'))]).toEqual([6n, 16n, 21n, 1n, 11n]);
      expect(await log.prune({ kind: 'group', beforeNs: 5_000n, maxRows: 6 })).toEqual({ deleted: 0, done: true });
      expect((await log.page({ ...groupPage('i'), kind: 'welcome' })).items).toHaveLength(1);
      expect(await log.prune({ kind: 'welcome', beforeNs: 5_000n, maxRows: 6 })).toEqual({ deleted: 1, done: true });
      expect((await log.page({ ...groupPage('i'), kind: 'welcome' })).items).toHaveLength(0);
    });

    it('never gives an id twice, and takes what was forgotten again', async () => {
      const store = await harness.newStore();
      const first = await openOn(store, { nowNs: () => 1_000n });
      await first.append([groupEntry('a', '1'), groupEntry('a', '2')]);
      expect(await first.prune({ kind: 'group', beforeNs: 5_000n, maxRows: 100 })).toEqual({ deleted: 2, done: true });
      await first.close();
      const second = await openOn(store, { nowNs: () => 9_000n });
      expect((await second.append([groupEntry('a', '1')])).map((position) => position?.id)).toEqual([3n]);
    });

    it('lets writers go on, and hides nothing from readers meanwhile', async () => {
      const logs = await openTogetherOn(harness, { nowNs: () => 1_000n });
      let pruning = true;
      const pruner = (async () => {
        while (pruning) {
          await (logs[0] as Log).prune({ kind: 'group', beforeNs: 5_000n, maxRows: 7 });
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      const positions = await Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          (logs[i % logs.length] as Log).append([groupEntry('a', `${i}`, { isCommit: i % 2 === 0 })]),
        ),
      );
      pruning = false;
      await pruner;
      expect(new Set(positions.flat().map((position) => position?.id)).size).toBe(200);
      const commits = positions.filter((_, i) => i % 2 === 0).map(([position]) => position?.id as bigint);
      const left = new Set(await readGroup(logs.at(-1) as Log, 'a'));
      expect(commits.every((id) => left.has(id))).toBe(true);
    });

    it('forgets key packages by their last use: upload or reading', async () => {
      const day = 24n * 3_600n * 1_000_000_000n;
      let now = 100n * day;
      const log = await openOn(await harness.newStore(), { nowNs: () => now });
      for (const installation of ['read', 'uploaded again', 'left'])
        await log.putKeyPackage(bytes(installation), bytes('k'));
      now += 50n * day;
      await log.keyPackages([bytes('read')]);
      await log.putKeyPackage(bytes('uploaded again'), bytes('l'));
      const prune = () => log.prune({ kind: 'key-package', beforeNs: now - 90n * day, maxRows: 10 });
      expect(await prune()).toEqual({ deleted: 0, done: true });
      now += 45n * day;
      expect(await prune()).toEqual({ deleted: 1, done: true });
      const left = await log.keyPackages(['read', 'uploaded again', 'left'].map(bytes));
      expect(left).toEqual([bytes('k'), bytes('l'), undefined]);
    });
  });
}
