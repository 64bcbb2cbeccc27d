import {
  create,
  fromBinary,
  type MessageInitShape,
  SubscribeRequestSchema,
  SubscribeResponseSchema,
  toBinary,
} from '@conclave/proto';
import { expect, it } from 'vitest';
import { NodeError } from '../../errors.js';
import { Hub } from '../../fanout/hub.js';
import { MemorySink } from '../../fanout/sink.testkit.js';
import { DEFAULT_LIMITS } from '../../limits.js';
import { bytes, groupEntry, openTestLog } from '../../log/log.testkit.js';
import { createLogger } from '../../logger.js';
import { NodeMetrics } from '../../metrics/node-metrics.js';
import { TEST_TIME_NS } from '../../node.testkit.js';
import { chainContractWallets } from '../identity/contract-wallets.js';
import { subscribe } from './subscribe.js';

type Request = MessageInitShape<typeof SubscribeRequestSchema>;

const limits = { ...DEFAULT_LIMITS, topicsPerMutate: 3 };

/** How the stream ends when a client sends these requests and no more, and what it was sent. The requests are gone once they were read. */
async function outcomeOf(...requests: Request[]): Promise<{ end: unknown; messages: Uint8Array[] }> {
  const log = await openTestLog();
  await log.append([groupEntry('g', 'history')]);
  const { logger } = createLogger('silent');
  const metrics = new NodeMetrics();
  const contractWallets = chainContractWallets({ chains: {}, limits, metrics });
  const context = { log, hub: new Hub(log), limits, logger, metrics, contractWallets, nowNs: () => TEST_TIME_NS };
  const rpc = subscribe({ ...context, isReady: () => true });
  if (rpc.kind !== 'duplex') throw new TypeError('Subscribe is no duplex stream');
  const sink = new MemorySink();
  async function* sent(): AsyncIterable<Uint8Array> {
    for (const request of requests) {
      const bytes = toBinary(SubscribeRequestSchema, create(SubscribeRequestSchema, request));
      yield bytes;
      bytes.fill(0);
    }
  }
  const end = await rpc.serve(sent(), sink).then(
    () => 'ended',
    (error) => error,
  );
  return { end, messages: sink.messages };
}

const v1 = (request: object): Request => ({ version: { case: 'v1', value: { request } as object } });
const mutate = (value: object) => v1({ case: 'mutate', value: { mutateId: 1n, ...value } });
const topic = (kind: number, name: string) => Uint8Array.of(kind, ...bytes(name));

it.each<readonly [string, Request, string, object]>([
  ['without a version', {}, 'node/missing-field', { field: 'v1' }],
  ['without a request', v1({ case: undefined }), 'node/missing-field', { field: 'request' }],
  [
    'of a topic of a kind that is not served',
    mutate({ adds: [{ topic: topic(0, 'g') }, { topic: topic(2, 'x') }] }),
    'node/invalid-mutation',
    { field: 'adds', index: 1 },
  ],
  ['of a topic without a key', mutate({ removes: [topic(0, '')] }), 'node/invalid-mutation', { field: 'removes' }],
  [
    'of a topic that is too long for an index',
    mutate({ adds: [{ topic: topic(1, 'x'.repeat(257)) }] }),
    'node/topic-too-long',
    { field: 'adds', index: 0, bytes: 257 },
  ],
  ['of a topic without a kind', mutate({ adds: [{}] }), 'node/invalid-mutation', { field: 'adds', index: 0 }],
  [
    'of too many topics at once',
    mutate({ adds: ['a', 'b'].map((g) => ({ topic: topic(0, g) })), removes: ['c', 'd'].map((g) => topic(0, g)) }),
    'node/batch-too-large',
    { elements: 4, max: 3 },
  ],
])('a request of Subscribe %s ends the stream and says which field it was', async (_name, request, code, details) => {
  const { end } = await outcomeOf(mutate({ adds: [{ topic: topic(0, 'g') }] }), request);
  expect(end).toBeInstanceOf(NodeError);
  expect(end).toMatchObject({ code, details });
});

it('a client is served from its topics, of which nothing else of its requests is kept', async () => {
  const { end, messages } = await outcomeOf(mutate({ adds: [{ topic: topic(0, 'g') }], historyOnly: true }));
  expect(end).toBe('ended');
  const responses = messages.map((message) => fromBinary(SubscribeResponseSchema, message).version.value?.response);
  expect(responses.map((response) => response?.case)).toEqual(['started', 'messages', 'catchupComplete']);
});
