/** A host whose clock stands still until a test, or a wait, moves it. */
import type { Random } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { type Host, type LogFields, NS_PER_MS } from './host.js';

export interface TestHost extends Host {
  readonly random: Random;
  /** Waits so far, milliseconds; each moved the clock and nothing else. */
  readonly waits: readonly number[];
  /** Warnings and errors logged. */
  readonly warnings: readonly { readonly event: string; readonly fields: LogFields | undefined }[];
  advance(ns: bigint): void;
}

/** 2026-11-21, about noon. */
export const TEST_START_NS = 1_795_262_400_000_000_000n;

export function testHost(options: { startNs?: bigint; random?: Random } = {}): TestHost {
  let nowNs = options.startNs ?? TEST_START_NS;
  const waits: number[] = [];
  const warnings: { event: string; fields: LogFields | undefined }[] = [];
  const warn = (event: string, fields?: LogFields): void => {
    warnings.push({ event, fields });
  };
  return {
    waits,
    warnings,
    random: options.random ?? nodeCrypto.random,
    log: { debug: () => {}, info: () => {}, warn, error: warn },
    nowNs: () => nowNs,
    advance: (ns) => {
      nowNs += ns;
    },
    delay: async (ms, signal) => {
      signal?.throwIfAborted();
      waits.push(ms);
      nowNs += BigInt(Math.round(ms * 1000)) * (NS_PER_MS / 1000n);
    },
  };
}
