/** Times as people read them, in the language of the page. */
import { language, t } from '../strings/index.js';

const DAY_MS = 86_400_000;

/** Milliseconds since 1970 of a wire time. */
export function toMs(ns: bigint): number {
  return Number(ns / 1_000_000n);
}

function startOfDay(ms: number): number {
  const date = new Date(ms);
  date.setHours(0, 0, 0, 0);
  return date.getTime();
}

/** True when both lie in one day of the local calendar. */
export function isSameDay(a: number, b: number): boolean {
  return startOfDay(a) === startOfDay(b);
}

/** Formatters by language and options. Making one takes a thousand times as long as using it, and a column of messages uses many. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions, ms: number): string {
  const key = `${language.value} ${JSON.stringify(options)}`;
  const formatter = formatters.get(key) ?? new Intl.DateTimeFormat(language.value, options);
  formatters.set(key, formatter);
  return formatter.format(ms);
}

/** 14:05 */
export function clockTime(ms: number): string {
  return format({ hour: '2-digit', minute: '2-digit' }, ms);
}

/** Today, yesterday, a weekday within the last six days, else a date: the words of a day separator. */
export function dayName(ms: number, nowMs: number): string {
  const days = Math.round((startOfDay(nowMs) - startOfDay(ms)) / DAY_MS);
  if (days === 0) return t('today');
  if (days === 1) return t('yesterday');
  if (days > 1 && days < 7) return format({ weekday: 'long' }, ms);
  const sameYear = new Date(ms).getFullYear() === new Date(nowMs).getFullYear();
  return format(
    { weekday: 'short', day: 'numeric', month: 'long', ...(sameYear ? {} : { year: 'numeric' as const }) },
    ms,
  );
}

/** The time for a narrow column: a clock today, a weekday this week, a date before. */
export function listTime(ms: number, nowMs: number): string {
  const days = Math.round((startOfDay(nowMs) - startOfDay(ms)) / DAY_MS);
  if (days <= 0) return clockTime(ms);
  if (days === 1) return t('yesterday');
  if (days < 7) return format({ weekday: 'short' }, ms);
  return format({ day: 'numeric', month: 'short' }, ms);
}

/** A whole date with time, for a tooltip. */
export function fullTime(ms: number): string {
  return format({ dateStyle: 'full', timeStyle: 'short' }, ms);
}
