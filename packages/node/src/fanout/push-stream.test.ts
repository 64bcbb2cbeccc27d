import {
  EnvelopeSchema,
  fromBinary,
  GroupMessageSchema,
  type WelcomeMessage_V1,
  WelcomeMessageSchema,
} from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { GrpcStatus } from '../grpc-status.js';
import { bytes, groupEntry, openTestLog, welcomeEntry } from '../log/log.testkit.js';
import { Hub } from './hub.js';
import { servePushStream } from './push-stream.js';
import { MemorySink } from './sink.testkit.js';
import { topicKey } from './topic.js';

const LIMITS = { pushMessages: 4, subscriberBytes: 1_000_000, subscriberStallMs: 60_000 };
const dataOf = (message: Uint8Array) => {
  const { contentTopic, message: inner } = fromBinary(EnvelopeSchema, message);
  const { value } = contentTopic.startsWith('/xmtp/mls/1/g-')
    ? fromBinary(GroupMessageSchema, inner).version
    : (fromBinary(WelcomeMessageSchema, inner).version as { value: WelcomeMessage_V1 });
  return [contentTopic, new TextDecoder().decode(value?.data)];
};

describe('a push stream', () => {
  it('carries live messages of every topic under their content topics, and nothing older', async () => {
    const log = await openTestLog();
    const hub = new Hub(log);
    await log.append([groupEntry('a', 'before')]);
    const sink = new MemorySink();
    const served = servePushStream({ hub, limits: LIMITS }, undefined, sink);
    await log.append([groupEntry('a', 'one'), groupEntry('b', 'two')]);
    await log.append([welcomeEntry('i', 'three')]);
    expect((await sink.received(3)).map(dataOf)).toEqual([
      ['/xmtp/mls/1/g-61/proto', 'one'],
      ['/xmtp/mls/1/g-62/proto', 'two'],
      ['/xmtp/mls/1/w-69/proto', 'three'],
    ]);
    sink.leave();
    await served;
    expect(hub.subscriptionCount).toBe(0);
  });

  it('carries named topics alone', async () => {
    const log = await openTestLog();
    const sink = new MemorySink();
    const served = servePushStream({ hub: new Hub(log), limits: LIMITS }, [topicKey('group', bytes('b'))], sink);
    await log.append([groupEntry('a', 'one'), groupEntry('b', 'two')]);
    expect((await sink.received(1)).map(dataOf)).toEqual([['/xmtp/mls/1/g-62/proto', 'two']]);
    sink.leave();
    await served;
  });

  it('sends what waited once the reader drains, and ends with OK for one that fell behind', async () => {
    const log = await openTestLog();
    const hub = new Hub(log);
    const sink = new MemorySink({ capacity: 2 });
    const served = servePushStream({ hub, limits: LIMITS }, undefined, sink);
    await log.append(['1', '2', '3', '4'].map((data) => groupEntry('a', data)));
    expect(sink.messages).toHaveLength(2);
    sink.drainAlways();
    expect(await sink.received(4)).toHaveLength(4);

    const slow = new MemorySink({ capacity: 1 });
    const ended = servePushStream({ hub, limits: LIMITS }, undefined, slow);
    await log.append(Array.from({ length: 6 }, (_, i) => groupEntry('a', `more ${i}`)));
    await expect(ended).resolves.toBeUndefined();
    hub.close();
    await expect(served).rejects.toMatchObject({ code: 'node/shutting-down' });
  });

  it('holds so many bytes at most for a reader that fell behind, and a single larger envelope', async () => {
    const log = await openTestLog();
    const hub = new Hub(log);
    const limits = { ...LIMITS, pushMessages: 1_000, subscriberBytes: 10_000 };
    const sink = new MemorySink({ capacity: 1 });
    const ended = servePushStream({ hub, limits }, undefined, sink);
    await log.append([groupEntry('a', '1'), groupEntry('a', '2'.repeat(20_000))]);
    expect(hub.subscriptionCount).toBe(1);
    await log.append([groupEntry('a', '3')]);
    await expect(ended).resolves.toBeUndefined();
    expect(hub.subscriptionCount).toBe(0);
  });

  it('ends with ABORTED for a reader that leaves a write unread for the stall time', async () => {
    const log = await openTestLog();
    const hub = new Hub(log);
    const limits = { ...LIMITS, subscriberStallMs: 20 };
    const served = servePushStream({ hub, limits }, undefined, new MemorySink({ capacity: 1 }));
    await log.append([groupEntry('a', '1')]);
    await expect(served).rejects.toMatchObject({ code: 'node/slow-subscriber', status: GrpcStatus.ABORTED });
    expect(hub.subscriptionCount).toBe(0);
  });
});
