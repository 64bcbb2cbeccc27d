/**
 * A clock that tests own. Nothing waits for real: when all code that can run has run, the clock jumps to the next timer. Since
 * everything else is decided by seeds, the same test runs the same way every time.
 */
import type { Host, Logger } from '@conclave/client';
import type { Random } from '@conclave/crypto';

const NS_PER_MS = 1_000_000n;

/** 2026-11-21, about noon: where every virtual clock starts. */
export const VIRTUAL_START_NS = 1_795_262_400_000_000_000n;

interface Timer {
  readonly dueNs: bigint;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock and its timers. */
export class VirtualTime {
  #nowNs = VIRTUAL_START_NS;
  /** In the order in which they fire. */
  readonly #timers: Timer[] = [];
  #nextOrder = 0;
  #stepQueued = false;
  #isHeld = false;

  /** Nanoseconds since 1970. */
  nowNs(): bigint {
    return this.#nowNs;
  }

  /** Calls `fire` after `ms` milliseconds of virtual time. @returns takes it back */
  schedule(ms: number, fire: () => void): () => void {
    const timer = {
      dueNs: this.#nowNs + BigInt(Math.max(0, Math.round(ms * 1000))) * 1000n,
      order: this.#nextOrder++,
      fire,
    };
    let index = this.#timers.length;
    while (index > 0 && (this.#timers[index - 1] as Timer).dueNs > timer.dueNs) index -= 1;
    this.#timers.splice(index, 0, timer);
    this.#queueStep();
    return () => {
      const position = this.#timers.indexOf(timer);
      if (position !== -1) this.#timers.splice(position, 1);
    };
  }

  /** Resolves after `ms` milliseconds of virtual time; rejects with the signal's reason when it aborts first. */
  readonly delay = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const cancel = this.schedule(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      const abort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
    });

  /** Moves the clock without running what became due; the timers follow as soon as code awaits. */
  advance(ms: number): void {
    this.#nowNs += BigInt(Math.round(ms)) * NS_PER_MS;
    this.#queueStep();
  }

  /** Stops the clock until `release`: timers stay where they are. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Lets a held clock go on. */
  release(): void {
    this.#isHeld = false;
    this.#queueStep();
  }

  /** Resolves when everything that can run without a timer has run. */
  idle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** One timer per turn of the event loop: by then all promises that the one before settled have run. */
  #queueStep(): void {
    if (this.#stepQueued || this.#isHeld || this.#timers.length === 0) return;
    this.#stepQueued = true;
    setImmediate(() => {
      this.#stepQueued = false;
      if (this.#isHeld) return;
      const timer = this.#timers.shift();
      if (timer === undefined) return;
      if (timer.dueNs > this.#nowNs) this.#nowNs = timer.dueNs;
      timer.fire();
      this.#queueStep();
    });
  }
}

/** Surroundings of one client on a virtual clock. */
export function virtualHost(time: VirtualTime, random: Random, log?: Logger): Host {
  return { nowNs: () => time.nowNs(), random, delay: time.delay, ...(log === undefined ? {} : { log }) };
}
