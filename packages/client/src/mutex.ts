/**
 * An asynchronous lock per key: work under one key runs one after the other in the order of asking, different keys do
 * not wait for each other. One lock per group keeps publishing and receiving apart; one per inbox keeps identity
 * updates in order.
 */

/** Locks by name. Costs memory only for keys that somebody holds or waits for. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>();

  /**
   * Runs `work` when everything asked for earlier under this key has settled; the key is released when it settles.
   * Not re-entrant: work that asks for its own key waits for ever.
   */
  async run<T>(key: string, work: () => Promise<T> | T): Promise<T> {
    const previous = this.#tails.get(key) ?? Promise.resolve();
    // A failure belongs to the one who asked for that work, not to the next in the queue.
    const current = previous.then(work, work);
    this.#tails.set(key, current);
    try {
      return await current;
    } finally {
      if (this.#tails.get(key) === current) this.#tails.delete(key);
    }
  }

  /** True while somebody holds the key. */
  isLocked(key: string): boolean {
    return this.#tails.has(key);
  }

  /** Resolves when nothing that was asked for before this call is left, failed or not. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#tails.values()]);
  }
}
