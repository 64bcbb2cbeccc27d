import { fromBinary, SubscribeResponseSchema } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { GrpcStatus } from '../grpc-status.js';
import { bytes, groupEntry, openTestLog, welcomeEntry } from '../log/log.testkit.js';
import { Hub } from './hub.js';
import { MutableSubscription, type Mutation } from './mutable-subscription.js';
import { MemorySink } from './sink.testkit.js';

const LIMITS = {
  subscriberMessages: 4,
  subscriberBytes: 1_000_000,
  subscriberStallMs: 60_000,
  topicsPerSubscribe: 10,
  wavesPerSubscribe: 3,
  subscribePingMs: 3_600_000,
};

async function setUp(limits: Partial<typeof LIMITS> = {}) {
  const log = await openTestLog();
  const hub = new Hub(log);
  const sink = new MemorySink();
  const subscription = new MutableSubscription({ log, hub, limits: { ...LIMITS, ...limits } }, sink);
  return { log, hub, sink, subscription, served: subscription.run() };
}

const change = (mutateId: bigint, parts: Partial<Mutation> = {}): Mutation => ({
  ...{ adds: [], removes: [], historyOnly: false, mutateId },
  ...parts,
});
const group = (name: string, after = 0n) => ({ kind: 'group' as const, name: bytes(name), after });
const welcome = (name: string, after = 0n) => ({ kind: 'welcome' as const, name: bytes(name), after });

/** What a frame says, in one line. */
function say(message: Uint8Array): string {
  const { response } = fromBinary(SubscribeResponseSchema, message).version.value!;
  const ids = (items: { version: { value?: { id: bigint } | undefined } }[]) => items.map((m) => m.version.value?.id);
  switch (response.case) {
    case 'messages': {
      const { groupMessages, welcomeMessages, mutateId } = response.value;
      return `${mutateId} g[${ids(groupMessages)}] w[${ids(welcomeMessages)}]`;
    }
    case 'topicsLive':
      return `live ${response.value.topics.map((topic) => `${topic[0]}${Buffer.from(topic.subarray(1))}`)}`;
    case 'catchupComplete':
      return `complete ${response.value.mutateId}`;
    case 'ping':
    case 'pong':
      return `${response.case} ${response.value.nonce}`;
    default:
      return response.case ?? 'nothing';
  }
}

const said = async (sink: MemorySink, count: number) => (await sink.received(count)).map(say);

const SEARCHES = [
  'every',
  'filter',
  'find',
  'findIndex',
  'forEach',
  'includes',
  'indexOf',
  'map',
  'reduce',
  'some',
] as const;

/** How many elements the searches and loops of some work visit at most. */
function elementsVisited(work: () => void): number {
  let visited = 0;
  const undo: (() => void)[] = [];
  const replace = <Owner extends object>(owner: Owner, name: keyof Owner, by: (original: never) => unknown) => {
    const original = owner[name];
    owner[name] = by(original as never) as Owner[keyof Owner];
    undo.push(() => {
      owner[name] = original;
    });
  };
  for (const name of SEARCHES) {
    replace(Array.prototype, name, (search: (...parameters: unknown[]) => unknown) => {
      return function (this: unknown[], ...parameters: unknown[]) {
        visited += this.length;
        return search.apply(this, parameters);
      };
    });
  }
  for (const collection of [Array.prototype, Set.prototype, Map.prototype] as {
    [Symbol.iterator](): Iterator<unknown>;
  }[]) {
    replace(collection, Symbol.iterator, (iterate: () => Iterator<unknown>) => {
      return function* (this: Iterable<unknown>) {
        const iterator = iterate.call(this);
        for (let step = iterator.next(); !step.done; step = iterator.next()) {
          visited++;
          yield step.value;
        }
      };
    });
  }
  try {
    work();
  } finally {
    for (const each of undo) each();
  }
  return visited;
}

