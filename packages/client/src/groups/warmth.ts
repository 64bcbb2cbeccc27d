/** What a client remembers of the warming of its groups (warming.ts says what that is). */

/** What is known of a group's warming; of an epoch, computed when it is first asked for. */
interface Warmth {
  readonly epoch: bigint;
  /** Nothing to be done by us in this epoch when it is undefined. */
  readonly turnsBefore: number | undefined;
}

/** When groups changed last, as far as this process has seen, and whose turn it is in them. */
export class Warming {
  readonly #commitNs = new Map<string, bigint>();
  readonly #warmth = new Map<string, Warmth>();

  /** A commit took effect. */
  noteCommit(groupId: string, nowNs: bigint): void {
    this.#commitNs.set(groupId, nowNs);
  }

  /** Time of the last commit; of a group that this process has seen none of, from now on. */
  lastCommitNs(groupId: string, nowNs: bigint): bigint {
    const known = this.#commitNs.get(groupId);
    if (known === undefined) this.#commitNs.set(groupId, nowNs);
    return known ?? nowNs;
  }

  /** Computed once an epoch. */
  warmth(groupId: string, epoch: bigint, compute: () => number | undefined): Warmth {
    const known = this.#warmth.get(groupId);
    if (known?.epoch === epoch) return known;
    const warmth = { epoch, turnsBefore: compute() };
    this.#warmth.set(groupId, warmth);
    return warmth;
  }
}
