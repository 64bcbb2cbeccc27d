/** Where the keys of a tree are: signature key → leaf, encryption key → node (RFC 9420 section 7.3, uniqueness). */

/** Public keys are short, so a string of one character per byte is a cheap map key. */
export function keyText(key: Uint8Array): string {
  return String.fromCharCode.apply(null, key.subarray(0, MAX_KEY_TEXT) as unknown as number[]);
}

/** Longer than any key of the suites; longer ones are refused by their length anyway. */
const MAX_KEY_TEXT = 64;

/** A map from public key to the node that holds it. */
export class KeyIndex {
  readonly #nodes = new Map<string, number>();

  get(key: Uint8Array): number | undefined {
    return this.#nodes.get(keyText(key));
  }

  /** @returns the other node that held this key before, if any */
  set(key: Uint8Array, node: number): number | undefined {
    const text = keyText(key);
    const before = this.#nodes.get(text);
    this.#nodes.set(text, node);
    return before === node ? undefined : before;
  }

  /** Forgets the key if `node` holds it. */
  delete(key: Uint8Array, node: number): void {
    const text = keyText(key);
    if (this.#nodes.get(text) === node) this.#nodes.delete(text);
  }
}
