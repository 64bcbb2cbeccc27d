/** Counts the calls that a client makes to its node, by the rpc's name in the protocol. */

/** Numbers by rpc, `UploadKeyPackage` and the like. Every attempt counts. */
export class CallCounts {
  readonly #counts = new Map<string, bigint>();

  /** Since the start, or since `clear`. */
  of(rpc: string): bigint {
    return this.#counts.get(rpc) ?? 0n;
  }

  add(rpc: string): void {
    this.#counts.set(rpc, this.of(rpc) + 1n);
  }

  clear(): void {
    this.#counts.clear();
  }
}
