/**
 * The place of the commit that a welcome belongs to, which is told by the one who sent it. Reading a group begins behind it, so whoever names a
 * place that the node has not reached yet would keep the joiner from hearing anything until the node gets there. Deployed clients
 * (libxmtp 1.10.0) believe it.
 */
import type { ClientContext } from '../context.js';
import { newestMessageIds } from '../groups/newest-ids.js';
import { NetworkError } from '../network/errors.js';

/**
 * Looks whether the node has come as far as a welcome says.
 * @param claimed - id of a commit as the welcome names it, 0 when it names none
 * @returns `claimed`; 0, which is the beginning, when the node has nothing as new, or does not say what it has
 * @throws NetworkError, retryable; ClientError `client/node-answer-malformed`
 * Cost: one short call.
 */
export async function believedCursor(ctx: ClientContext, groupId: string, claimed: bigint): Promise<bigint> {
  if (claimed === 0n) return 0n;
  try {
    const newest = (await newestMessageIds(ctx, [groupId])).get(groupId) as bigint;
    return claimed <= newest ? claimed : 0n;
  } catch (error) {
    // A group is slow to read from its beginning, but nothing of it is lost.
    if (error instanceof NetworkError && !error.retryable) return 0n;
    throw error;
  }
}
