/**
 * MlsApi.SubscribeGroupMessages and SubscribeWelcomeMessages: history after each filter's cursor, then live messages.
 * A group stream may have no filter and then stays silent; a welcome stream may not.
 *
 * Source: node API section "Streams".
 */
import { MlsApi } from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { serveSubscription } from '../../fanout/subscription.js';
import { checkCount, checkNamed, checkPresent } from '../checks.js';
import { type Rpc, serverStreamRpc } from '../rpc.js';

/** `MlsApi.SubscribeGroupMessages`. Refuses an empty group id with UNKNOWN. */
export function subscribeGroupMessages(context: NodeContext): Rpc {
  return serverStreamRpc(MlsApi.method.subscribeGroupMessages, async ({ filters }, sink) => {
    if (filters.length > 0) checkCount(filters.length, context.limits.filtersPerStream, 'filters');
    const cursors = filters.map(({ groupId, idCursor }, index) => {
      checkNamed(groupId, 'group_id', index);
      return { topic: groupId, after: idCursor };
    });
    await serveSubscription(context, 'group', cursors, sink);
  });
}

/** `MlsApi.SubscribeWelcomeMessages`. Refuses no filters, and a filter without a key, with INVALID_ARGUMENT. */
export function subscribeWelcomeMessages(context: NodeContext): Rpc {
  return serverStreamRpc(MlsApi.method.subscribeWelcomeMessages, async ({ filters }, sink) => {
    checkCount(filters.length, context.limits.filtersPerStream, 'filters');
    const cursors = filters.map(({ installationKey, idCursor }, index) => {
      checkPresent(installationKey, 'installation_key', index);
      return { topic: installationKey, after: idCursor };
    });
    await serveSubscription(context, 'welcome', cursors, sink);
  });
}
