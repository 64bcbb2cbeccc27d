/**
 * Threads for what node:crypto has no threads for. They start with the first large batch, share the compiled WebAssembly of this thread, and end
 * when nobody has asked for a while. A thread that fails takes its questions back here: whoever asked answers them himself, and no thread is
 * started again.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { openDigestCheck } from './digest-check.js';
import { openHybrid } from './hybrid.js';
import { openRecovery } from './recovery.js';
import { type Answered, answerQuestions, type Kind, type ThreadData } from './thread.js';
import { startSodium } from './wasm.js';

/** One is left for the thread that asks; more than these have nothing to do while it decodes and stores. */
const MOST_THREADS = 4;
const THREADS = Math.min(availableParallelism() - 1, MOST_THREADS);
/** A thread that is not asked for so long ends; starting one takes some 30 ms. */
const IDLE_MS = 10_000;

const SOURCE = `
globalThis.__name ??= (named) => named;
const { parentPort, workerData } = require('node:worker_threads');
const sodium = ${startSodium.toString()};
const recovery = ${openRecovery.toString()};
const check = ${openDigestCheck.toString()};
const hybrid = ${openHybrid.toString()};
(${answerQuestions.toString()})(parentPort, WebAssembly, workerData, { sodium, recovery, check, hybrid }, require('node:crypto'));
`;

/** Told the answers; undefined when the thread ended before. */
type Waiting = (answers: Uint8Array | undefined) => void;

class Thread {
  readonly waiting = new Map<number, Waiting>();
  readonly #worker: Worker;
  #next = 0;

  constructor(data: ThreadData, ended: (thread: Thread, failed: boolean) => void) {
    this.#worker = new Worker(SOURCE, { eval: true, workerData: data, execArgv: [], env: {} });
    this.#worker.unref();
    this.#worker.on('message', ({ id, answers }: Answered) => {
      const asked = this.waiting.get(id);
      this.waiting.delete(id);
      if (this.waiting.size === 0) this.#worker.unref();
      asked?.(answers);
    });
    this.#worker.on('error', () => ended(this, true));
    this.#worker.on('exit', () => ended(this, this.waiting.size > 0));
  }

  /** @param questions - handed over: here they are empty afterwards */
  ask(kind: Kind, questions: Uint8Array): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      const id = this.#next++;
      this.waiting.set(id, resolve);
      // Whoever waits for answers keeps the process alive.
      this.#worker.ref();
      this.#worker.postMessage({ id, kind, questions }, [questions.buffer as ArrayBuffer]);
    });
  }

  end(): void {
    void this.#worker.terminate();
  }
}

/** The threads of this process. */
export class Threads {
  readonly #threads = new Set<Thread>();
  #idle: NodeJS.Timeout | undefined;
  #isUsable = THREADS > 0;

  /** How many work at once; 0 where there are none. */
  get count(): number {
    return this.#isUsable ? THREADS : 0;
  }

  /**
   * Asks the thread that has the fewest questions.
   * @param data - what a thread starts with, always the same
   * @param questions - in a buffer of their own, which is handed over
   * @returns undefined where none answers
   */
  async ask(data: ThreadData, kind: Kind, questions: Uint8Array): Promise<Uint8Array | undefined> {
    if (!this.#isUsable) return undefined;
    this.#endWhenIdle();
    try {
      return await this.#leastBusy(data).ask(kind, questions);
    } catch {
      // Threads are not to be had here, or what they start with is not.
      this.#isUsable = false;
      return undefined;
    }
  }

  #leastBusy(data: ThreadData): Thread {
    const [idlest] = [...this.#threads].sort((a, b) => a.waiting.size - b.waiting.size);
    if (idlest !== undefined && (idlest.waiting.size === 0 || this.#threads.size >= THREADS)) return idlest;
    const thread = new Thread(data, (ended, failed) => {
      this.#threads.delete(ended);
      if (failed) this.#isUsable = false;
      for (const tell of ended.waiting.values()) tell(undefined);
      ended.waiting.clear();
    });
    this.#threads.add(thread);
    return thread;
  }

  #endWhenIdle(): void {
    if (this.#idle !== undefined) {
      this.#idle.refresh();
      return;
    }
    this.#idle = setTimeout(() => {
      this.#idle = undefined;
      for (const thread of this.#threads) {
        if (thread.waiting.size > 0) continue;
        // Before it has ended, which takes a while: nobody may ask it any more.
        this.#threads.delete(thread);
        thread.end();
      }
      if (this.#threads.size > 0) this.#endWhenIdle();
    }, IDLE_MS);
    this.#idle.unref();
  }
}
