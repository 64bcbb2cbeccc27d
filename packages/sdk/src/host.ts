/** Time, randomness and timers of the process or worker that the SDK runs in, as the client's `Host`. */
import type { Host, Logger } from '@conclave/client';
import type { Random } from '@conclave/crypto';

let lastNs = 0n;

/** Wall clock in nanoseconds, microsecond steps, never the same value twice in one process. */
function nowNs(): bigint {
  const now = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
  lastNs = now > lastNs ? now : lastNs + 1n;
  return lastNs;
}

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
