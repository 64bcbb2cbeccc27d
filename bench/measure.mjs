/**
 * Timing on a machine that does other things too: many short samples, medians, and what is compared is sampled in turn.
 * Synchronous work is measured in CPU time of the process, the collector's threads included, since that leaves out when
 * others ran; what is waited for is measured by the clock.
 */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { median } from './statistics.mjs';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Enough for the compiler to have seen what is measured, where samples are too dear to take many. */
const MAX_WARM_UP_SAMPLES = 6;

/** CPU time of this process so far, milliseconds. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds that `work` takes. */
export function timeMs(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Milliseconds until what `work` promises is there. */
export async function timeAsyncMs(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Medians of several pieces of synchronous work, in microseconds of CPU per run, sampled in turn so that a busy moment hits all of
 * them.
 *
 * @param contestants - name → work, or `{ prepare, work }`: `prepare(runs)` is called before each sample and not timed
 * @param sampleMs - about how long a sample lasts; a run that takes longer is a sample of its own
 * @param maxRuns - per sample, where preparing a run costs much more than the run
 */
export function compareUs(contestants, { samples = 75, sampleMs = 4, warmUpMs = 100, maxRuns = 4096 } = {}) {
  const entries = Object.entries(contestants).map(([name, given]) => {
    const { work, prepare = () => {} } = typeof given === 'function' ? { work: given } : given;
    return { name, work, prepare, runs: 1, perRunUs: [] };
  });
  const sample = ({ work, prepare, runs, isLong }) => {
    prepare(runs);
    // What the one before left behind is not this one's to clear away; of short samples many share one collection.
    if (isLong) collect({ type: 'minor' });
    const start = cpuMs();
    for (let i = 0; i < runs; i++) work(i);
    return cpuMs() - start;
  };
  for (const entry of entries) {
    let spentMs = 0;
    let perRunMs = 0;
    let samplesTaken = 0;
    do {
      const ms = sample(entry);
      perRunMs = ms / entry.runs;
      spentMs += ms;
      if (ms < sampleMs / 2) entry.runs = Math.min(maxRuns, 2 * entry.runs);
      samplesTaken++;
    } while (spentMs < warmUpMs && (entry.runs < maxRuns || samplesTaken < MAX_WARM_UP_SAMPLES));
    entry.isLong = perRunMs > sampleMs;
    entry.runs = Math.min(maxRuns, Math.max(1, Math.round(sampleMs / Math.max(perRunMs, 1e-4))));
  }
  for (let round = 0; round < samples; round++) {
    for (const entry of entries) entry.perRunUs.push((sample(entry) * 1000) / entry.runs);
  }
  return Object.fromEntries(entries.map(({ name, perRunUs }) => [name, median(perRunUs)]));
}

/** Medians of several pieces of work that are waited for, in microseconds by the clock, sampled in turn. */
export async function compareAsyncUs(contestants, { samples }) {
  const taken = Object.entries(contestants).map(([name, work]) => ({ name, work, us: [] }));
  for (const { work } of taken) await work();
  for (let round = 0; round < samples; round++) {
    for (const { work, us } of taken) {
      collect({ type: 'minor' });
      us.push((await timeAsyncMs(work)) * 1000);
    }
  }
  return Object.fromEntries(taken.map(({ name, us }) => [name, median(us)]));
}

/**
 * Bytes held by this process's objects and buffers after full collections: as many as it takes until nothing more goes, since buffers
 * are freed by another thread after the objects that held them.
 */
export async function heldBytes() {
  let held = Number.POSITIVE_INFINITY;
  for (;;) {
    collect();
    await setImmediate();
    const { heapUsed, external } = process.memoryUsage();
    if (heapUsed + external >= held) return held;
    held = heapUsed + external;
  }
}