describe('a mutable subscription', () => {
  it('starts, catches a wave up, says that it is live, and only then brings live messages', async () => {
    const { log, sink, subscription, served } = await setUp();
    await log.append([groupEntry('a', '1'), groupEntry('b', '2'), groupEntry('a', '3')]);
    await log.append([welcomeEntry('i', '1')]);
    subscription.mutate(change(7n, { adds: [group('a'), welcome('i')] }));
    expect(await said(sink, 5)).toEqual(['started', '7 g[1,3] w[]', '7 g[] w[1]', 'live 0a,1i', 'complete 7']);
    await log.append([groupEntry('a', '4'), groupEntry('b', '5')]);
    expect((await said(sink, 6))[5]).toBe('0 g[4] w[]');
    sink.leave();
    await served;
  });

  it('completes a change at once that has nothing to replay, and one that adds nothing', async () => {
    const { sink, subscription, served, hub } = await setUp();
    subscription.mutate(change(1n, { adds: [group('empty')] }));
    subscription.mutate(change(0n, { removes: [group('empty')] }));
    expect(await said(sink, 3)).toEqual(['started', 'complete 1', 'complete 0']);
    sink.leave();
    await served;
    expect([hub.subscriptionCount, hub.topicCount]).toEqual([0, 0]);
  });

  it('replays a topic again after it was removed, and not before', async () => {
    const { log, sink, subscription, served } = await setUp();
    await log.append([groupEntry('a', '1')]);
    subscription.mutate(change(1n, { adds: [group('a')] }));
    await sink.received(4);
    subscription.mutate(change(2n, { adds: [group('a')] }));
    expect((await said(sink, 6)).slice(4)).toEqual(['live 0a', 'complete 2']);
    subscription.mutate(change(3n, { removes: [group('a')], adds: [group('a')] }));
    expect((await said(sink, 9)).slice(6)).toEqual(['3 g[1] w[]', 'live 0a', 'complete 3']);
    subscription.mutate(change(0n, { removes: [group('a')] }));
    await sink.received(10);
    await log.append([groupEntry('a', '2')]);
    subscription.ping(5n);
    expect((await said(sink, 11)).slice(9)).toEqual(['complete 0', 'pong 5']);
    sink.leave();
    await served;
  });

  it('reads history alone without going live, and ends after the client’s half is closed', async () => {
    const { log, sink, subscription, served } = await setUp();
    await log.append([groupEntry('a', '1'), groupEntry('a', '2')]);
    subscription.mutate(change(9n, { adds: [group('a', 1n)], historyOnly: true }));
    subscription.halfClose();
    await served;
    expect(sink.messages.map(say)).toEqual(['started', '9 g[2] w[]', 'complete 9']);
  });

  it('refuses a change without an id, with an id in flight, with too many topics or waves, and applies nothing of it', async () => {
    const { sink, subscription, served, hub } = await setUp();
    const refused = (mutation: Mutation, code: string) =>
      expect(() => subscription.mutate(mutation)).toThrowError(expect.objectContaining({ code }));
    refused(change(0n, { adds: [group('a')] }), 'node/invalid-mutation');
    refused(change(1n, { adds: Array.from({ length: 11 }, (_, i) => group(`${i}`)) }), 'node/batch-too-large');
    subscription.mutate(change(1n, { adds: [group('a')] }));
    refused(change(1n, { adds: [group('b')] }), 'node/invalid-mutation');
    subscription.mutate(change(2n));
    subscription.mutate(change(3n));
    refused(change(4n), 'node/batch-too-large');
    expect(hub.topicCount).toBe(1);
    sink.leave();
    await served;
  });

  it('misses nothing and repeats nothing while messages are published and topics added', async () => {
    const { log, sink, subscription, served } = await setUp({ topicsPerSubscribe: 100, wavesPerSubscribe: 100 });
    const publishing = (async () => {
      for (let i = 0; i < 300; i++) await log.append([groupEntry(`${i % 10}`, `${i}`)]);
    })();
    for (let topic = 0; topic < 10; topic++) {
      subscription.mutate(change(BigInt(topic + 1), { adds: [group(`${topic}`)] }));
      await log.append([groupEntry('elsewhere', `${topic}`)]);
    }
    await publishing;
    const seen = () =>
      sink.messages.flatMap((message) => {
        const { response } = fromBinary(SubscribeResponseSchema, message).version.value!;
        return response.case === 'messages' ? response.value.groupMessages : [];
      });
    await expect.poll(() => seen().length).toBe(300);
    const ids = seen().map(({ version }) => version.value?.id);
    expect(new Set(ids).size).toBe(300);
    for (let topic = 0; topic < 10; topic++) {
      const own = seen().filter(({ version }) => Buffer.from(version.value!.groupId).toString() === `${topic}`);
      const order = own.map(({ version }) => Number(version.value?.id));
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
    sink.leave();
    await served;
  });

  it('reads history of a topic, removes it and listens to it: the first change leaves what the second added alone', async () => {
    const { log, hub, sink, subscription, served } = await setUp();
    await log.append([groupEntry('a', '1')]);
    subscription.mutate(change(1n, { adds: [group('a')], historyOnly: true }));
    subscription.mutate(change(2n, { removes: [group('a')], adds: [group('a')] }));
    expect(await said(sink, 5)).toEqual(['started', 'complete 1', '2 g[1] w[]', 'live 0a', 'complete 2']);
    await log.append([groupEntry('a', '2')]);
    expect((await said(sink, 6))[5]).toBe('0 g[2] w[]');
    sink.leave();
    await served;
    expect([hub.subscriptionCount, hub.topicCount]).toEqual([0, 0]);
  });

  it('listens to a topic whose history alone is being read, once the change that asks for it is caught up', async () => {
    const { log, hub, sink, subscription, served } = await setUp();
    await log.append([groupEntry('a', '1')]);
    subscription.mutate(change(1n, { adds: [group('a')], historyOnly: true }));
    subscription.mutate(change(2n, { adds: [group('a')] }));
    expect(await said(sink, 5)).toEqual(['started', '1 g[1] w[]', 'complete 1', 'live 0a', 'complete 2']);
    await log.append([groupEntry('a', '2')]);
    expect((await said(sink, 6))[5]).toBe('0 g[2] w[]');
    sink.leave();
    await served;
    expect([hub.subscriptionCount, hub.topicCount]).toEqual([0, 0]);
  });

  it('does not call a topic live that was removed and added again before its first change was caught up', async () => {
    const { log, sink, subscription, served } = await setUp();
    await log.append([groupEntry('a', '1')]);
    subscription.mutate(change(1n, { adds: [group('a'), group('b')] }));
    subscription.mutate(change(2n, { removes: [group('a')], adds: [group('a')] }));
    expect(await said(sink, 6)).toEqual([
      ...['started', 'live 0b', 'complete 1'],
      ...['2 g[1] w[]', 'live 0a', 'complete 2'],
    ]);
    sink.leave();
    await served;
  });

  it('takes no change after its end', async () => {
    const { hub, sink, subscription, served } = await setUp();
    await sink.received(1);
    sink.leave();
    await served;
    subscription.mutate(change(1n, { adds: [group('a')] }));
    subscription.ping(1n);
    expect([hub.subscriptionCount, hub.topicCount]).toEqual([0, 0]);
  });

  it('ends with RESOURCE_EXHAUSTED for a client that pings faster than it reads', async () => {
    const log = await openTestLog();
    const sink = new MemorySink({ capacity: 1 });
    const subscription = new MutableSubscription({ log, hub: new Hub(log), limits: LIMITS }, sink);
    const served = subscription.run();
    await sink.received(1);
    for (let nonce = 1n; nonce <= 1_000n; nonce++) subscription.ping(nonce);
    await expect(served).rejects.toMatchObject({ code: 'node/too-many-pings', status: GrpcStatus.RESOURCE_EXHAUSTED });
    expect(sink.messages).toHaveLength(1);
  });

  it.each(['that it does not know', 'that it knows already'])(
    'takes a change of topics %s in one walk over them',
    async (which) => {
      const { sink, subscription, served } = await setUp({ topicsPerSubscribe: 10_000 });
      const adds = Array.from({ length: 2_000 }, (_, i) => group(`${i}`));
      if (which === 'that it knows already') subscription.mutate(change(1n, { adds }));
      const visited = elementsVisited(() => subscription.mutate(change(2n, { adds })));
      // A search of what the change named before, for each topic, would visit millions.
      expect(visited).toBeGreaterThanOrEqual(adds.length);
      expect(visited).toBeLessThan(3 * adds.length);
      sink.leave();
      await served;
    },
  );

  it('bounds what changes in flight name together', async () => {
    const { sink, subscription, served } = await setUp();
    const adds = [1, 2, 3, 4].map((i) => group(`${i}`));
    subscription.mutate(change(1n, { adds }));
    subscription.mutate(change(2n, { adds }));
    expect(() => subscription.mutate(change(3n, { adds }))).toThrowError(
      expect.objectContaining({ code: 'node/batch-too-large' }),
    );
    sink.leave();
    await served;
  });

  it('asks its client whether it is there and ends when no answer comes', async () => {
    const { sink, served } = await setUp({ subscribePingMs: 5 });
    await expect(served).rejects.toMatchObject({ code: 'node/silent-subscriber' });
    expect(sink.messages.map(say)).toEqual(['started', 'ping 1']);
  });
});
