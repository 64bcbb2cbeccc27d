import { fromBinary, GroupMessageSchema } from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NodeError } from '../errors.js';
import type { Log } from '../log/log.js';
import { bytes, groupEntry, openTestLog } from '../log/log.testkit.js';
import { Hub } from './hub.js';
import { MemorySink } from './sink.testkit.js';
import { type SubscriptionContext, serveSubscription } from './subscription.js';

const LIMITS = { subscriberMessages: 1024, subscriberBytes: 1_000_000, subscriberStallMs: 60_000 };

async function setUp(limits: Partial<typeof LIMITS> = {}): Promise<SubscriptionContext & { log: Log }> {
  const log = await openTestLog();
  return { log, hub: new Hub(log), limits: { ...LIMITS, ...limits } };
}

const cursors = (...topics: string[]) => topics.map((topic) => ({ topic: bytes(topic), after: 0n }));
const idsOf = (messages: readonly Uint8Array[]) =>
  messages.map((message) => Number(fromBinary(GroupMessageSchema, message).version.value?.id));

describe('a subscription', () => {
  it('replays, goes live, shares the bytes, and is forgotten when its client leaves', async () => {
    const context = await setUp();
    await context.log.append([groupEntry('a', '1'), groupEntry('b', '2'), groupEntry('a', '3')]);
    const sinks = [new MemorySink(), new MemorySink()];
    const served = sinks.map((sink) => serveSubscription(context, 'group', cursors('a'), sink));
    for (const sink of sinks) await sink.received(2);
    expect(sinks[0]!.opened).toBe(true);
    await context.log.append([groupEntry('b', '4'), groupEntry('a', '5')]);
    for (const sink of sinks) expect(idsOf(await sink.received(3))).toEqual([1, 3, 5]);
    expect(sinks[0]!.writes.at(-1)).toBe(sinks[1]!.writes.at(-1));
    expect([context.hub.subscriptionCount, context.hub.topicCount]).toEqual([2, 1]);
    for (const sink of sinks) sink.leave();
    await Promise.all(served);
    expect([context.hub.subscriptionCount, context.hub.topicCount]).toEqual([0, 0]);
  });

  it('starts each topic after its cursor, and a topic named twice after the lower', async () => {
    const context = await setUp();
    await context.log.append(['1', '2', '3'].map((data) => groupEntry('a', data)));
    const sink = new MemorySink();
    const filters = [
      { topic: bytes('a'), after: 2n },
      { topic: bytes('a'), after: 1n },
    ];
    const served = serveSubscription(context, 'group', filters, sink);
    expect(idsOf(await sink.received(2))).toEqual([2, 3]);
    sink.leave();
    await served;
  });

  it('stays silent without topics, and ends with UNAVAILABLE when the hub closes', async () => {
    const context = await setUp();
    const served = serveSubscription(context, 'group', [], new MemorySink());
    context.hub.close();
    await expect(served).rejects.toMatchObject({ code: 'node/shutting-down' });
    await expect(serveSubscription(context, 'group', [], new MemorySink())).rejects.toBeInstanceOf(NodeError);
  });

  it('is bounded for a client that does not read, and serves it from the log once it does', async () => {
    const context = await setUp({ subscriberMessages: 10 });
    const sink = new MemorySink({ capacity: 3 });
    const served = serveSubscription(context, 'group', cursors('a'), sink);
    // A few of these fill a write.
    const data = (i: number) => `${i}`.padEnd(30_000, '.');
    await context.log.append(Array.from({ length: 500 }, (_, i) => groupEntry('a', data(i))));
    await sink.received(3);
    expect(sink.messages).toHaveLength(3);
    sink.drainAlways();
    expect(idsOf(await sink.received(500))).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    sink.leave();
    await served;
  });

  it('aborts a client that leaves a write unread for the stall time', async () => {
    const context = await setUp({ subscriberStallMs: 20 });
    const served = serveSubscription(context, 'group', cursors('a'), new MemorySink({ capacity: 1 }));
    await context.log.append([groupEntry('a', '1'), groupEntry('a', '2')]);
    await expect(served).rejects.toMatchObject({ code: 'node/slow-subscriber' });
    expect(context.hub.subscriptionCount).toBe(0);
  });

  it('ends with the error when the log cannot be read', async () => {
    const context = await setUp();
    await context.log.close();
    const served = serveSubscription(context, 'group', cursors('a'), new MemorySink());
    await expect(served).rejects.toMatchObject({ code: 'node/shutting-down' });
  });

  it('delivers every message of every topic once and in order, whatever the interleaving', async () => {
    const topics = ['a', 'b', 'c'];
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.array(fc.nat(2), { maxLength: 6 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.bigInt({ min: 0n, max: 12n }), { minLength: 3, maxLength: 3 }),
        async (scheduler, batches, capacity, subscriberMessages, after) => {
          const log = await openTestLog();
          const hub = new Hub(log);
          // Reads see what was committed when they begin and are answered when the scheduler says so.
          const replay: Log['replay'] = async (request) => {
            const answer = await log.replay({ ...request, maxMessages: 3 });
            return scheduler.schedule(Promise.resolve(answer), 'replay');
          };
          const context = { log: { replay }, hub, limits: { ...LIMITS, subscriberMessages } };
          const sink = new MemorySink({ capacity, drain: () => scheduler.schedule(Promise.resolve(), 'drain') });
          const filters = topics.map((topic, i) => ({ topic: bytes(topic), after: after[i]! }));
          const expected = topics.map((): number[] => []);
          const appends = batches.map((batch, b) => ({
            label: `append ${b}`,
            builder: async () => {
              const positions = await log.append(batch.map((t, n) => groupEntry(topics[t]!, `${b}/${n}`)));
              for (const [n, t] of batch.entries()) {
                if (positions[n]!.id > after[t]!) expected[t]!.push(Number(positions[n]!.id));
              }
            },
          }));
          const { task } = scheduler.scheduleSequence(appends);
          const served = serveSubscription(context, 'group', filters, sink);
          await scheduler.waitFor(task);
          await scheduler.waitFor(sink.received(expected.flat().length));
          sink.leave();
          await scheduler.waitFor(served);
          const delivered = sink.messages.map((message) => fromBinary(GroupMessageSchema, message).version.value!);
          for (const [t, topic] of topics.entries()) {
            const ids = delivered
              .filter(({ groupId }) => Buffer.compare(groupId, bytes(topic)) === 0)
              .map(({ id }) => Number(id));
            expect(ids).toEqual(expected[t]);
          }
          await log.close();
        },
      ),
      { numRuns: 150 },
    );
  });
});
