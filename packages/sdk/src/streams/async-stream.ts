/**
 * A queue of values that is read with `for await`: what every `stream…` method gives. `end()` is final: what waits in the
 * queue is discarded, open `next()` calls resolve as done.
 */

/** What applications see of a stream. Ended by `end()`, or by leaving a `for await` loop. */
export interface AsyncStreamProxy<T> extends AsyncIterable<T, undefined> {
  /** The next value; several calls at once are answered in their order. */
  next(): Promise<IteratorResult<T, undefined>>;
  return(): Promise<IteratorResult<T, undefined>>;
  end(): Promise<IteratorResult<T, undefined>>;
  readonly isDone: boolean;
}

/** Values that wait in a stream: more are left where they come from. */
export const MAX_WAITING_VALUES = 1000;

/** The writing side too; not handed to applications. */
export class AsyncStream<T> implements AsyncStreamProxy<T> {
  #isDone = false;
  #queue: T[] = [];
  #waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];
  #isRead = false;
  #onRoom: (() => void) | undefined;
  /** Runs once, when the stream ends by whichever side. */
  onDone: (() => void) | undefined;

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Whether anybody has asked for a value. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Resolves when fewer than `MAX_WAITING_VALUES` wait, or the stream has ended. */
  async room(): Promise<void> {
    while (!this.#isDone && this.#queue.length >= MAX_WAITING_VALUES) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
  }

  /** Forgets the oldest value that waits. */
  dropOldest(): void {
    this.#queue.shift();
  }

  get waitingCount(): number {
    return this.#queue.length;
  }

  /** Adds a value; dropped when the stream has ended. */
  push(value: T): void {
    if (this.#isDone) return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#queue.push(value);
    else waiting({ done: false, value });
  }

  // The readers are bound: applications take them off the object.
  next = (): Promise<IteratorResult<T, undefined>> => {
    this.#isRead = true;
    if (this.#isDone) return Promise.resolve({ done: true, value: undefined });
    if (this.#queue.length > 0) {
      const value = this.#queue.shift() as T;
      this.#onRoom?.();
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  };

  return = (): Promise<IteratorResult<T, undefined>> => {
    this.#finish();
    return Promise.resolve({ done: true, value: undefined });
  };

  end = (): Promise<IteratorResult<T, undefined>> => this.return();

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return { next: this.next, return: this.return };
  }

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#queue = [];
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#onRoom?.();
    for (const resolve of waiting) resolve({ done: true, value: undefined });
    this.onDone?.();
  }
}

const SHOWN: readonly (string | symbol)[] = ['end', 'isDone', 'next', 'return', Symbol.asyncIterator];

/** Shows only the reading side; assignments are ignored. */
export function asyncStreamProxy<T>(stream: AsyncStream<T>): AsyncStreamProxy<T> {
  const read = (name: string | symbol): unknown => {
    const value: unknown = Reflect.get(stream, name, stream);
    return name === Symbol.asyncIterator ? () => stream[Symbol.asyncIterator]() : value;
  };
  return new Proxy(stream, {
    get: (_target, name) => (SHOWN.includes(name) ? read(name) : undefined),
    set: () => true,
    has: (_target, name) => SHOWN.includes(name),
    ownKeys: () => [...SHOWN],
    getOwnPropertyDescriptor: (_target, name) =>
      SHOWN.includes(name) ? { configurable: true, enumerable: true, value: read(name) } : undefined,
  });
}
