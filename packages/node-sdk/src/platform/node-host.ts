/** Time, randomness and timers of a Node process, as the client's `Host`. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '@conclave/client';
import { nodeCrypto } from '@conclave/crypto/node';

let lastNs = 0n;

/** Wall clock in nanoseconds, microsecond steps, never the same value twice in one process. */
function nowNs(): bigint {
  const now = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
  lastNs = now > lastNs ? now : lastNs + 1n;
  return lastNs;
}

/** The host of every client in this process. Timers do not keep the process alive. */
export const nodeHost: Host = {
  nowNs,
  random: nodeCrypto.random,
  delay: (ms, signal) => sleep(ms, undefined, signal === undefined ? { ref: true } : { signal, ref: true }),
};
