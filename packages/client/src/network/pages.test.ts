import { type PagingInfo, SortDirection } from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testHost } from '../host.testkit.js';
import { Refusals } from '../refusals.js';
import { answerTooLarge } from './errors.js';
import { type PagedTopic, pageAfter, pageBefore } from './pages.js';

interface Entry {
  readonly id: bigint;
  readonly bytes: number;
}

const LARGEST_ANSWER = 100;
const ctx = { refusals: new Refusals(), host: testHost() };

/** A node that cuts pages at a number of bytes, and a transport that takes no answer beyond another. */
function topicOf(entries: readonly Entry[], pageBytes: number, count: () => void = () => {}): PagedTopic<Entry> {
  const ask = async ({ direction, limit, idCursor }: PagingInfo) => {
    count();
    const isAscending = direction === SortDirection.ASCENDING;
    const behind = (isAscending ? entries : entries.toReversed()).filter(
      ({ id }) => idCursor === 0n || (isAscending ? id > idCursor : id < idCursor),
    );
    let bytes = 0;
    const items = behind.slice(0, limit).filter((entry, index) => {
      bytes += entry.bytes;
      return index === 0 || bytes <= pageBytes;
    });
    if (items.reduce((sum, entry) => sum + entry.bytes, 0) > LARGEST_ANSWER) throw answerTooLarge('test');
    const isFull = items.length === limit || items.length < behind.length;
    return { items, pagingInfo: { idCursor: isFull ? (items.at(-1)?.id ?? 0n) : 0n } as PagingInfo };
  };
  return { method: 'test', positionOf: ({ id }) => ({ id, createdNs: 1n }), ask };
}

async function readAll(topic: PagedTopic<Entry>): Promise<{ read: bigint[]; passed: bigint[] }> {
  const read: bigint[] = [];
  const passed: bigint[] = [];
  for (let cursor: bigint | undefined = 0n; cursor !== undefined; ) {
    const page: Awaited<ReturnType<typeof pageAfter<Entry>>> = await pageAfter(ctx, topic, cursor);
    read.push(...page.items.map(({ id }) => id));
    if (page.tooLarge !== undefined) passed.push(page.tooLarge.id);
    cursor = page.next;
  }
  return { read, passed };
}

const gap = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 100_000 }));
const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: LARGEST_ANSWER }) },
  { weight: 1, arbitrary: fc.constant(LARGEST_ANSWER + 1) },
);

/** In which none that is too large follows another. */
const topics = fc.array(fc.tuple(gap, size), { maxLength: 30 }).map((steps) => {
  let id = 0n;
  let before = 0;
  return steps.map(([distance, wanted]) => {
    id += BigInt(distance);
    before = before > LARGEST_ANSWER && wanted > LARGEST_ANSWER ? 1 : wanted;
    return { id, bytes: before };
  });
});

describe('reading by page', () => {
  it('gives everything that can be had, in order, and names the rest', async () => {
    await fc.assert(
      fc.asyncProperty(topics, fc.integer({ min: 1, max: 1000 }), async (entries, pageBytes) => {
        const isLarge = ({ bytes }: Entry): boolean => bytes > LARGEST_ANSWER;
        const { read, passed } = await readAll(topicOf(entries, pageBytes));
        expect(read).toEqual(entries.filter((entry) => !isLarge(entry)).map(({ id }) => id));
        expect(passed).toEqual(entries.filter(isLarge).map(({ id }) => id));
      }),
      { numRuns: 300 },
    );
  });

  it('asks two questions for each bit of the way to what is never received', async () => {
    let calls = 0;
    const far = { id: 2n ** 40n, bytes: LARGEST_ANSWER + 1 };
    const topic = topicOf([far, { id: far.id + 1n, bytes: 1 }], 1000, () => {
      calls += 1;
    });
    expect(await readAll(topic)).toEqual({ read: [far.id + 1n], passed: [far.id] });
    expect(calls).toBeLessThan(100);
  });

  it('goes back from the newest', async () => {
    const entries = [1n, 2n, 3n, 4n, 5n].map((id) => ({ id, bytes: 40 }));
    const topic = topicOf(entries, 80);
    const first = await pageBefore(ctx, topic, 0n);
    expect([first.items.map(({ id }) => id), first.next]).toEqual([[5n, 4n], 4n]);
    const last = await pageBefore(ctx, topic, 2n);
    expect([last.items.map(({ id }) => id), last.next]).toEqual([[1n], undefined]);
  });

  it('gives up where a node says of every place that too much is behind it', async () => {
    const topic: PagedTopic<Entry> = { ...topicOf([], 1), ask: () => Promise.reject(answerTooLarge('test')) };
    await expect(pageAfter(ctx, topic, 0n)).rejects.toMatchObject({ code: 'client/answer-too-large' });
  });
});
