/**
 * An envelope that a stream brought. It may be taken by itself only where nothing can lie between it and the cursor: the stream has
 * given everything after the position it was opened at, so that is the case while the cursor has kept up with what the stream has given.
 * Where it has not (the group was paused, or we were out of it for a while, or a log could not be fetched), the node is asked. One that speaks
 * of a commit which has not come is left to a query as well. One that comes behind others of higher ids became visible late, or comes again:
 * what its cursor is beyond is taken if it is not known.
 */
import type { GroupMessage_V1 } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { requireGate } from '../store/conversations.js';
import { groupReadCursor } from '../store/cursors.js';
import { groupStopped } from './group-stopped.js';
import { followsUnknownCommit } from './left-out-commit.js';
import { takeLate } from './left-out-messages.js';
import { receiveEnvelope } from './receive.js';
import { receivePending } from './receive-pending.js';

/**
 * Takes it. Call it under the group's lock.
 * @param givenBefore - id of the last envelope of the group that the stream gave before this one, or the cursor it was opened at
 * @returns why it could not be taken, if it could not; `client/sync-incomplete` where a commit seems to be missing before it
 * @throws as `receivePending`
 */
export async function takeStreamed(
  ctx: ClientContext,
  groupId: string,
  message: GroupMessage_V1,
  givenBefore: bigint,
): Promise<ClientError | undefined> {
  if (groupReadCursor(ctx.db, groupId) < givenBefore) return (await receivePending(ctx, groupId)).stopped;
  const isStopped = groupStopped(requireGate(ctx.db, groupId)) !== undefined;
  if (message.id <= givenBefore && !isStopped && takeLate(ctx, groupId, message)) return undefined;
  if (!isStopped && followsUnknownCommit(ctx, groupId, [message]))
    return new ClientError('client/sync-incomplete', { groupId });
  const outcome = await receiveEnvelope(ctx, groupId, message);
  return outcome.kind === 'stopped' ? outcome.error : undefined;
}
