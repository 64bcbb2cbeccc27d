/** Time, randomness and timers of a Node process, as the client's `Host`. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host, Logger } from '@conclave/client';
import { nodeCrypto } from '@conclave/crypto/node';

let lastNs = 0n;

/** Wall clock in nanoseconds, microsecond steps, never the same value twice in one process. */
function nowNs(): bigint {
  const now = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
  lastNs = now > lastNs ? now : lastNs + 1n;
  return lastNs;
}

/** Time, randomness and timers of this process, and a log. A delay keeps the process alive: somebody waits for it. */
export function nodeHost(log?: Logger): Host {
  return {
    nowNs,
    random: nodeCrypto.random,
    delay: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
    ...(log === undefined ? {} : { log }),
  };
}
