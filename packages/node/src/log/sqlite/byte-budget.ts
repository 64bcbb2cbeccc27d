/** How many bytes one answer may still hold. */
import { NodeError } from '../../errors.js';

export class ByteBudget {
  readonly #limit: number;
  #left: number;

  constructor(limit: number) {
    this.#limit = limit;
    this.#left = limit;
  }

  /** @throws NodeError `node/answer-too-large` once more was taken than there was */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new NodeError('node/answer-too-large', { limitBytes: this.#limit });
  }
}
