/**
 * Dense ids and a clock that never runs back. The values live in memory while the writer runs and are saved once per
 * transaction, so that pruning the newest rows can never make an id appear twice.
 */
import type { Database, Statement } from '@conclave/sqlite';
import type { Position } from '../log.js';

/** The id sequences; each table has its own. Key packages use theirs for the clock alone. */
export type CounterName = 'group' | 'welcome' | 'identity' | 'commit-log' | 'key-package';

/** How far pruning has come, and the entry of rows into the index tables, by id. */
type MarkName = `${'pruned' | 'indexed'}-${'group' | 'welcome'}`;

type Values = Record<CounterName | MarkName | 'clock', bigint>;

/** The counters of one writing connection. */
export class Counters {
  readonly #save: Statement;
  #values: Values;

  constructor(db: Database) {
    this.#save = db.prepare(
      'INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    );
    this.#values = {
      ...{ group: 0n, welcome: 0n, identity: 0n, 'commit-log': 0n, 'key-package': 0n, clock: 0n },
      ...{ 'pruned-group': 0n, 'pruned-welcome': 0n, 'indexed-group': 0n, 'indexed-welcome': 0n },
    };
    const rows = db.prepare<{ name: string; value: bigint }>('SELECT name, value FROM counters', { bigints: true });
    for (const { name, value } of rows.all()) if (name in this.#values) this.#values[name as keyof Values] = value;
  }

  /** The place that the next row of a sequence would get: the next id, and `wallNs` or one more than the last time given. */
  next(name: CounterName, wallNs: bigint): Position {
    const { [name]: last, clock } = this.#values;
    return { id: last + 1n, createdNs: wallNs > clock ? wallNs : clock + 1n };
  }

  /** Gives that place away; until then `next` offers it again. */
  take(name: CounterName, { id, createdNs }: Position): void {
    this.#values[name] = id;
    this.#values.clock = createdNs;
  }

  /** The last id given in a sequence. */
  last(name: CounterName): bigint {
    return this.#values[name];
  }

  /** Up to where the rows of a table have entered its index tables. */
  indexedUpTo(kind: 'group' | 'welcome'): bigint {
    return this.#values[`indexed-${kind}`];
  }

  /** Notes that the rows up to an id have entered them. */
  setIndexed(kind: 'group' | 'welcome', id: bigint): void {
    this.#values[`indexed-${kind}`] = id;
  }

  /** Up to where a table was pruned. */
  prunedUpTo(kind: 'group' | 'welcome'): bigint {
    return this.#values[`pruned-${kind}`];
  }

  /** Notes that a table was pruned up to an id. */
  setPruned(kind: 'group' | 'welcome', id: bigint): void {
    this.#values[`pruned-${kind}`] = id;
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
