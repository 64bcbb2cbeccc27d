import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Backlog, WriteQueue } from './write-queue.js';

const COMMIT_MS = 3;

/** A queue of one commit at a time, each of which takes some time; operations count as that many rows. */
function openQueue({ maxRows = 500, isShared = true } = {}) {
  const commits: (readonly number[])[] = [];
  const queue = new WriteQueue<number, number>({
    commit: async (ops) => {
      commits.push(ops);
      await new Promise((resolve) => setTimeout(resolve, COMMIT_MS));
      return { results: ops };
    },
    measure: (rows) => ({ rows, bytes: 1 }),
    maxRows,
    maxBytes: 1_000,
    commitsInFlight: 1,
    isShared: () => isShared,
    backlog: new Backlog({ unwrittenBytes: 1_000 }),
  });
  return { queue, commits };
}

/** Writes one after the other; an answer and the next write take a moment on the way. */
async function writer(queue: WriteQueue<number, number>): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await queue.write(1);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

it('answers a write that is stored though telling of it fails', async () => {
  const lines: string[] = [];
  const queue = new WriteQueue<number, number>({
    commit: async (results) => ({
      results,
      tell: () => {
        throw new TypeError('nobody listens well');
      },
    }),
    measure: (rows) => ({ rows, bytes: 1 }),
    maxRows: 10,
    maxBytes: 1_000,
    commitsInFlight: 1,
    backlog: new Backlog({ unwrittenBytes: 1_000 }),
    logger: pino({}, { write: (line) => void lines.push(line) }),
  });
  expect(await Promise.all([queue.write(1), queue.write(2)])).toEqual([1, 2]);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { event: 'not-announced', reason: 'nobody listens well' },
  ]);
});

describe('a queue whose database has others to serve', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  it('waits for those whom it has answered to write again, and commits them with those who waited', async () => {
    const { queue, commits } = openQueue();
    const early = [writer(queue), writer(queue)];
    await pass(1);
    const late = [writer(queue), writer(queue)];
    await pass(100);
    await Promise.all([...early, ...late]);
    expect(commits.map(({ length }) => length)).toEqual([2, 4, 4, 4, 2]);
  });

  it('waits for nobody when it has none: half of the writers are committed while the others write', async () => {
    const { queue, commits } = openQueue({ isShared: false });
    const early = [writer(queue), writer(queue)];
    await pass(1);
    const late = [writer(queue), writer(queue)];
    await pass(100);
    await Promise.all([...early, ...late]);
    expect(commits.map(({ length }) => length)).toEqual([2, 2, 2, 2, 2, 2, 2, 2]);
  });

  it('waits no longer than a commit takes when they do not', async () => {
    const { queue, commits } = openQueue();
    const first = [queue.write(1), queue.write(1)];
    await pass(1);
    const second = queue.write(1);
    await pass(COMMIT_MS - 1);
    await Promise.all(first);
    expect(commits.length).toBe(1);
    await pass(COMMIT_MS + 1);
    expect(commits.length).toBe(2);
    await pass(COMMIT_MS);
    expect(await second).toBe(1);
  });

  it('lets a single writer wait for nobody, and a full transaction neither', async () => {
    const { queue, commits } = openQueue({ maxRows: 10 });
    const alone = queue.write(1);
    await pass(COMMIT_MS + 1);
    await alone;
    const again = queue.write(1);
    await pass(1);
    expect(commits.length).toBe(2);
    const many = [queue.write(9), queue.write(9)];
    await pass(COMMIT_MS);
    await again;
    await pass(1);
    expect(commits.length).toBe(3);
    await pass(100);
    await Promise.all(many);
    expect(commits.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
    await queue.close();
  });
});
