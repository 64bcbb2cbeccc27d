/** Why changes were given up, for those who wait for them in this process; what nobody waits for is in the intent's row alone. */
import type { ConclaveError } from '@conclave/crypto';

/** Failures by intent. */
export class IntentFailures {
  readonly #awaited = new Map<bigint, ConclaveError | undefined>();

  /** Somebody waits for this intent. @returns ends the wait and gives the failure, if there is one */
  await(id: bigint): () => ConclaveError | undefined {
    this.#awaited.set(id, undefined);
    return () => {
      const failure = this.#awaited.get(id);
      this.#awaited.delete(id);
      return failure;
    };
  }

  /** The intent was given up. */
  note(id: bigint, error: ConclaveError): void {
    if (this.#awaited.has(id)) this.#awaited.set(id, error);
  }
}
