import { describe, expect, it } from 'vitest';
import type { NodeError } from '../errors.js';
import { groupEntry, openTestLog } from '../log/log.testkit.js';
import { Hub, type Subscriber } from './hub.js';

describe('the hub', () => {
  it('ends a subscriber that throws with INTERNAL, and serves the others and the writer', async () => {
    const log = await openTestLog();
    const hub = new Hub(log);
    const ended: NodeError[] = [];
    const heard: bigint[] = [];
    let offers = 0;
    const faulty: Subscriber = {
      offer() {
        offers++;
        throw new TypeError('a fault');
      },
      end(error) {
        ended.push(error);
        throw new TypeError('another');
      },
    };
    const healthy: Subscriber = { offer: ({ id }) => heard.push(id), end: () => undefined };
    const leave = [
      hub.subscribe(faulty, ['ga']),
      hub.subscribe(faulty, undefined),
      hub.subscribe(healthy, ['ga', 'gb']),
    ];
    const positions = await log.append([groupEntry('a', '1'), groupEntry('b', '2'), groupEntry('a', '3')]);
    expect(positions.map((position) => position?.id)).toEqual([1n, 2n, 3n]);
    expect(heard).toEqual([1n, 2n, 3n]);
    // Not asked again, neither for its topic nor for all of them.
    expect(offers).toBe(1);
    expect(ended.map(({ code }) => code)).toEqual(['node/internal']);
    for (const each of leave) each();
    expect([hub.subscriptionCount, hub.topicCount]).toEqual([0, 0]);
  });
});
