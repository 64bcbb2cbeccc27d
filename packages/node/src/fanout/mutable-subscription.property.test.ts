/** Random changes, publishes and slow reads against a model of what one stream has to say. */
import { fromBinary, type SubscribeResponse_V1, SubscribeResponseSchema } from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Log } from '../log/log.js';
import { bytes, groupEntry, openTestLog } from '../log/log.testkit.js';
import { Hub } from './hub.js';
import { MutableSubscription } from './mutable-subscription.js';
import { MemorySink } from './sink.testkit.js';

const LIMITS = {
  subscriberBytes: 1_000_000,
  subscriberStallMs: 60_000,
  topicsPerSubscribe: 1_000,
  wavesPerSubscribe: 100,
  subscribePingMs: 3_600_000,
};
const TOPICS = ['a', 'b', 'c'];

/** A topic from the change that adds it to the one that removes it, or to the end of its history. */
interface Life {
  readonly topic: string;
  readonly after: bigint;
  readonly addedBy: bigint;
  /** Frames that the stream had sent when it was added, and when it was removed. */
  readonly from: number;
  to: number;
  isLive: boolean;
  /** Messages that its history holds at least. */
  readonly history: readonly bigint[];
}

type Frame = NonNullable<SubscribeResponse_V1['response']>;
const framesOf = (sink: MemorySink): Frame[] =>
  sink.messages.map((message) => fromBinary(SubscribeResponseSchema, message).version.value!.response as Frame);
const completes = (frame: Frame, mutateId: bigint) =>
  frame.case === 'catchupComplete' && frame.value.mutateId === mutateId;

/** Topics of which something is known, and those that were. */
class Model {
  readonly lives: Life[] = [];
  readonly published = new Map<string, bigint[]>(TOPICS.map((topic) => [topic, []]));
  readonly #sink: MemorySink;

  constructor(sink: MemorySink) {
    this.#sink = sink;
  }

  mutate(mutateId: bigint, removes: readonly string[], adds: ReadonlyMap<string, bigint>, historyOnly: boolean): void {
    const frames = framesOf(this.#sink);
    for (const life of this.lives) {
      if (life.isLive || life.to !== Number.POSITIVE_INFINITY) continue;
      const end = frames.findIndex((frame) => completes(frame, life.addedBy));
      if (end >= 0) life.to = end;
    }
    for (const topic of removes) {
      const life = this.#current(topic);
      if (life !== undefined) life.to = frames.length;
    }
    for (const [topic, after] of adds) {
      const known = this.#current(topic);
      if (known !== undefined) known.isLive ||= !historyOnly;
      else {
        const history = this.published.get(topic)!.filter((id) => id > after);
        const to = Number.POSITIVE_INFINITY;
        this.lives.push({ topic, after, addedBy: mutateId, from: frames.length, to, isLive: !historyOnly, history });
      }
    }
  }

  get liveTopics(): number {
    return this.lives.filter(({ isLive, to }) => isLive && to === Number.POSITIVE_INFINITY).length;
  }

  #current(topic: string): Life | undefined {
    return this.lives.find((life) => life.topic === topic && life.to === Number.POSITIVE_INFINITY);
  }
}

/** What one life heard, with the tag of each. */
function heard(frames: readonly Frame[], { topic, from, to }: Life): { id: bigint; tag: bigint; at: number }[] {
  return frames.flatMap((frame, at) =>
    frame.case !== 'messages' || at < from || at >= to
      ? []
      : frame.value.groupMessages
          .map(({ version }) => version.value!)
          .filter(({ groupId }) => Buffer.from(groupId).toString() === topic)
          .map(({ id }) => ({ id, tag: frame.value.mutateId, at })),
  );
}

