import { describe, expect, it } from 'vitest';
import type { Committed } from '../log.js';
import { groupEntry } from '../log.testkit.js';
import { Tail } from './tail.js';

const row = (id: number): Committed => ({ id: BigInt(id), createdNs: BigInt(id), entry: groupEntry('g', `m${id}`) });

/** A tail of one lane over rows 1 to `stored()`, with what was read. */
function openTail(stored: () => number) {
  const reads: bigint[] = [];
  const tail = new Tail(async (_kind, _shard, after, before) => {
    reads.push(after);
    const rows: Committed[] = [];
    for (let id = Number(after) + 1; id <= stored() && id < before; id++) rows.push(row(id));
    return rows;
  });
  tail.open('group', 0, 0n);
  return { tail, reads };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the tail while nobody listens', () => {
  it('reads nothing of what other processes write', async () => {
    const { tail, reads } = openTail(() => 5);
    tail.heard('group', 0, 3n);
    tail.counted('group', 0, 4n);
    tail.committed('group', 0, [row(5)]);
    await settled();
    expect(reads).toEqual([]);
  });

  it('passes over what the database counts, and not over what was merely told', async () => {
    let stored = 4;
    const { tail } = openTail(() => stored);
    tail.counted('group', 0, 4n);
    // Anybody with this database may say so.
    tail.heard('group', 0, 1_000n);
    const heard: bigint[] = [];
    tail.listen((batch) => heard.push(...batch.map(({ id }) => id)));
    stored = 6;
    tail.counted('group', 0, 6n);
    await settled();
    expect(heard).toEqual([5n, 6n]);
  });

  it('passes over what this process stored, with what others stored before it', async () => {
    let stored = 9;
    const { tail, reads } = openTail(() => stored);
    tail.stored('group', 0, [row(8), row(9)]);
    const heard: bigint[] = [];
    tail.listen((batch) => heard.push(...batch.map(({ id }) => id)));
    tail.stored('group', 0, [row(10)]);
    expect(heard).toEqual([10n]);
    expect(reads).toEqual([]);
    stored = 11;
    tail.heard('group', 0, 11n);
    await settled();
    expect(heard).toEqual([10n, 11n]);
  });
});

describe('the tail while it reads', () => {
  /** A tail whose reads end when they are told to. */
  function openSlowTail() {
    const reads: ((rows: readonly Committed[]) => void)[] = [];
    const tail = new Tail(() => new Promise((resolve) => reads.push(resolve)));
    tail.open('group', 0, 0n);
    const heard: bigint[] = [];
    tail.listen((batch) => heard.push(...batch.map(({ id }) => id)));
    return { tail, reads, heard };
  }

  it('passes on at once what this process stored, and once', async () => {
    const { tail, reads, heard } = openSlowTail();
    // The counters may be looked at between the commit and its answer.
    tail.counted('group', 0, 1n);
    expect(reads.length).toBe(1);
    tail.stored('group', 0, [row(1)]);
    expect(heard).toEqual([1n]);
    reads[0]!([row(1)]);
    await settled();
    expect(heard).toEqual([1n]);
    tail.stored('group', 0, [row(2)]);
    expect(heard).toEqual([1n, 2n]);
  });

  it('goes on reading when it hears of more', async () => {
    const { tail, reads, heard } = openSlowTail();
    tail.heard('group', 0, 1n);
    tail.heard('group', 0, 2n);
    reads[0]!([]);
    await settled();
    expect(reads.length).toBe(2);
    reads[1]!([row(1), row(2)]);
    await settled();
    expect(heard).toEqual([1n, 2n]);
  });
});
