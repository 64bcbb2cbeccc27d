/** One transaction over a group: its MLS rows, whatever else belongs to the step, and the events afterwards. */
import type { ClientContext } from '../context.js';
import { writeMlsRows } from '../store/mls-rows.js';
import { type EmitEvent, transact } from '../store/transact.js';
import type { LiveGroup } from './live-groups.js';

/**
 * Runs `work` under the group's lock, then writes the rows that the engine dirtied, all in one transaction. When it fails, the group in memory is
 * dropped: it may be ahead of the database, which is the truth.
 */
export function groupTransaction<T>(ctx: ClientContext, group: LiveGroup, work: (emit: EmitEvent) => T): T {
  try {
    const result = transact(ctx, (emit) => {
      const value = work(emit);
      writeMlsRows(ctx.db, group.id, group.mls.takeRows());
      return value;
    });
    // Others may have opened a second object from older rows while this one was pushed out of the cache: this one counts.
    ctx.liveGroups.keep(group);
    return result;
  } catch (error) {
    ctx.liveGroups.drop(group.id);
    throw error;
  }
}
