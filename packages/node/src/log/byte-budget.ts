/** How many bytes one answer may still hold. */
import { NodeError } from '../errors.js';

/** Counts down while an answer is collected. */
export class ByteBudget {
  readonly #limit: number;
  #left: number;

  constructor(limit: number) {
    this.#limit = limit;
    this.#left = limit;
  }

  /** What may still be taken. */
  get left(): number {
    return this.#left;
  }

  /** @throws NodeError `node/answer-too-large` once more was taken than there was */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new NodeError('node/answer-too-large', { limitBytes: this.#limit });
  }
}
