/**
 * Sends that the network has interrupted: they are nobody's to try again but the client's, and need not wait for their turn once the node is
 * back. Known in memory only; after a start everything that waits is nobody's.
 */
export class Interrupted {
  readonly #groups = new Set<string>();
  #isNodeBack = false;

  /** A send into this group was refused by the network. */
  note(groupId: string): void {
    this.#groups.add(groupId);
    this.#isNodeBack = false;
  }

  /** The node has just answered after a time without it. */
  nodeIsBack(): void {
    this.#isNodeBack = true;
  }

  /** Groups to send into now, each given once. @param isDue - whether the node is back or not */
  take(isDue: boolean): readonly string[] {
    if (!isDue && !this.#isNodeBack) return [];
    const groups = [...this.#groups];
    this.#groups.clear();
    return groups;
  }
}
