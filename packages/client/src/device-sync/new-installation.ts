/**
 * Another installation of this inbox has appeared: it has made a sync group with us in it. It is let into the conversations, and the push keys
 * are made anew, so that it has the same (libxmtp 1.10.0).
 */
import { ConclaveError } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import { isStorageFailure } from '../errors.js';
import { groupStopped } from '../groups/group-stopped.js';
import { queueChange } from '../groups/queue-change.js';
import { hasQueued } from '../groups/queued.js';
import { syncGroup } from '../groups/sync.js';
import { NS_PER_DAY } from '../host.js';
import { requireConversation } from '../store/conversations.js';
import { listRecentConversations } from '../store/device-sync.js';
import { getInboxSequenceId } from '../store/inbox-updates.js';
import type { EmitEvent } from '../store/transact.js';
import { cyclePushKeys } from './decisions.js';
import { queueLetIn } from './tasks.js';

/** Conversations that have been quiet for longer are not touched; whoever writes into them next lets the installation in. */
const RECENT_NS = 90n * NS_PER_DAY;

/** A welcome to a sync group was followed. Runs inside its transaction. */
export function noteNewInstallation(ctx: ClientContext, emit: EmitEvent): void {
  if (!ctx.options.deviceSync) return;
  queueLetIn(ctx);
  cyclePushKeys(ctx, emit);
}

/**
 * Lets the installations of the own inbox into every recent conversation that lacks one. What fails in one does not stop the
 * others.
 * @throws the first failure, after all
 * Cost: a commit for each conversation that is behind, ten conversations at a time.
 */
export async function letInInstallations(ctx: ClientContext): Promise<void> {
  const { inboxId } = ctx.identity;
  await ctx.inboxLog.refresh([inboxId]);
  const newest = getInboxSequenceId(ctx.db, inboxId);
  const queue = listRecentConversations(ctx.db, ctx.host.nowNs() - RECENT_NS).filter((id) => {
    if (groupStopped(requireConversation(ctx.db, id)) !== undefined) return false;
    const { members } = ctx.liveGroups.get(id).payloads.membership;
    return (members.get(inboxId) ?? newest) < newest;
  });
  let failure: ConclaveError | undefined;
  const worker = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      try {
        if (!hasQueued(ctx, id, 'update-membership'))
          queueChange(ctx, id, 'update-membership', { add: [], remove: [] });
        await syncGroup(ctx, id);
      } catch (error) {
        if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: ctx.options.syncConcurrency }, worker));
  if (failure !== undefined) throw failure;
  // One that has come meanwhile found this work under way, and has queued none of its own.
  if (getInboxSequenceId(ctx.db, inboxId) > newest) await letInInstallations(ctx);
}
