import { describe, expect, it } from 'vitest';
import { TYPING_EXPIRES_MS, TYPING_INTERVAL_MS, TypingState } from './typing-state.js';

const S = 1_000_000_000n;
/** The clock of the node and ours, an hour of skew apart at most. */
const NOW = 1_700_000_000n * S;

describe('notices of ours', () => {
  it('go out once in an interval, however often one begins and stops', () => {
    const state = new TypingState();
    let sent = 0;
    for (let ms = 0; ms < 30_000; ms += 100) if (state.maySend('g', (ms / 100) % 2 === 0, ms)) sent++;
    // Each interval has one beginning and one stop.
    expect(sent).toBe(2 * (30_000 / TYPING_INTERVAL_MS));
  });

  it('are of one conversation each', () => {
    const state = new TypingState();
    expect([state.maySend('g', true, 0), state.maySend('h', true, 1)]).toEqual([true, true]);
  });

  it('take back only what still holds', () => {
    const state = new TypingState();
    expect(state.maySend('g', false, 0)).toBe(false);
    state.maySend('g', true, 0);
    expect(state.maySend('g', false, TYPING_EXPIRES_MS)).toBe(false);
    expect(state.maySend('g', false, TYPING_EXPIRES_MS - 1)).toBe(true);
    expect(state.maySend('g', false, TYPING_EXPIRES_MS - 1)).toBe(false);
  });

  it('go out again after the clock was set back', () => {
    const state = new TypingState();
    state.maySend('g', true, 1_000_000);
    expect(state.maySend('g', true, 500_000)).toBe(true);
  });
});

describe('notices of others', () => {
  interface Notice {
    readonly who?: string;
    readonly is?: boolean;
    readonly nodeMs?: number;
    readonly ourMs?: number;
  }
  const hear = (state: TypingState, { who = 'x', is = true, nodeMs = 0, ourMs }: Notice = {}) =>
    state.isNews('g', who, is, NOW + BigInt(nodeMs) * 1_000_000n, NOW + BigInt(ourMs ?? nodeMs) * 1_000_000n);

  it('are told, and told again while they are repeated', () => {
    const state = new TypingState();
    expect(hear(state)).toBe(true);
    expect(hear(state, { nodeMs: 3000 })).toBe(true);
    expect(hear(state, { nodeMs: 3100, is: false })).toBe(true);
  });

  it('are told whatever the clocks differ, up to an hour', () => {
    for (const skewMs of [-3_500_000, 3_500_000]) {
      const state = new TypingState();
      expect(hear(state, { ourMs: skewMs })).toBe(true);
      expect(hear(state, { nodeMs: 3000, ourMs: skewMs + 3000 })).toBe(true);
    }
  });

  it('are not told when later ones are known already, nor of yesterday', () => {
    const state = new TypingState();
    hear(state, { nodeMs: 20_000 });
    expect(hear(state, { who: 'y', nodeMs: 20_000 - TYPING_EXPIRES_MS - 1, ourMs: 20_000 })).toBe(false);
    expect(hear(new TypingState(), { ourMs: 86_400_000 })).toBe(false);
  });

  it('in a flood come to a few each second', () => {
    const state = new TypingState();
    let told = 0;
    for (let i = 0; i < 10_000; i++) if (hear(state, { is: i % 2 === 0, nodeMs: Math.floor(i / 5) })) told++;
    // Two seconds of it.
    expect(told).toBeLessThanOrEqual(10);
    expect(told).toBeGreaterThan(0);
  });
});