function checkLife(frames: readonly Frame[], life: Life, published: readonly bigint[]): void {
  const own = heard(frames, life);
  const ids = own.map(({ id }) => id);
  const all = published.filter((id) => id > life.after);
  // In order, once each, and without a gap.
  expect(ids).toEqual(all.slice(0, ids.length));
  const isCaughtUp = frames.slice(life.from, life.to).some((frame) => completes(frame, life.addedBy));
  if (isCaughtUp) expect(ids.slice(0, life.history.length)).toEqual(life.history);
  if (life.isLive && life.to === Number.POSITIVE_INFINITY) expect(ids).toEqual(all);
  const binary = Buffer.concat([Buffer.of(0), bytes(life.topic)]);
  const names = (frame: Frame) => frame.case === 'topicsLive' && frame.value.topics.some((name) => binary.equals(name));
  const liveAt = frames.findIndex((frame, at) => at >= life.from && at < life.to && names(frame));
  for (const { tag, at } of own) expect(tag === 0n).toBe(liveAt >= 0 && at > liveAt);
}

const change = fc.record({
  type: fc.constant('mutate' as const),
  removes: fc.uniqueArray(fc.constantFrom(...TOPICS), { maxLength: 2 }),
  adds: fc.uniqueArray(fc.tuple(fc.constantFrom(...TOPICS), fc.bigInt({ min: 0n, max: 6n })), {
    maxLength: 3,
    selector: ([topic]) => topic,
  }),
  historyOnly: fc.boolean(),
});
const publish = fc.record({
  type: fc.constant('publish' as const),
  topics: fc.array(fc.constantFrom(...TOPICS), { minLength: 1, maxLength: 4 }),
});

describe('a mutable subscription', () => {
  it('says of every topic what the model says, once and in order, whatever is changed and published when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.oneof(change, publish), { maxLength: 14 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (scheduler, steps, capacity, subscriberMessages) => {
          const log = await openTestLog();
          const hub = new Hub(log);
          const replay: Log['replay'] = async (request) => {
            const answer = await log.replay({ ...request, maxMessages: 3 });
            return scheduler.schedule(Promise.resolve(answer), 'replay');
          };
          const sink = new MemorySink({ capacity, drain: () => scheduler.schedule(Promise.resolve(), 'drain') });
          const limits = { ...LIMITS, subscriberMessages };
          const subscription = new MutableSubscription({ log: { replay }, hub, limits }, sink);
          const model = new Model(sink);
          const mutateIds: bigint[] = [];
          const served = subscription.run();
          const sequence = steps.map((step, at) => ({
            label: `${step.type} ${at}`,
            builder: async () => {
              if (step.type === 'publish') {
                const positions = await log.append(step.topics.map((topic, i) => groupEntry(topic, `${at}/${i}`)));
                for (const [i, topic] of step.topics.entries()) model.published.get(topic)!.push(positions[i]!.id);
                return;
              }
              const { removes, adds, historyOnly } = step;
              const mutateId = BigInt(at + 1);
              mutateIds.push(mutateId);
              model.mutate(mutateId, removes, new Map(adds), historyOnly);
              subscription.mutate({
                removes: removes.map((topic) => ({ kind: 'group', name: bytes(topic) })),
                adds: adds.map(([topic, after]) => ({ kind: 'group', name: bytes(topic), after })),
                historyOnly,
                mutateId,
              });
              expect(hub.topicCount).toBe(model.liveTopics);
            },
          }));
          await scheduler.waitFor(scheduler.scheduleSequence(sequence).task);
          expect(hub.topicCount).toBe(model.liveTopics);
          subscription.halfClose();
          await scheduler.waitFor(served);
          const frames = framesOf(sink);
          const completed = frames.flatMap((frame) => (frame.case === 'catchupComplete' ? [frame.value.mutateId] : []));
          expect(completed).toEqual(mutateIds);
          for (const life of model.lives) checkLife(frames, life, model.published.get(life.topic)!);
          expect([hub.subscriptionCount, hub.topicCount]).toEqual([0, 0]);
          await log.close();
        },
      ),
      { numRuns: 150 },
    );
  });
});
