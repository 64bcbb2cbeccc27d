/**
 * MlsApi.SubscribeGroupMessages and SubscribeWelcomeMessages: history after each filter's cursor, then live messages.
 * A group stream may have no filter and then stays silent; a welcome stream may not.
 *
 * Source: node API section "Streams".
 */
import { MlsApi } from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { serveSubscription } from '../../fanout/subscription.js';
import { checkCount, checkNamed, checkTopic } from '../checks.js';
import { type Rpc, serverStreamRpc } from '../rpc.js';

/** `MlsApi.SubscribeGroupMessages`. Refuses an empty group id with UNKNOWN, and one that no message can have with INVALID_ARGUMENT. */
export function subscribeGroupMessages(context: NodeContext): Rpc {
  return serverStreamRpc(MlsApi.method.subscribeGroupMessages, ({ filters }, sink) => {
    if (filters.length > 0) checkCount(filters.length, context.limits.filtersPerStream, 'filters');
    const cursors = filters.map(({ groupId, idCursor }, index) => {
      checkNamed(groupId, 'group_id', index);
      checkTopic(groupId, 'group_id', context.limits.topicBytes, index);
      return { topic: groupId, after: idCursor };
    });
    return serveSubscription(context, 'group', cursors, sink);
  });
}

/** `MlsApi.SubscribeWelcomeMessages`. Refuses no filters, and a filter without a key or with one too long, with INVALID_ARGUMENT. */
export function subscribeWelcomeMessages(context: NodeContext): Rpc {
  return serverStreamRpc(MlsApi.method.subscribeWelcomeMessages, ({ filters }, sink) => {
    checkCount(filters.length, context.limits.filtersPerStream, 'filters');
    const cursors = filters.map(({ installationKey, idCursor }, index) => {
      checkTopic(installationKey, 'installation_key', context.limits.topicBytes, index);
      return { topic: installationKey, after: idCursor };
    });
    return serveSubscription(context, 'welcome', cursors, sink);
  });
}
