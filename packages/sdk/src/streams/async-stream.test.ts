import { describe, expect, it } from 'vitest';
import { AsyncStream, type AsyncStreamProxy, asyncStreamProxy } from './async-stream.js';

const DONE = { done: true, value: undefined };

/** A stream with these values in its queue, and how often it told that it ended. */
function filled(...values: number[]) {
  const stream = new AsyncStream<number>();
  const ends: string[] = [];
  stream.onDone = () => ends.push('done');
  for (const value of values) stream.push(value);
  return { stream, ends };
}

async function read(stream: AsyncStreamProxy<number>, count = Number.POSITIVE_INFINITY): Promise<number[]> {
  const values: number[] = [];
  for await (const value of stream) {
    values.push(value);
    if (values.length === count) break;
  }
  return values;
}

describe.each([
  ['AsyncStream', (stream: AsyncStream<number>): AsyncStreamProxy<number> => stream],
  ['its proxy', asyncStreamProxy<number>],
])('%s', (_name, reading) => {
  it('gives values in the order they came', async () => {
    const { stream } = filled(1, 2, 3, 4);
    expect(await read(reading(stream), 3)).toEqual([1, 2, 3]);
  });

  it('gives values that come while it is read', async () => {
    const { stream } = filled(1);
    const values: number[] = [];
    for await (const value of reading(stream)) {
      values.push(value);
      if (value === 1) for (const later of [2, 3]) stream.push(later);
      if (value === 3) break;
    }
    expect(values).toEqual([1, 2, 3]);
  });

  it('ends when the loop is left', async () => {
    const { stream, ends } = filled(1, 2);
    await read(reading(stream), 1);
    expect([reading(stream).isDone, ends]).toEqual([true, ['done']]);
  });

  it('ends when the loop throws, and lets the error through', async () => {
    const { stream, ends } = filled(1, 2);
    const failure = new TypeError('of the application');
    const loop = async (): Promise<void> => {
      for await (const _ of reading(stream)) throw failure;
    };
    await expect(loop()).rejects.toBe(failure);
    expect([stream.isDone, ends]).toEqual([true, ['done']]);
  });

  it('ends the loop that waits for it', async () => {
    const { stream, ends } = filled(1, 2);
    const values: number[] = [];
    const loop = (async () => {
      for await (const value of reading(stream)) {
        values.push(value);
        // Ends once the loop waits for a third.
        if (value === 2) setImmediate(() => void reading(stream).end());
      }
    })();
    await loop;
    expect([values, ends]).toEqual([[1, 2], ['done']]);
  });

  it('answers calls of next that wait, in their order', async () => {
    const { stream } = filled();
    const answers = [1, 2, 3].map(() => reading(stream).next());
    for (const value of [1, 2, 3]) stream.push(value);
    expect(await Promise.all(answers)).toEqual([1, 2, 3].map((value) => ({ done: false, value })));
    expect(stream.isDone).toBe(false);
  });

  it.each(['end', 'return'] as const)('%s answers calls of next that wait, and discards the queue', async (method) => {
    const { stream, ends } = filled();
    const waiting = [reading(stream).next(), reading(stream).next()];
    expect(await reading(stream)[method]()).toEqual(DONE);
    expect(await Promise.all(waiting)).toEqual([DONE, DONE]);

    const other = filled(1, 2);
    await reading(other.stream)[method]();
    expect(await reading(other.stream).next()).toEqual(DONE);
    expect([ends, other.ends]).toEqual([['done'], ['done']]);
  });

  it('stays ended: values are dropped, loops are empty, the end is told once', async () => {
    const { stream, ends } = filled();
    await reading(stream).end();
    stream.push(1);
    expect(await read(reading(stream))).toEqual([]);
    await reading(stream).end();
    await reading(stream).return();
    expect(ends).toEqual(['done']);
  });

  it('keeps what nobody has read yet', async () => {
    const { stream } = filled(1, 2, 3, 4, 5);
    const next = async () => (await reading(stream).next()).value;
    expect([await next(), await next(), await next()]).toEqual([1, 2, 3]);
    expect(stream.isDone).toBe(false);
    await reading(stream).end();
    expect(await next()).toBeUndefined();
  });

  it('has readers that can be taken off it', async () => {
    const { stream } = filled(1);
    const { next, end } = reading(stream);
    expect(await next()).toEqual({ done: false, value: 1 });
    await end();
    expect(stream.isDone).toBe(true);
  });
});

describe('the proxy', () => {
  const NAMES = ['end', 'isDone', 'next', 'return'];

  it('shows the reading side and nothing else', () => {
    const proxy: object = asyncStreamProxy(filled().stream);
    expect(Object.getOwnPropertyNames(proxy).sort()).toEqual(NAMES);
    expect(Object.getOwnPropertySymbols(proxy)).toEqual([Symbol.asyncIterator]);
    for (const name of [...NAMES, Symbol.asyncIterator]) expect(name in proxy).toBe(true);
    for (const name of ['push', 'onDone', 'constructor', 'then']) {
      expect([name in proxy, Reflect.get(proxy, name)]).toEqual([false, undefined]);
    }
  });

  it('describes what it shows', () => {
    const proxy: object = asyncStreamProxy(filled().stream);
    for (const name of ['end', 'next', 'return', Symbol.asyncIterator]) {
      const found = Object.getOwnPropertyDescriptor(proxy, name);
      expect([found?.enumerable, found?.configurable, typeof found?.value]).toEqual([true, true, 'function']);
    }
    expect(Object.getOwnPropertyDescriptor(proxy, 'isDone')?.value).toBe(false);
    expect(Object.getOwnPropertyDescriptor(proxy, 'push')).toBeUndefined();
  });

  it('ignores assignments', () => {
    const { stream } = filled();
    const proxy = asyncStreamProxy(stream) as { isDone: boolean };
    proxy.isDone = true;
    expect([proxy.isDone, stream.isDone]).toEqual([false, false]);
  });

  it('is no promise: awaiting it gives it', async () => {
    const proxy = asyncStreamProxy(filled().stream);
    expect(await Promise.resolve(proxy)).toBe(proxy);
  });
});
