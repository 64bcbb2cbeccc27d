/** Many groups at once: the node tells the newest id of each, and only those beyond the cursor are asked for. */

import { ConclaveError, fromHex } from '@conclave/crypto';
import { create, GetNewestGroupMessageRequestSchema } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { shortId } from '../host.js';
import { MAX_GROUPS_PER_NEWEST_CALL } from '../network/network.js';
import { malformedAnswer } from '../refusals.js';
import { groupReadCursor } from '../store/cursors.js';
import { waitingWork } from '../store/intents.js';
import { keepCurrent } from './refresh.js';
import { syncGroup } from './sync.js';

/**
 * Syncs those of the groups that have something new at the node or something to send. One group's failure does not stop the others, but for a full
 * disk, which is everybody's.
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
  const behind: string[] = [];
  for (let start = 0; start < ids.length; start += MAX_GROUPS_PER_NEWEST_CALL) {
    const asked = ids.slice(start, start + MAX_GROUPS_PER_NEWEST_CALL);
    const request = create(GetNewestGroupMessageRequestSchema, { groupIds: asked.map(fromHex), includeContent: false });
    const { responses } = await ctx.network.newestGroupMessages(request);
    if (responses.length !== asked.length) {
      throw malformedAnswer(ctx, {
        method: 'GetNewestGroupMessage',
        expected: asked.length,
        got: responses.length,
      });
    }
    for (const [index, id] of asked.entries()) {
      const newest = responses[index]?.groupMessage?.version.value?.id ?? 0n;
      if (waitingWork(ctx.db, id) !== 'none' || newest > groupReadCursor(ctx.db, id)) behind.push(id);
    }
  }
  return behind;
}
