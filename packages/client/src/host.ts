/**
 * What the surroundings give to the client: time, randomness, waiting and logging. Nothing in this package reads a
 * clock or starts a timer itself, so a test or a simulator owns all of them.
 */
import type { Random } from '@conclave/crypto';

/** Values of a log line: identifiers shortened by the caller, counts, codes. Never content, keys or signatures. */
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

/** Receives what happens inside. `error` means a bug or a damaged database, not a failing network. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** The surroundings of one client. */
export interface Host {
  /** Wall clock, nanoseconds since 1970. */
  nowNs(): bigint;
  /** A cryptographic generator. */
  readonly random: Random;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts first. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
  readonly log?: Logger;
}

/** Nanoseconds in a millisecond. */
export const NS_PER_MS = 1_000_000n;
/** Nanoseconds in a second. */
export const NS_PER_SECOND = 1_000_000_000n;
/** Nanoseconds in an hour. */
export const NS_PER_HOUR = 3_600n * NS_PER_SECOND;
/** Nanoseconds in a day. */
export const NS_PER_DAY = 24n * NS_PER_HOUR;

/**
 * Whether so much time has passed since then. A time in the future was noted before the clock was set back: then it has, so that nothing waits
 * until the clock is there again.
 */
export function hasPassed(lastNs: bigint, intervalNs: bigint, nowNs: bigint): boolean {
  return lastNs > nowNs || nowNs - lastNs >= intervalNs;
}

/** The first eight characters: enough to find an id in a log, too few to name a person's inbox. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
