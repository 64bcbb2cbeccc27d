/** Where the topics of groups end, as the node tells it. */
import { fromHex } from '@conclave/crypto';
import { create, GetNewestGroupMessageRequestSchema } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { MAX_GROUPS_PER_NEWEST_CALL } from '../network/network.js';
import { malformedAnswer } from '../refusals.js';

const METHOD = 'GetNewestGroupMessage';

/**
 * Asks for the id of the newest message of each group; 0 where the node has none.
 * @throws NetworkError; ClientError `client/node-answer-malformed`
 * Cost: one call for each 1000 groups, without the contents of the messages.
 */
export async function newestMessageIds(ctx: ClientContext, groupIds: readonly string[]): Promise<Map<string, bigint>> {
  const newest = new Map<string, bigint>();
  for (let start = 0; start < groupIds.length; start += MAX_GROUPS_PER_NEWEST_CALL) {
    const asked = groupIds.slice(start, start + MAX_GROUPS_PER_NEWEST_CALL);
    const request = create(GetNewestGroupMessageRequestSchema, { groupIds: asked.map(fromHex), includeContent: false });
    const { responses } = await ctx.network.newestGroupMessages(request);
    if (responses.length !== asked.length)
      throw malformedAnswer(ctx, { method: METHOD, expected: asked.length, got: responses.length });
    for (const [index, id] of asked.entries()) newest.set(id, responses[index]?.groupMessage?.version.value?.id ?? 0n);
  }
  return newest;
}
