/** A link whose workers fail: nothing waits for good, and what comes next starts another. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PageMessage, StreamEvent, WorkerMessage } from '../channel/messages.js';
import { BrowserError } from '../errors.js';
import { CoreLink, type CoreSource } from './core-link.js';

const CONTENT = { on: 'content' } as const;
const failed = (): BrowserError => new BrowserError('browser/worker-failed');

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A source whose workers begin and fail when the test says so. Each worker answers a call with its method. */
function handSource() {
  const posted: PageMessage[] = [];
  let attempts = 0;
  let begin: () => void = () => {};
  let fail: (error: Error) => void = () => {};
  const source: CoreSource = {
    connect(onWorker, onFailure) {
      attempts++;
      fail = onFailure;
      begin = () => {
        let tell: (message: WorkerMessage) => void = () => {};
        onWorker({
          post(message) {
            posted.push(message);
            if (message.kind === 'call') tell({ kind: 'answer', id: message.id, value: message.method });
          },
          listen: (listener) => {
            tell = listener;
          },
          close: () => {},
        });
      };
    },
    close: async () => {},
  };
  return { source, posted, attempts: () => attempts, begin: () => begin(), fail: (error: Error) => fail(error) };
}

it('refuses what waits for a worker that does not start, and starts one for the next call', async () => {
  const hand = handSource();
  const link = new CoreLink(hand.source);
  const first = link.call(CONTENT, 'first', [], true);
  hand.fail(failed());
  await expect(first).rejects.toMatchObject({ code: 'browser/worker-failed' });
  const second = link.call(CONTENT, 'second', [], false);
  hand.begin();
  expect(await second).toBe('second');
  expect(hand.attempts()).toBe(2);
});

it('asks nothing of a worker that has ended', async () => {
  const hand = handSource();
  const link = new CoreLink(hand.source);
  hand.begin();
  expect(await link.call(CONTENT, 'before', [], true)).toBe('before');
  hand.fail(failed());
  const after = link.call(CONTENT, 'after', [], false);
  expect(hand.posted).toHaveLength(1);
  hand.begin();
  expect(await after).toBe('after');
});

it('tells streams of the loss, and opens them again by itself', () => {
  const hand = handSource();
  const link = new CoreLink(hand.source);
  const events: StreamEvent[] = [];
  link.stream({ of: 'messages' }, (event) => events.push(event));
  hand.begin();
  hand.fail(failed());
  expect(events).toMatchObject([{ type: 'lost', error: { code: 'browser/worker-failed' } }]);
  for (const attempts of [2, 3]) {
    vi.advanceTimersByTime(60_000);
    expect(hand.attempts()).toBe(attempts);
    if (attempts === 2) hand.fail(failed());
  }
  hand.begin();
  expect(hand.posted).toEqual([1, 2].map(() => ({ kind: 'open-stream', id: 1, subject: { of: 'messages' } })));
});

it('waits longer each time for workers that start and end before they have said anything', () => {
  const hand = handSource();
  const link = new CoreLink(hand.source);
  link.stream({ of: 'messages' }, () => {});
  for (const ms of [1000, 2000, 4000]) {
    const attempts = hand.attempts();
    hand.begin();
    hand.fail(failed());
    vi.advanceTimersByTime(ms - 1);
    expect(hand.attempts()).toBe(attempts);
    vi.advanceTimersByTime(1);
    expect(hand.attempts()).toBe(attempts + 1);
  }
});

it('ends streams where no other worker can help', () => {
  const hand = handSource();
  const link = new CoreLink(hand.source);
  const events: StreamEvent[] = [];
  link.stream({ of: 'messages' }, (event) => events.push(event));
  hand.fail(new BrowserError('browser/worker-blocked'));
  expect(events).toMatchObject([{ type: 'ended', error: { code: 'browser/worker-blocked' } }]);
  vi.advanceTimersByTime(120_000);
  expect(hand.attempts()).toBe(1);
});

it('tries no more when it is closed', async () => {
  const hand = handSource();
  const link = new CoreLink(hand.source);
  link.stream({ of: 'messages' }, () => {});
  hand.fail(failed());
  await link.close();
  vi.advanceTimersByTime(120_000);
  expect(hand.attempts()).toBe(1);
  await expect(link.call(CONTENT, 'late', [], true)).rejects.toMatchObject({ code: 'browser/closed' });
});
