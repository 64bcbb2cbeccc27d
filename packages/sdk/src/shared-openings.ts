/** What is opened once and used by several: the last one to release it closes it. */

interface Opening<T> {
  readonly value: Promise<T>;
  users: number;
}

/** One value, in use. */
export interface InUse<T> {
  readonly value: T;
  /** Closes it when nobody else uses it; a second call does nothing. */
  release(): Promise<void>;
}

/** Openings by name. */
export class SharedOpenings<T> {
  readonly #openings = new Map<string, Opening<T>>();
  /** Closings under way: the same name is opened again only after them. */
  readonly #closings = new Map<string, Promise<void>>();

  /**
   * The value of this name, opened unless it is open. An opening that fails is forgotten.
   * @param name - undefined: not shared with anybody
   */
  async open(name: string | undefined, open: () => Promise<T>, close: (value: T) => Promise<void>): Promise<InUse<T>> {
    if (name === undefined) {
      const value = await open();
      return { value, release: once(() => close(value)) };
    }
    while (this.#closings.has(name)) await this.#closings.get(name);
    const opening = this.#openings.get(name) ?? { value: open(), users: 0 };
    this.#openings.set(name, opening);
    opening.users += 1;
    try {
      const value = await opening.value;
      return { value, release: once(() => this.#release(name, opening, close)) };
    } catch (error) {
      this.#openings.delete(name);
      throw error;
    }
  }

  async #release(name: string, opening: Opening<T>, close: (value: T) => Promise<void>): Promise<void> {
    opening.users -= 1;
    if (opening.users > 0) return;
    this.#openings.delete(name);
    const closing = opening.value.then(close).finally(() => this.#closings.delete(name));
    this.#closings.set(
      name,
      closing.catch(() => undefined),
    );
    await closing;
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
