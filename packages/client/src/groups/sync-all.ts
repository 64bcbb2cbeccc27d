/** Many groups at once: the node tells the newest id of each, and only those beyond the cursor are asked for. */

import { ConclaveError } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import { shortId } from '../host.js';
import { groupReadCursor } from '../store/cursors.js';
import { waitingWork } from '../store/intents.js';
import { newestMessageIds } from './newest-ids.js';
import { keepCurrent } from './refresh.js';
import { syncGroup } from './sync.js';

/**
 * Syncs those of the groups that have something new at the node, something to send, or something missing that is due to be looked for. One
 * group's failure does not stop the others, but for a full disk, which is everybody's.
 * @returns ids of the groups that were synced
 * @throws NetworkError when the node cannot be asked; SqliteError `sqlite/full`
 */
export async function syncAllGroups(ctx: ClientContext, ids: readonly string[]): Promise<string[]> {
  const behind = await groupsBehind(ctx, ids);
  const synced: string[] = [];
  const queue = [...behind];
  const worker = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      try {
        await syncGroup(ctx, id);
        synced.push(id);
        await keepCurrent(ctx, id);
      } catch (error) {
        if (!(error instanceof ConclaveError) || error.code === 'sqlite/full') throw error;
        ctx.host.log?.warn('group-sync-failed', { group: shortId(id), code: error.code });
      }
    }
  };
  await Promise.all(Array.from({ length: ctx.options.syncConcurrency }, worker));
  return synced;
}

async function groupsBehind(ctx: ClientContext, ids: readonly string[]): Promise<string[]> {
  const newest = await newestMessageIds(ctx, ids);
  const lacking = new Set(ctx.gaps.due(ctx.host.nowNs()));
  return ids.filter(
    (id) =>
      lacking.has(id) || waitingWork(ctx.db, id) !== 'none' || (newest.get(id) as bigint) > groupReadCursor(ctx.db, id),
  );
}
