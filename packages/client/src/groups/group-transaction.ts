/** One transaction over a group: its MLS rows, whatever else belongs to the step, and the events afterwards. */
import type { ClientContext } from '../context.js';
import { writeMlsRows } from '../store/mls-rows.js';
import { type EmitEvent, transact } from '../store/transact.js';
import type { LiveGroup } from './live-groups.js';

/**
 * Runs `work`, then writes the rows that the engine dirtied, all in one transaction. When it fails, the group in memory is
 * dropped: it may be ahead of the database, which is the truth.
 */
export function groupTransaction<T>(ctx: ClientContext, group: LiveGroup, work: (emit: EmitEvent) => T): T {
  try {
    return transact(ctx, (emit) => {
      const result = work(emit);
      writeMlsRows(ctx.db, group.id, group.mls.takeRows());
      return result;
    });
  } catch (error) {
    ctx.liveGroups.drop(group.id);
    throw error;
  }
}
