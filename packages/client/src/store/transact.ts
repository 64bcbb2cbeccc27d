/** One transaction and the events that it causes: told only if it commits, in the order they were caused. */
import type { Database } from '@conclave/sqlite';
import type { ClientEvent, ClientEvents } from '../events.js';

/** Collects an event of the running transaction. */
export type EmitEvent = (event: ClientEvent) => void;

/**
 * Runs `work` in a transaction; its events are emitted after the commit and dropped when it throws. Code that runs
 * inside a transaction takes `emit` as an argument and does not call this again.
 */
export function transact<T>(ctx: { db: Database; events: ClientEvents }, work: (emit: EmitEvent) => T): T {
  const caused: ClientEvent[] = [];
  const result = ctx.db.transaction(() => {
    // A transaction may be tried again after SQLITE_BUSY: only the last try counts.
    caused.length = 0;
    return work((event) => caused.push(event));
  });
  for (const event of caused) ctx.events.emit(event);
  return result;
}

/** Runs several steps, each with a `transact` of its own, in one transaction: all or none, and none is told of before all are stored. */
export function transactTogether<T>(ctx: { db: Database; events: ClientEvents }, steps: () => T): T {
  return ctx.events.hold(() => ctx.db.transaction(steps));
}
