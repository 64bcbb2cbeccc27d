/** Points in time as text (RFC 3339), for contents that carry them so. Inside they are nanoseconds since 1970, signed 64 bits. */

const MIN_NS = -(2n ** 63n);
const MAX_NS = 2n ** 63n - 1n;
const NS_PER_MS = 1_000_000n;

const PATTERN = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** `2023-11-14T22:13:20.123Z`: UTC, cut to milliseconds; undefined beyond 64 bits. */
export function writeTimestamp(ns: bigint): string | undefined {
  if (ns < MIN_NS || ns > MAX_NS) return undefined;
  const remainder = ((ns % NS_PER_MS) + NS_PER_MS) % NS_PER_MS;
  return new Date(Number((ns - remainder) / NS_PER_MS)).toISOString();
}

/** Nanoseconds since 1970, digits beyond them cut; undefined for what is no time, or beyond 64 bits. A leap second is the next minute's first. */
export function parseTimestamp(text: string): bigint | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = match;
  const dayMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const isDay = new Date(dayMs).toISOString().startsWith(`${year}-${month}-${day}T`);
  if (!isDay || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const offsetSeconds = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -60 : 60);
  const seconds = dayMs / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offsetSeconds;
  const ns = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return ns < MIN_NS || ns > MAX_NS ? undefined : ns;
}
