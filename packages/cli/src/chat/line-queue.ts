/** Lines that were typed or piped in, until somebody takes them: none is lost while the chat is still starting. */

/** One writer, one reader. */
export class LineQueue {
  readonly #lines: string[] = [];
  #isEnded = false;
  #wake: () => void = () => {};

  /** Adds a line. */
  push(line: string): void {
    this.#lines.push(line);
    this.#wake();
  }

  /** No more lines come; those that wait are still read. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) yield line;
      else if (this.#isEnded) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
