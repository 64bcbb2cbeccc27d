/**
 * MessageApi.SubscribeAll and Subscribe: live envelopes for push servers, of every topic or of named ones. The rest of
 * this service belongs to the closed V2 and is not served.
 *
 * Source: node API section "Topics".
 */
import { fromHex } from '@conclave/crypto';
import { MessageApi } from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { servePushStream } from '../../fanout/push-stream.js';
import { topicKey } from '../../fanout/topic.js';
import { checkCount } from '../checks.js';
import { type Rpc, serverStreamRpc } from '../rpc.js';

/** `MessageApi.SubscribeAll`: every topic. */
export function subscribeAll(context: NodeContext): Rpc {
  return serverStreamRpc(MessageApi.method.subscribeAll, (_request, sink) => servePushStream(context, undefined, sink));
}

/** `MessageApi.Subscribe`: the topics that the request names, of which there must be one. */
export function subscribeTopics(context: NodeContext): Rpc {
  return serverStreamRpc(MessageApi.method.subscribe, ({ contentTopics }, sink) => {
    checkCount(contentTopics.length, context.limits.filtersPerStream, 'content_topics');
    return servePushStream(
      context,
      contentTopics.flatMap((topic) => keyOfContentTopic(topic, context.limits.topicBytes)),
      sink,
    );
  });
}

/** None for a topic of another service, and one that no message can have: nothing will ever be published there. */
function keyOfContentTopic(contentTopic: string, topicBytes: number): string[] {
  const match = /^\/xmtp\/mls\/1\/([gw])-((?:[0-9a-f]{2})+)\/proto$/.exec(contentTopic);
  if (match === null || (match[2] as string).length > 2 * topicBytes) return [];
  return [topicKey(match[1] === 'g' ? 'group' : 'welcome', fromHex(match[2] as string))];
}
