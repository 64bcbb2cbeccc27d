/** The messages that the node has of a group, for reading them by page. */
import { create, type GroupMessage_V1, QueryGroupMessagesRequestSchema } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import type { PagedTopic } from '../network/pages.js';
import { malformedAnswer } from '../refusals.js';

const METHOD = 'QueryGroupMessages';

/** Messages of unknown versions make an answer malformed: they have no id to go on from. */
export function groupTopic(ctx: ClientContext, groupId: Uint8Array): PagedTopic<GroupMessage_V1> {
  return {
    method: METHOD,
    positionOf: (message) => message,
    ask: async (pagingInfo) => {
      const request = create(QueryGroupMessagesRequestSchema, { groupId, pagingInfo });
      const answer = await ctx.network.queryGroupMessages(request);
      const items = answer.messages.map(({ version }) => {
        if (version.case !== 'v1') throw malformedAnswer(ctx, { method: METHOD });
        return version.value;
      });
      return { items, pagingInfo: answer.pagingInfo };
    },
  };
}
