import {
  EnvelopeSchema,
  fromBinary,
  GroupMessageSchema,
  type WelcomeMessage_V1,
  WelcomeMessageSchema,
} from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { bytes, groupEntry, openTestLog, welcomeEntry } from '../log/log.testkit.js';
import { Hub } from './hub.js';
import { servePushStream } from './push-stream.js';
import { MemorySink } from './sink.testkit.js';
import { topicKey } from './topic.js';

const LIMITS = { pushMessages: 4 };
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
    const served = servePushStream(hub, LIMITS, undefined, sink);
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
    const served = servePushStream(new Hub(log), LIMITS, [topicKey('group', bytes('b'))], sink);
    await log.append([groupEntry('a', 'one'), groupEntry('b', 'two')]);
    expect((await sink.received(1)).map(dataOf)).toEqual([['/xmtp/mls/1/g-62/proto', 'two']]);
    sink.leave();
    await served;
  });

  it('sends what waited once the reader drains, and ends with OK for one that fell behind', async () => {
    const log = await openTestLog();
    const hub = new Hub(log);
    const sink = new MemorySink({ capacity: 2 });
    const served = servePushStream(hub, LIMITS, undefined, sink);
    await log.append(['1', '2', '3', '4'].map((data) => groupEntry('a', data)));
    expect(sink.messages).toHaveLength(2);
    sink.drainAlways();
    expect(await sink.received(4)).toHaveLength(4);

    const slow = new MemorySink({ capacity: 1 });
    const ended = servePushStream(hub, LIMITS, undefined, slow);
    await log.append(Array.from({ length: 6 }, (_, i) => groupEntry('a', `more ${i}`)));
    await expect(ended).resolves.toBeUndefined();
    hub.close();
    await expect(served).rejects.toMatchObject({ code: 'node/shutting-down' });
  });
});
