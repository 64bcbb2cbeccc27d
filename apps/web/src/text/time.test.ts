import { expect, it, vi } from 'vitest';
import { clockTime, dayName, fullTime, isSameDay, listTime, toMs } from './time.js';

const at = (text: string) => new Date(text).getTime();
const NOW = at('2026-11-29T12:00:00');

it.each([
  ['2026-11-29T00:01:00', 'Today'],
  ['2026-11-28T23:59:00', 'Yesterday'],
  ['2026-11-25T08:00:00', 'Wednesday'],
  ['2026-11-22T08:00:00', 'Sun, November 22'],
  ['2025-11-22T08:00:00', 'Sat, November 22, 2025'],
])('the day of %s is %s', (text, name) => {
  expect(dayName(at(text), NOW)).toBe(name);
});

it.each([
  ['2026-11-29T09:05:00', /09:05/],
  ['2026-11-28T09:05:00', /^Yesterday$/],
  ['2026-11-26T09:05:00', /^Thu$/],
  ['2026-08-01T09:05:00', /^Aug 1$/],
])('in the list %s is short', (text, expected) => {
  expect(listTime(at(text), NOW)).toMatch(expected);
});

it('days are those of the calendar, not 24 hours', () => {
  expect(isSameDay(at('2026-11-28T23:59:00'), at('2026-11-29T00:01:00'))).toBe(false);
  expect(isSameDay(at('2026-11-29T00:01:00'), at('2026-11-29T23:59:00'))).toBe(true);
});

it('wire times are nanoseconds', () => {
  expect(toMs(1_700_000_000_123_456_789n)).toBe(1_700_000_000_123);
});

it('a column of messages makes one formatter for each form', () => {
  let made = 0;
  class Counted extends Intl.DateTimeFormat {
    constructor(...given: ConstructorParameters<typeof Intl.DateTimeFormat>) {
      super(...given);
      made++;
    }
  }
  vi.stubGlobal('Intl', { ...Intl, DateTimeFormat: Counted });
  for (let minute = 0; minute < 1000; minute++) {
    clockTime(NOW + minute * 60_000);
    fullTime(NOW + minute * 60_000);
  }
  vi.unstubAllGlobals();
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThanOrEqual(2);
});
