import { ClientError, type StreamState } from '@conclave/client';
import { describe, expect, it } from 'vitest';
import { AsyncStream, MAX_WAITING_VALUES } from './async-stream.js';
import { openLocalStream, openStream, type StreamOptions, type StreamSource } from './stream.js';

const LOST: StreamState = { kind: 'lost', error: new ClientError('client/network-unreachable') };
const OPEN: StreamState = { kind: 'open' };
const TRANSPORT = 'client/network-unreachable';

/** A subscription of the core in the hands of a test, with a clock. */
class FakeSource implements StreamSource<number, string> {
  readonly values = new AsyncStream<number>();
  readonly log: string[] = [];
  timeMs = 0;
  syncError: Error | undefined;
  tell: (state: StreamState) => void = () => {};
  readonly #first: StreamState;

  constructor(first: StreamState = OPEN) {
    this.#first = first;
  }

  async sync(): Promise<void> {
    this.log.push('sync');
    if (this.syncError !== undefined) throw this.syncError;
  }

  open({ signal, onState }: { signal: AbortSignal; onState: (state: StreamState) => void }): AsyncIterable<number> {
    this.log.push('open');
    signal.addEventListener('abort', () => {
      this.log.push('closed');
      void this.values.end();
    });
    this.tell = onState;
    onState(this.#first);
    return this.values;
  }

  map(value: number): string | undefined {
    if (value < 0) throw new RangeError('negative');
    return value === 0 ? undefined : `v${value}`;
  }

  /** Opens a stream whose callbacks write into the log. */
  async stream(options: StreamOptions<string> = {}) {
    const say = (word: string) => this.log.push(word);
    return openStream<number, string>(
      this,
      {
        onValue: (value) => void say(value),
        onError: (error) => say('code' in error ? String(error.code) : error.message),
        onFail: () => say('fail'),
        onRetry: (attempt, max) => say(`retry ${attempt}/${max}`),
        onRestart: () => say('restart'),
        onEnd: () => say('end'),
        ...options,
      },
      () => this.timeMs,
    );
  }
}

describe('a stream', () => {
  it('syncs, opens, and gives each value to the callback and to the loop', async () => {
    const source = new FakeSource();
    const stream = await source.stream();
    for (const value of [1, 0, 2]) source.values.push(value);
    expect([await stream.next(), await stream.next()].map(({ value }) => value)).toEqual(['v1', 'v2']);
    expect(source.log).toEqual(['sync', 'open', 'v1', 'v2']);
    await stream.end();
    expect(source.log.slice(4)).toEqual(['closed', 'end']);
  });

  it('does not sync with disableSync', async () => {
    const source = new FakeSource();
    await (await source.stream({ disableSync: true })).end();
    expect(source.log).toEqual(['open', 'closed', 'end']);
  });

  it('opens although the sync failed, and says so', async () => {
    const source = new FakeSource();
    source.syncError = new ClientError('client/deadline');
    const stream = await source.stream();
    expect(source.log).toEqual(['sync', 'client/deadline', 'open']);
    expect(stream.isDone).toBe(false);
  });

  it('refuses a negative number of retries, if there are to be any', async () => {
    await expect(new FakeSource().stream({ retryAttempts: -1 })).rejects.toMatchObject({
      code: 'sdk/stream-invalid-retry-attempts',
      message: 'Stream retry attempts must be greater than 0',
    });
    const stream = await new FakeSource().stream({ retryAttempts: -1, retryOnFail: false });
    expect(stream.isDone).toBe(false);
  });
});

describe('a stream that is lost', () => {
  it('tells each loss and each return', async () => {
    const source = new FakeSource();
    await source.stream({ disableSync: true });
    for (const state of [LOST, LOST, OPEN, LOST, OPEN]) source.tell(state);
    expect(source.log).toEqual([
      'open',
      TRANSPORT,
      'fail',
      'retry 1/10',
      TRANSPORT,
      'fail',
      'retry 2/10',
      'restart',
      TRANSPORT,
      'fail',
      'retry 3/10',
      'restart',
    ]);
  });

  it('resolves for the application when the first attempt fails', async () => {
    const source = new FakeSource(LOST);
    const stream = await source.stream({ disableSync: true });
    expect([stream.isDone, source.log]).toEqual([false, ['open', TRANSPORT, 'fail', 'retry 1/10']]);
    source.tell(OPEN);
    expect(source.log.at(-1)).toBe('restart');
  });

  it('ends at once without retries', async () => {
    const source = new FakeSource(LOST);
    const stream = await source.stream({ disableSync: true, retryOnFail: false });
    expect(stream.isDone).toBe(true);
    expect(source.log).toEqual(['open', TRANSPORT, 'fail', 'sdk/stream-failed', 'closed', 'end']);
  });

  it('ends when its retries and its patience are used up', async () => {
    const source = new FakeSource();
    const stream = await source.stream({ disableSync: true, retryAttempts: 2, retryDelay: 100 });
    source.tell(LOST);
    source.tell(LOST);
    source.timeMs = 199;
    source.tell(LOST);
    expect([stream.isDone, source.log.at(-1)]).toEqual([false, 'retry 2/2']);
    source.timeMs = 200;
    source.tell(LOST);
    expect([stream.isDone, source.log.slice(-5)]).toEqual([
      true,
      [TRANSPORT, 'fail', 'sdk/stream-failed', 'closed', 'end'],
    ]);
    source.tell(OPEN);
    source.tell(LOST);
    expect(source.log.at(-1)).toBe('end');
  });

  it('has one budget over its returns, which a value refills', async () => {
    const source = new FakeSource();
    const stream = await source.stream({ disableSync: true, retryAttempts: 2, retryDelay: 0 });
    for (const state of [LOST, OPEN, LOST, OPEN]) source.tell(state);
    source.values.push(1);
    await stream.next();
    for (const state of [LOST, OPEN, LOST, OPEN]) source.tell(state);
    expect(stream.isDone).toBe(false);
    source.tell(LOST);
    expect(stream.isDone).toBe(true);
  });
});

describe('the end of a stream', () => {
  it('is told once, and nothing after it', async () => {
    const source = new FakeSource();
    const stream = await source.stream({ disableSync: true });
    await stream.end();
    await stream.return();
    source.values.push(1);
    for (const state of [LOST, OPEN]) source.tell(state);
    await new Promise((resolve) => setImmediate(resolve));
    expect(source.log).toEqual(['open', 'closed', 'end']);
  });

  it('may come from any callback', async () => {
    for (const callback of ['onFail', 'onError', 'onRetry'] as const) {
      const source = new FakeSource();
      const stream = await source.stream({ disableSync: true, [callback]: () => void stream.end() });
      source.tell(LOST);
      source.tell(OPEN);
      expect(source.log.filter((word) => word === 'end')).toEqual(['end']);
      expect(source.log.at(-1)).toBe('end');
    }
  });

  it('comes with the end of what it reads from', async () => {
    const source = new FakeSource();
    const stream = await source.stream({ disableSync: true });
    await source.values.end();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(source.log).toEqual(['open', 'closed', 'end']);
  });
});

describe('what an application throws', () => {
  it('in a callback is told to it and ends nothing', async () => {
    const source = new FakeSource();
    const stream = await source.stream({
      disableSync: true,
      onValue: () => {
        throw new RangeError('in onValue');
      },
      onFail: () => {
        throw new RangeError('in onFail');
      },
    });
    source.values.push(1);
    expect((await stream.next()).value).toBe('v1');
    source.tell(LOST);
    expect(source.log).toEqual(['open', 'in onValue', TRANSPORT, 'in onFail', 'retry 1/10']);
  });

  it('in a promise of onValue is told too, and not awaited', async () => {
    const source = new FakeSource();
    const onValue = async (): Promise<void> => {
      throw new RangeError('later');
    };
    const stream = await source.stream({ disableSync: true, onValue });
    source.values.push(1);
    source.values.push(2);
    expect([(await stream.next()).value, (await stream.next()).value]).toEqual(['v1', 'v2']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(source.log).toEqual(['open', 'later', 'later']);
  });

  it('as a value that cannot be read costs that value alone', async () => {
    const source = new FakeSource();
    const stream = await source.stream({ disableSync: true });
    for (const value of [-1, 1]) source.values.push(value);
    expect((await stream.next()).value).toBe('v1');
    expect(source.log).toEqual(['open', 'negative', 'v1']);
  });
});

describe('a stream of local events', () => {
  it('listens from the start, and knows values and an end alone', async () => {
    const events = new AsyncStream<number>();
    const log: string[] = [];
    const stream = await openLocalStream<number, string>(
      {
        open: (signal) => {
          signal.addEventListener('abort', () => void events.end());
          return events;
        },
        map: (value) => `e${value}`,
      },
      { onValue: (value) => void log.push(value), onEnd: () => log.push('end') },
    );
    events.push(1);
    expect((await stream.next()).value).toBe('e1');
    await stream.end();
    expect([log, events.isDone]).toEqual([['e1', 'end'], true]);
  });
});

describe('a stream that is read slowly', () => {
  const MANY = 3 * MAX_WAITING_VALUES;

  it('leaves what it does not take where it comes from, and loses nothing', async () => {
    const source = new FakeSource();
    const stream = await openStream<number, string>(source, { disableSync: true });
    for (let value = 1; value <= MANY; value++) source.values.push(value);
    await new Promise((resolve) => setImmediate(resolve));
    expect(source.values.waitingCount).toBe(MANY - MAX_WAITING_VALUES);
    for (let value = 1; value <= MANY; value++) expect((await stream.next()).value).toBe(`v${value}`);
    await stream.end();
  });

  it('does not keep for nobody what a callback has heard', async () => {
    const source = new FakeSource();
    await source.stream({ disableSync: true });
    for (let value = 1; value <= MANY; value++) source.values.push(value);
    await new Promise((resolve) => setImmediate(resolve));
    expect(source.log.filter((word) => /^v/.test(word))).toHaveLength(MANY);
    expect(source.values.waitingCount).toBe(0);
  });

  it('ends while it waits', async () => {
    const source = new FakeSource();
    const stream = await openStream<number, string>(source, { disableSync: true });
    for (let value = 1; value <= MANY; value++) source.values.push(value);
    await new Promise((resolve) => setImmediate(resolve));
    await stream.end();
    expect(source.log.at(-1)).toBe('closed');
  });
});
