/**
 * A queue of values that is read with `for await`: what every `stream…` method gives. `end()` is final: what waits in the
 * queue is discarded, open `next()` calls resolve as done.
 */

/** What applications see of a stream. */
export interface AsyncStreamProxy<T> extends AsyncIterable<T> {
  next(): Promise<IteratorResult<T, undefined>>;
  return(): Promise<IteratorResult<T, undefined>>;
  end(): Promise<void>;
  readonly isDone: boolean;
}

/** The writing side too; not handed to applications. */
export class AsyncStream<T> implements AsyncStreamProxy<T> {
  #done = false;
  #queue: T[] = [];
  #waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];
  /** Runs once, when the stream ends by whichever side. */
  onDone: (() => void) | undefined;

  get isDone(): boolean {
    return this.#done;
  }

  /** Adds a value; dropped when the stream has ended. */
  push(value: T): void {
    if (this.#done) return;
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#queue.push(value);
    else waiter({ done: false, value });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#queue.length > 0) return Promise.resolve({ done: false, value: this.#queue.shift() as T });
    if (this.#done) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  end(): Promise<void> {
    this.#finish();
    return Promise.resolve();
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return { next: () => this.next(), return: () => this.return() };
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#queue = [];
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve({ done: true, value: undefined });
    this.onDone?.();
  }
}

const VISIBLE: ReadonlySet<string | symbol> = new Set(['next', 'return', 'end', 'isDone', Symbol.asyncIterator]);

/** Shows only the reading side; assignments are ignored. */
export function asyncStreamProxy<T>(stream: AsyncStream<T>): AsyncStreamProxy<T> {
  return new Proxy(stream, {
    get(target, name) {
      if (!VISIBLE.has(name)) return undefined;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: () => true,
    has: (_target, name) => VISIBLE.has(name),
    ownKeys: () => [...VISIBLE],
    getOwnPropertyDescriptor: (_target, name) =>
      VISIBLE.has(name) ? { configurable: true, enumerable: true } : undefined,
  });
}
