// The processes of `ladder-hand.mjs`: one for each core.
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const HAND = fileURLToPath(new URL('./ladder-hand.mjs', import.meta.url));
/** Devices at work in each at the same time: while one waits for the node, another computes. */
const LANES = 2;

/** Starts them. */
export function startHands() {
  const hands = Array.from({ length: availableParallelism() }, startHand);
  return {
    /** How many tasks are worth giving at once. */
    lanes: hands.length * LANES,
    /** Lets the one with the least to do run a task; rejects when it fails. */
    run: (task, settings) => hands.reduce((a, b) => (b.pending() < a.pending() ? b : a)).run(task, settings),
    /** CPU of all of them so far, as of their last answers, in ms. */
    cpuMs: () => hands.reduce((sum, hand) => sum + hand.cpuMs(), 0),
    stop() {
      for (const hand of hands) hand.stop();
    },
  };
}

function startHand() {
  const child = fork(HAND);
  const waiting = new Map();
  let next = 0;
  let cpuMs = 0;
  child.on('message', ({ id, result, error, cpuMs: spent }) => {
    cpuMs = spent;
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error));
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`a process of members ended with code ${code}`));
    waiting.clear();
  });
  return {
    pending: () => waiting.size,
    cpuMs: () => cpuMs,
    run: (task, settings) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        child.send({ id, task, settings });
      }),
    stop: () => child.disconnect(),
  };
}
