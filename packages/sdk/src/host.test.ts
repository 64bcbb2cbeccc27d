import { describe, expect, it } from 'vitest';
import { wallClock } from './host.js';

const MS = 1_000_000n;

function clock(startMs = 1_800_000_000_000) {
  const at = { wallMs: startMs, steadyMs: 17.25 };
  const nowNs = wallClock({ wall: () => Math.floor(at.wallMs), steady: () => at.steadyMs });
  const pass = (ms: number): void => {
    at.wallMs += ms;
    at.steadyMs += ms;
  };
  return { at, pass, nowNs, startNs: BigInt(startMs) * MS };
}

describe('the clock of a process', () => {
  it('goes in microseconds, and gives no value twice', () => {
    const { pass, nowNs, startNs } = clock();
    expect(nowNs()).toBe(startNs);
    expect(nowNs()).toBe(startNs + 1n);
    pass(0.25);
    expect(nowNs()).toBe(startNs + 250_000n);
    pass(1000);
    expect(nowNs()).toBe(startNs + 1_000_250_000n);
  });

  it('is right after the machine has slept', () => {
    const { at, pass, nowNs, startNs } = clock();
    nowNs();
    at.wallMs += 8 * 3_600_000;
    pass(2);
    expect(nowNs()).toBe(startNs + 28_800_002n * MS);
  });

  it('follows a clock that is set, forward and back', () => {
    const { at, pass, nowNs, startNs } = clock();
    nowNs();
    at.wallMs += 60_000;
    expect(nowNs()).toBe(startNs + 60_000n * MS);
    at.wallMs -= 60_000;
    pass(1);
    expect(nowNs()).toBe(startNs + 1n * MS);
  });

  it('does not go back when the wall clock does by a little', () => {
    const { at, pass, nowNs, startNs } = clock();
    pass(500);
    const before = nowNs();
    at.wallMs -= 400;
    expect(nowNs()).toBe(before + 1n);
    pass(450);
    expect(nowNs()).toBe(startNs + 550n * MS);
  });

  it('stays within some milliseconds of a wall clock that runs otherwise', () => {
    const { at, nowNs } = clock();
    for (let second = 0; second < 1000; second++) {
      at.wallMs += 1000.5;
      at.steadyMs += 1000;
      const apart = Number(nowNs() - BigInt(Math.floor(at.wallMs)) * MS) / 1e6;
      expect(Math.abs(apart)).toBeLessThan(7);
    }
  });
});
