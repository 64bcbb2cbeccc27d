/** The welcomes that the node has for a key, for reading them by page. */
import { create, QueryWelcomeMessagesRequestSchema, type WelcomeMessage } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import type { PagedTopic } from '../network/pages.js';

/** @param key - installation key, or the destination of a pointer; 32 bytes */
export function welcomeTopic(ctx: ClientContext, key: Uint8Array): PagedTopic<WelcomeMessage> {
  return {
    method: 'QueryWelcomeMessages',
    positionOf: ({ version }) => version.value,
    ask: async (pagingInfo) => {
      const request = create(QueryWelcomeMessagesRequestSchema, { installationKey: key, pagingInfo });
      const { messages, pagingInfo: answered } = await ctx.network.queryWelcomeMessages(request);
      return { items: messages, pagingInfo: answered };
    },
  };
}
