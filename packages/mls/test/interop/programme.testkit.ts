/** What was played by whom and what was not, for the end of the output. */

/** Scripts by pair of implementations. */
export class Programme {
  readonly #pairs: readonly string[];
  readonly #scripts = new Map<string, number>();
  readonly #runs = new Map<string, number>();
  /** By reason: the scripts, and the pairs that cannot play them. */
  readonly #reasons = new Map<string, { scripts: Set<string>; pairs: Set<string> }>();

  constructor(pairs: readonly string[]) {
    this.#pairs = pairs;
  }

  /** Scripts that a pair has played. */
  played(pair: string): number {
    return this.#scripts.get(pair) ?? 0;
  }

  /** @param runs - in how many settings */
  addPlayed(pair: string, runs: number): void {
    this.#scripts.set(pair, this.played(pair) + 1);
    this.#runs.set(pair, (this.#runs.get(pair) ?? 0) + runs);
  }

  addNotPlayed(pair: string, script: string, reason: string): void {
    const entry = this.#reasons.get(reason) ?? { scripts: new Set(), pairs: new Set() };
    entry.scripts.add(script);
    entry.pairs.add(pair);
    this.#reasons.set(reason, entry);
  }

  /** The list, as lines. */
  text(): string {
    const lines = ['Interop scripts played:'];
    for (const pair of this.#pairs)
      lines.push(`  ${pair}: ${this.played(pair)} scripts, ${this.#runs.get(pair) ?? 0} runs`);
    lines.push('Not played, and why:');
    for (const [reason, { scripts, pairs }] of this.#reasons) {
      lines.push(`  ${reason}`);
      lines.push(`    ${[...scripts].join('; ')}`);
      lines.push(`    by ${pairs.size === this.#pairs.length ? 'all pairs' : [...pairs].join('; ')}`);
    }
    return `${lines.join('\n')}\n`;
  }
}
