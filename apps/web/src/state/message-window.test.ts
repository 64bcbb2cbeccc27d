import { describe, expect, it } from 'vitest';
import type { ShownMessage } from '../thread/present.js';
import { shownMessage } from '../thread/shown-message.testkit.js';
import {
  edgeOf,
  type MessageWindow,
  WINDOW_MESSAGES,
  withMessage,
  withNewer,
  withOlder,
  withoutMessage,
} from './message-window.js';

const message = (number: number, more?: Partial<ShownMessage>) => shownMessage(`m${number}`, number, more);

const run = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i));
const held = ({ messages }: MessageWindow) => [messages[0]?.sentAtMs, messages.at(-1)?.sentAtMs, messages.length];
const around = (from: number, to: number): MessageWindow => ({
  messages: run(from, to),
  hasOlder: true,
  hasNewer: false,
});

describe('the window over a conversation', () => {
  it('grows backwards until it is full, then lets go of the newest', () => {
    let window = around(1000, 1039);
    for (let from = 960; from >= 800; from -= 40)
      window = withOlder(window, { messages: run(from, from + 39), isLast: false });
    expect([held(window), window.hasNewer]).toEqual([[800, 1039, WINDOW_MESSAGES], false]);
    window = withOlder(window, { messages: run(760, 799), isLast: true });
    expect(held(window)).toEqual([760, 999, WINDOW_MESSAGES]);
    expect([window.hasOlder, window.hasNewer]).toEqual([false, true]);
  });

  it('goes forwards again, and lets go of the oldest', () => {
    const before = { ...around(1, WINDOW_MESSAGES), hasOlder: false, hasNewer: true };
    const after = withNewer(before, { messages: run(WINDOW_MESSAGES + 1, WINDOW_MESSAGES + 40), isLast: true });
    expect(held(after)).toEqual([41, WINDOW_MESSAGES + 40, WINDOW_MESSAGES]);
    expect([after.hasOlder, after.hasNewer]).toEqual([true, false]);
  });

  it('takes nothing twice that a page and the stream both bring', () => {
    const window = withOlder(around(10, 20), { messages: run(5, 12), isLast: false });
    expect(held(window)).toEqual([5, 20, 16]);
  });

  it('takes in what is new, in its place', () => {
    expect(held(withMessage(around(1, 5), message(6), true))).toEqual([1, 6, 6]);
    const between = withMessage(around(1, 5), message(3, { id: 'late' }), true);
    expect(between.messages.map(({ id }) => id)).toEqual(['m1', 'm2', 'm3', 'late', 'm4', 'm5']);
  });

  it('puts a changed message where it was', () => {
    const window = withMessage(around(1, 5), message(3, { isEdited: true }), true);
    expect(held(window)).toEqual([1, 5, 5]);
    expect(window.messages[2]?.isEdited).toBe(true);
  });

  it('keeps what is looked at when it is full: the newest, or what stands above', () => {
    const full = around(1, WINDOW_MESSAGES);
    const next = message(WINDOW_MESSAGES + 1);
    expect(held(withMessage(full, next, true))).toEqual([2, WINDOW_MESSAGES + 1, WINDOW_MESSAGES]);
    const above = withMessage(full, next, false);
    expect([held(above), above.hasNewer]).toEqual([[1, WINDOW_MESSAGES, WINDOW_MESSAGES], true]);
  });

  it('leaves to be read what belongs beyond an end where more is stored', () => {
    const window = { ...around(10, 20), hasNewer: true };
    expect(withMessage(window, message(21), true)).toBe(window);
    expect(withMessage(window, message(9), true)).toBe(window);
    expect(held(withMessage({ ...window, hasOlder: false }, message(9), true))).toEqual([9, 20, 12]);
  });

  it('lets a message be taken out', () => {
    expect(held(withoutMessage(around(1, 5), 'm5'))).toEqual([1, 4, 4]);
  });

  it('knows at its edge all that were sent at the very same time', () => {
    const twins = [message(1), message(2), message(3, { sentAtNs: 2_000_000n })];
    expect(edgeOf(twins)).toEqual({ atNs: 2_000_000n, ids: new Set(['m2', 'm3']) });
  });
});
