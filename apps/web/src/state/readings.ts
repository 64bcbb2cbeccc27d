/** What is read again whenever it may have changed, and changes while it is read: nothing is taken in that is older than what is there. */

/** What is read under an id: one at a time, so that none overtakes another. */
export class Readings<T> {
  readonly #take: (item: T, isOld: boolean) => void;
  readonly #underWay = new Map<string, { isAsked: boolean; isOld: boolean; readonly done: Promise<void> }>();

  /** @param take - takes in what was read; `isOld`: `changed` was said since reading began, and it is read once more */
  constructor(take: (item: T, isOld: boolean) => void) {
    this.#take = take;
  }

  /**
   * Reads what is under an id; while that is read already, once more afterwards. Nothing is taken in where nothing was found.
   * @returns when all that was asked for so far is taken in. Throws what reading throws
   */
  read(id: string, read: () => Promise<T | undefined>): Promise<void> {
    const before = this.#underWay.get(id);
    if (before !== undefined) {
      before.isAsked = true;
      return before.done;
    }
    // The work begins after it is noted: it may end at once.
    const done = Promise.resolve().then(() => this.#readUntilTrue(id, read));
    this.#underWay.set(id, { isAsked: false, isOld: false, done });
    return done;
  }

  /** What is under an id was changed here: what is being read of it is old. */
  changed(id: string): void {
    const reading = this.#underWay.get(id);
    if (reading !== undefined) reading.isOld = true;
  }

  async #readUntilTrue(id: string, read: () => Promise<T | undefined>): Promise<void> {
    const reading = this.#underWay.get(id);
    if (reading === undefined) return;
    try {
      do {
        reading.isAsked = false;
        reading.isOld = false;
        const item = await read();
        if (item !== undefined) this.#take(item, reading.isOld);
      } while (reading.isAsked || reading.isOld);
    } finally {
      this.#underWay.delete(id);
    }
  }
}

/** Takes in what was asked for last, and nothing else: of several readings under way the earlier ones are old, whichever ends last. */
export function newestOf<T>(take: (value: T) => void): (read: () => Promise<T>) => Promise<void> {
  let asked = 0;
  return async (read) => {
    const mine = ++asked;
    const value = await read();
    if (mine === asked) take(value);
  };
}
