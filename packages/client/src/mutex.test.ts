import { describe, expect, it } from 'vitest';
import { KeyedMutex } from './mutex.js';

function gate(): { open: () => void; opened: Promise<void> } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('KeyedMutex', () => {
  it('runs work under one key in the order of asking, never two at once', async () => {
    const mutex = new KeyedMutex();
    const gates = [gate(), gate(), gate()];
    const log: string[] = [];
    const runs = gates.map((each, i) =>
      mutex.run('a', async () => {
        log.push(`start ${i}`);
        await each.opened;
        log.push(`end ${i}`);
        return i;
      }),
    );
    gates[2]?.open();
    gates[1]?.open();
    gates[0]?.open();
    expect(await Promise.all(runs)).toEqual([0, 1, 2]);
    expect(log).toEqual(['start 0', 'end 0', 'start 1', 'end 1', 'start 2', 'end 2']);
    expect(mutex.isLocked('a')).toBe(false);
  });

  it('lets different keys run beside each other', async () => {
    const mutex = new KeyedMutex();
    const held = gate();
    const first = mutex.run('a', () => held.opened);
    expect(await mutex.run('b', () => 'free')).toBe('free');
    expect(mutex.isLocked('a')).toBe(true);
    held.open();
    await first;
  });

  it('gives a failure to its owner and goes on', async () => {
    const mutex = new KeyedMutex();
    const failing = mutex.run('a', () => Promise.reject(new RangeError('expected by the test')));
    const next = mutex.run('a', () => 1);
    await expect(failing).rejects.toThrow(RangeError);
    expect(await next).toBe(1);
  });

  it('is idle when everything asked for has settled', async () => {
    const mutex = new KeyedMutex();
    const held = gate();
    let done = false;
    const work = mutex.run('a', async () => {
      await held.opened;
      done = true;
    });
    const idle = mutex.idle().then(() => done);
    held.open();
    expect(await idle).toBe(true);
    await work;
  });
});
