import { describe, expect, it } from 'vitest';
import { VIRTUAL_START_NS, VirtualTime } from './virtual-time.js';

describe('virtual time', () => {
  it('jumps from timer to timer, in order, and waits for nothing', async () => {
    const time = new VirtualTime();
    const fired: string[] = [];
    const wait = async (ms: number, name: string) => {
      await time.delay(ms);
      fired.push(`${name} at ${(time.nowNs() - VIRTUAL_START_NS) / 1_000_000n}`);
    };
    await Promise.all([wait(86_400_000, 'day'), wait(5, 'five'), wait(0, 'now'), wait(5, 'five again')]);
    expect(fired).toEqual(['now at 0', 'five at 5', 'five again at 5', 'day at 86400000']);
  });

  it('lets everything run that a timer set going before it fires the next', async () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    time.schedule(1, () => {
      void (async () => {
        for (let i = 0; i < 50; i++) await undefined;
        seen.push('first and what follows');
      })();
    });
    await time.delay(2);
    seen.push('second');
    expect(seen).toEqual(['first and what follows', 'second']);
  });

  it('ends a wait by its signal, and takes a timer back', async () => {
    const time = new VirtualTime();
    const controller = new AbortController();
    const waiting = time.delay(1000, controller.signal);
    controller.abort(new RangeError('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(time.delay(1, controller.signal)).rejects.toThrow('enough');
    let fired = false;
    time.schedule(1, () => {
      fired = true;
    })();
    await time.delay(5);
    expect(fired).toBe(false);
  });

  it('stands still while it is held', async () => {
    const time = new VirtualTime();
    time.hold();
    let fired = false;
    time.schedule(1, () => {
      fired = true;
    });
    for (let i = 0; i < 5; i++) await time.idle();
    expect([fired, time.nowNs()]).toEqual([false, VIRTUAL_START_NS]);
    time.release();
    await time.delay(1);
    expect(fired).toBe(true);
    time.advance(10);
    expect(time.nowNs()).toBe(VIRTUAL_START_NS + 11_000_000n);
  });
});
