/** The commits that warm trees, made when it is their time. */
import type { ClientContext } from '../context.js';
import { waitingWork } from '../store/intents.js';
import { queueChange } from './queue-change.js';
import { syncGroup } from './sync.js';
import { isDue } from './warming.js';

/**
 * Commits a path where it is our turn, in the groups that are in memory.
 * @throws the network's error; what is wrong with this device
 * Cost: for most groups a comparison; for a large one, once an epoch, what a path of ours would cost.
 */
export async function warmTrees(ctx: ClientContext): Promise<void> {
  if (!ctx.options.treeWarming) return;
  for (const group of ctx.liveGroups.all()) {
    // Whatever else waits to be sent comes first.
    if (!isDue(ctx, group) || waitingWork(ctx.db, group.id) !== 'none') continue;
    queueChange(ctx, group.id, 'key-update', { warming: true });
    await syncGroup(ctx, group.id);
  }
}
