import { describe, expect, it } from 'vitest';
import { newestOf, Readings } from './readings.js';

/** Answers that come when the test says so, in the order of the questions. */
function answers<T>() {
  const waiting: ((value: T) => void)[] = [];
  return {
    ask: () =>
      new Promise<T>((resolve) => {
        waiting.push(resolve);
      }),
    give: (question: number, value: T) => waiting[question]?.(value),
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('what is read under an id', () => {
  it('is read once more when that is asked for meanwhile, however often, and never twice at once', async () => {
    const taken: string[] = [];
    const { ask, give } = answers<string>();
    let asked = 0;
    const read = () => {
      asked++;
      return ask();
    };
    const readings = new Readings<string>((item) => taken.push(item));
    const all = [readings.read('a', read), readings.read('a', read)];
    await turn();
    all.push(readings.read('a', read), readings.read('a', read));
    expect(asked).toBe(1);
    give(0, 'before');
    await turn();
    expect(asked).toBe(2);
    give(1, 'after');
    await Promise.all(all);
    expect(taken).toEqual(['before', 'after']);
    expect(asked).toBe(2);
  });

  it('is told as old, and read once more, when it was changed meanwhile', async () => {
    const taken: unknown[] = [];
    const { ask, give } = answers<string>();
    const readings = new Readings<string>((item, isOld) => taken.push([item, isOld]));
    const done = readings.read('a', ask);
    await turn();
    readings.changed('a');
    readings.changed('b');
    give(0, 'before');
    await turn();
    give(1, 'after');
    await done;
    expect(taken).toEqual([
      ['before', true],
      ['after', false],
    ]);
  });

  it('is read apart from what is under other ids', async () => {
    const taken: string[] = [];
    const { ask, give } = answers<string>();
    const readings = new Readings<string>((item) => taken.push(item));
    const first = readings.read('a', ask);
    const second = readings.read('b', ask);
    await turn();
    give(1, 'of b');
    await second;
    give(0, 'of a');
    await first;
    expect(taken).toEqual(['of b', 'of a']);
  });

  it('can be read again after a fault, and after there was nothing', async () => {
    const taken: string[] = [];
    const readings = new Readings<string>((item) => taken.push(item));
    await expect(readings.read('a', () => Promise.reject(new TypeError('gone')))).rejects.toThrow('gone');
    await readings.read('a', async () => undefined);
    await readings.read('a', async () => 'there');
    expect(taken).toEqual(['there']);
  });
});

describe('the newest of several readings', () => {
  it('stays, whichever ends last', async () => {
    let shown = '';
    const { ask, give } = answers<string>();
    const take = newestOf<string>((value) => {
      shown = value;
    });
    const all = [take(ask), take(ask)];
    give(1, 'new');
    await all[1];
    expect(shown).toBe('new');
    give(0, 'old');
    await all[0];
    expect(shown).toBe('new');
  });
});
