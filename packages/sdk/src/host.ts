/** Time, randomness and timers of the process or worker that the SDK runs in, as the client's `Host`. */
import type { Host, Logger } from '@conclave/client';
import type { Random } from '@conclave/crypto';

/** The two clocks of a process, milliseconds. */
export interface Clocks {
  /** The wall's, since 1970, in whole milliseconds: set by people and by the network. */
  wall(): number;
  /** Goes on evenly in fine steps, and may stand still while the machine sleeps. */
  steady(): number;
}

/** Beyond this, milliseconds, the wall clock was set, or the machine slept: it holds. */
const MAX_DRIFT_MS = 5;
/** A clock that goes back by more than this was set back. */
const SET_BACK_NS = 1_000_000_000n;

/**
 * The wall clock in nanoseconds: in microsecond steps, finer than the wall clock's own, and never the same value twice unless it is set back by more
 * than a second.
 * @param originMs - when the steady clock began, by the wall's
 */
export function wallClock({ wall, steady }: Clocks, originMs = wall() - steady()): () => bigint {
  let startedMs = originMs;
  let lastNs = 0n;
  return () => {
    const [wallMs, steadyMs] = [wall(), steady()];
    if (Math.abs(wallMs - steadyMs - startedMs) > MAX_DRIFT_MS) startedMs = wallMs - steadyMs;
    const nowNs = BigInt(Math.round((startedMs + steadyMs) * 1000)) * 1000n;
    const isLater = nowNs > lastNs || nowNs < lastNs - SET_BACK_NS;
    lastNs = isLater ? nowNs : lastNs + 1n;
    return lastNs;
  };
}

const nowNs = wallClock({ wall: () => Date.now(), steady: () => performance.now() }, performance.timeOrigin);

/** A delay keeps a process alive: somebody waits for it. */
function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** @param random - a cryptographic generator */
export function systemHost(random: Random, log?: Logger): Host {
  return { nowNs, random, delay, ...(log === undefined ? {} : { log }) };
}

/** Calls again and again, and keeps no process alive for it. @returns stops it */
export function every(ms: number, work: () => void): () => void {
  const timer: ReturnType<typeof setInterval> | number = setInterval(work, ms);
  // A number in browsers, where nothing is to be done.
  if (typeof timer === 'object') timer.unref();
  return () => clearInterval(timer);
}
