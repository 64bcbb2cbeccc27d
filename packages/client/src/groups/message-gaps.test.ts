import type { Database } from '@conclave/sqlite';
import { openDatabase } from '@conclave/sqlite/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { NS_PER_SECOND } from '../host.js';
import { openStore } from '../store/migrate.js';
import { MessageGaps } from './message-gaps.js';

const GROUP = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);

let db: Database;
let gaps: MessageGaps;
beforeEach(() => {
  db = openDatabase({ path: null });
  openStore(db);
  gaps = new MessageGaps(db);
});

const at = (sequenceId: bigint, epoch = 3n) => ({ sequenceId, epoch });
const gapOf = (groupId: string, nowNs = 0n) => gaps.gapOf(groupId, nowNs);

describe('what is missing of a group', () => {
  it('is one gap of all messages: before the newest, from the oldest epoch on', () => {
    gaps.note(GROUP, at(20n, 4n), 1);
    gaps.note(GROUP, at(10n, 3n), 2);
    gaps.note(GROUP, at(30n, 5n), 0);
    expect(gapOf(GROUP)).toEqual({ before: 20n, epoch: 3n, missing: 3, looksLeft: 2 });
    expect([gapOf(OTHER), gaps.due(0n)]).toEqual([undefined, [GROUP]]);
  });

  it('is less with each that was only out of order', () => {
    gaps.note(GROUP, at(20n), 2);
    gaps.note(GROUP, at(21n), -1);
    expect(gapOf(GROUP)?.missing).toBe(1);
    gaps.note(GROUP, at(22n), -1);
    gaps.note(GROUP, at(23n), -1);
    expect(gapOf(GROUP)).toBe(undefined);
  });

  it('is known after a restart, and looked for at once', () => {
    gaps.note(GROUP, at(20n), 2);
    const gap = gaps.gapOf(GROUP, 0n) as NonNullable<ReturnType<typeof gapOf>>;
    gaps.settle(GROUP, gap, 1, true, 0n);
    expect([gaps.due(0n), gapOf(GROUP)]).toEqual([[], undefined]);
    gaps = new MessageGaps(db);
    expect([gaps.due(0n), gapOf(GROUP)]).toEqual([[GROUP], { before: 20n, epoch: 3n, missing: 1, looksLeft: 1 }]);
  });

  it('is given up after two looks that the node has answered, with a rest between them that grows', () => {
    gaps.note(GROUP, at(20n), 1);
    const rests = [20n, 40n, 80n].map((seconds) => seconds * NS_PER_SECOND);
    let nowNs = 0n;
    for (const [look, rest] of rests.entries()) {
      const gap = gapOf(GROUP, nowNs);
      expect(gap?.looksLeft).toBe(look < 2 ? 2 : 1);
      gaps.settle(GROUP, gap as NonNullable<typeof gap>, 0, look > 0, nowNs);
      expect([gapOf(GROUP, nowNs + rest - 1n), gaps.due(nowNs + rest - 1n)]).toEqual([undefined, []]);
      nowNs += rest;
    }
    expect([gapOf(GROUP, nowNs), gaps.due(nowNs)]).toEqual([undefined, []]);
  });

  it('is no more than what was taken in: a transaction that fails leaves none', () => {
    const failing = () =>
      db.transaction(() => {
        gaps.note(GROUP, at(20n), 1);
        throw new RangeError('no room');
      });
    expect(failing).toThrow(RangeError);
    expect(gapOf(GROUP)).toBe(undefined);
  });

  it('of our own is one message, unless others are missing', () => {
    gaps.noteOwn(GROUP, 9n, 2n);
    expect(gapOf(GROUP)).toEqual({ before: 9n, epoch: 2n, missing: 1, looksLeft: 1 });
    gaps.note(OTHER, at(20n), 4);
    gaps.noteOwn(OTHER, 21n, 3n);
    expect(gapOf(OTHER)).toEqual({ before: 20n, epoch: 3n, missing: 4, looksLeft: 2 });
    gaps.forget(OTHER);
    expect(gaps.due(0n)).toEqual([GROUP]);
  });
});
