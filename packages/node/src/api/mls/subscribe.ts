/**
 * MlsApi.Subscribe (XIP-83): one stream per client whose topics it changes as it likes, instead of a new stream for every
 * new conversation.
 *
 * Source: XIP-83; node API sections "Topics" and "MlsApi.Subscribe".
 */
import { MlsApi, type SubscribeRequest, type SubscribeRequest_V1_Mutate } from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { NodeError } from '../../errors.js';
import { MutableSubscription, type Mutation } from '../../fanout/mutable-subscription.js';
import type { NodeLimits } from '../../limits.js';
import type { TopicKind } from '../../log/log.js';
import { checkTopic } from '../checks.js';
import { duplexRpc, forEachRequest, type Rpc } from '../rpc.js';

const KINDS: readonly (TopicKind | undefined)[] = ['group', 'welcome'];

/** `MlsApi.Subscribe`. Refuses a topic of an unserved kind or too long for a message, a change without an id, and an id that is in flight. */
export function subscribe(context: NodeContext): Rpc {
  return duplexRpc(MlsApi.method.subscribe, async (requests, sink) => {
    const subscription = new MutableSubscription(context, sink);
    const reading = readRequests(context, requests, subscription).catch((error) => subscription.end(error));
    await subscription.run();
    // The iteration ends with the client's half of the stream, whose end nobody here waits for.
    void reading;
  });
}

async function readRequests(
  context: NodeContext,
  requests: AsyncIterable<SubscribeRequest>,
  subscription: MutableSubscription,
): Promise<void> {
  await forEachRequest(requests, ({ version }) => {
    if (version.case !== 'v1') throw new NodeError('node/missing-field', { field: 'v1' });
    const { request } = version.value;
    if (request.case === 'mutate') {
      context.metrics.subscribeWaves.inc();
      subscription.mutate(readMutation(context, request.value));
    } else if (request.case === 'ping') subscription.ping(request.value.nonce);
    else if (request.case === 'pong') subscription.pong(request.value.nonce);
    else throw new NodeError('node/missing-field', { field: 'request' });
  });
  subscription.halfClose();
}

/** @throws NodeError `node/batch-too-large`, `node/invalid-mutation`, `node/topic-too-long` */
function readMutation({ limits }: NodeContext, mutate: SubscribeRequest_V1_Mutate): Mutation {
  const { adds, removes, historyOnly, mutateId } = mutate;
  const elements = adds.length + removes.length;
  if (elements > limits.topicsPerMutate) {
    throw new NodeError('node/batch-too-large', { field: 'adds, removes', elements, max: limits.topicsPerMutate });
  }
  return {
    adds: adds.map(({ topic, idCursor }, index) => ({ ...readTopic(topic, 'adds', index, limits), after: idCursor })),
    removes: removes.map((topic, index) => readTopic(topic, 'removes', index, limits)),
    historyOnly,
    mutateId,
  };
}

/**
 * A binary topic (XIP-49): a kind byte and a key.
 *
 * @throws NodeError `node/invalid-mutation`, `node/topic-too-long`
 */
function readTopic(
  topic: Uint8Array,
  field: string,
  index: number,
  { topicBytes }: Pick<NodeLimits, 'topicBytes'>,
): { kind: TopicKind; name: Uint8Array } {
  const kind = KINDS[topic[0] ?? -1];
  if (kind === undefined)
    throw new NodeError('node/invalid-mutation', { field, index, reason: 'the topic kind is not served' });
  if (topic.length < 2) throw new NodeError('node/invalid-mutation', { field, index, reason: 'the topic has no key' });
  const key = topic.subarray(1);
  checkTopic(key, field, topicBytes, index);
  return { kind, name: key };
}
