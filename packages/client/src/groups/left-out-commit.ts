/**
 * Noticing that a commit is missing. A stream gives a group's envelopes in order and may yet leave one out: nodes that look for what is new
 * by number miss an envelope that becomes visible late. What others have sent in the epoch that the commit began cannot be read before
 * it, and who were to pass over it would have forked.
 */
import { ConclaveError } from '@conclave/crypto';
import type { GroupMessage_V1 } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { getCursor } from '../store/cursors.js';
import { cursorOf, type GroupEnvelope, readEnvelope } from './envelope.js';

/**
 * Whether one of these envelopes, in their order, is of an epoch that no commit before it leads to. Anybody who knows the id of a group can
 * write such a header: it is worth one look for a commit, not more.
 * Cost: a header for each.
 */
export function followsUnknownCommit(
  ctx: ClientContext,
  groupId: string,
  messages: readonly GroupMessage_V1[],
): boolean {
  const seen = {
    commit: getCursor(ctx.db, groupId, 'commit'),
    application: getCursor(ctx.db, groupId, 'application'),
  };
  let epoch: bigint | undefined;
  for (const message of messages) {
    const envelope = readable(groupId, message);
    if (envelope === undefined || envelope.sequenceId <= seen[cursorOf(envelope)]) continue;
    epoch ??= ctx.liveGroups.get(groupId).mls.epoch;
    if (envelope.epoch > epoch) return true;
    if (envelope.isCommit && envelope.epoch === epoch) epoch += 1n;
  }
  return false;
}

/** Up to where every commit that the node has was looked at: the last one taken, or what was read by query since. */
export function completeUpTo(ctx: ClientContext, groupId: string): bigint {
  const commit = getCursor(ctx.db, groupId, 'commit');
  const { readThrough } = ctx.liveGroups.get(groupId);
  return readThrough > commit ? readThrough : commit;
}

function readable(groupId: string, message: GroupMessage_V1): GroupEnvelope | undefined {
  try {
    return readEnvelope(groupId, message);
  } catch (error) {
    if (!(error instanceof ConclaveError)) throw error;
    return undefined;
  }
}
