/**
 * Dense ids and a clock that never runs back. The values live in memory while the writer runs and are saved once per
 * transaction, so that pruning the newest rows can never make an id appear twice.
 */
import type { Database, Statement } from '@conclave/sqlite';

/** The id sequences; each table has its own. */
export type CounterName = 'group' | 'welcome' | 'identity' | 'commit-log';

type Values = Record<CounterName | 'clock', bigint>;

export class Counters {
  readonly #save: Statement;
  #values: Values;

  constructor(db: Database) {
    this.#save = db.prepare(
      'INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    );
    this.#values = { group: 0n, welcome: 0n, identity: 0n, 'commit-log': 0n, clock: 0n };
    const rows = db.prepare<{ name: string; value: bigint }>('SELECT name, value FROM counters', { bigints: true });
    for (const { name, value } of rows.all()) if (name in this.#values) this.#values[name as keyof Values] = value;
  }

  /** The next id of a sequence. */
  next(name: CounterName): bigint {
    this.#values[name] += 1n;
    return this.#values[name];
  }

  /** `wallNs`, or one more than the last time given when the clock has not moved past that. */
  tick(wallNs: bigint): bigint {
    const last = this.#values.clock;
    this.#values.clock = wallNs > last ? wallNs : last + 1n;
    return this.#values.clock;
  }

  /** Runs a transaction's body and saves the counters at its end; a throw puts them back to where they were. */
  within<T>(db: Database, work: () => T): T {
    const before = { ...this.#values };
    try {
      return db.transaction(() => {
        const result = work();
        for (const name of Object.keys(before) as (keyof Values)[]) {
          if (this.#values[name] !== before[name]) this.#save.run(name, this.#values[name]);
        }
        return result;
      });
    } catch (error) {
      this.#values = before;
      throw error;
    }
  }
}
