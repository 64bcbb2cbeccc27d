import { GRPC_STATUS, NetworkError } from '@conclave/client';
import { nodeCrypto } from '@conclave/crypto/node';
import {
  create,
  GetInboxIdsRequestSchema,
  QueryWelcomeMessagesRequestSchema,
  SendWelcomeMessagesRequestSchema,
  SortDirection,
  SubscribeWelcomeMessagesRequestSchema,
} from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../seeded-random.js';
import { VIRTUAL_START_NS, VirtualTime } from '../virtual-time.js';
import { Adversary, PERFECT_LINE } from './adversary.js';
import { memoryNetwork } from './memory-network.js';
import { MemoryNode } from './memory-node.js';

const INSTALLATION = new Uint8Array(32).fill(7);

function setup(faults = {}) {
  const time = new VirtualTime();
  const node = new MemoryNode(nodeCrypto, () => time.nowNs());
  const line = new Adversary(memoryNetwork(node), time, new SeededRandom('line'), { ...PERFECT_LINE, ...faults });
  const { network } = line;
  let count = 0;
  const send = () => {
    const value = { installationKey: INSTALLATION, data: Uint8Array.of(++count), hpkePublicKey: new Uint8Array(32) };
    return network.sendWelcomeMessages(
      create(SendWelcomeMessagesRequestSchema, { messages: [{ version: { case: 'v1', value } }] }),
    );
  };
  const query = async () => {
    const pagingInfo = { direction: SortDirection.ASCENDING, limit: 100, idCursor: 0n };
    const request = create(QueryWelcomeMessagesRequestSchema, { installationKey: INSTALLATION, pagingInfo });
    return (await network.queryWelcomeMessages(request)).messages.length;
  };
  const stored = () => [...node.welcomes.values()].flat().length;
  const elapsedMs = () => Number(time.nowNs() - VIRTUAL_START_NS) / 1e6;
  return { time, node, line, network, send, query, stored, elapsedMs };
}

describe('the adversary on the line', () => {
  it('lets a perfect line be perfect', async () => {
    const { send, query, stored, elapsedMs } = setup();
    await send();
    expect([stored(), await query(), elapsedMs()]).toEqual([1, 1, 0]);
  });

  it('loses requests, and answers to what was done', async () => {
    for (const [faults, expected] of [
      [{ dropRequest: 1 }, 0],
      [{ dropAnswer: 1 }, 1],
    ] as const) {
      const { send, stored, elapsedMs } = setup(faults);
      const late = expect.objectContaining({ status: GRPC_STATUS.DEADLINE_EXCEEDED });
      await expect(send()).rejects.toThrow(late);
      expect([stored(), elapsedMs()]).toEqual([expected, 1000]);
    }
  });

  it('delays, and repeats what the node then stores once', async () => {
    const { send, stored, elapsedMs } = setup({ latencyMs: 1000, duplicate: 1 });
    await send();
    expect(stored()).toBe(1);
    expect(elapsedMs()).toBeGreaterThan(0);
    expect(elapsedMs()).toBeLessThan(2001);
  });

  it('shows topics as they were, always from their beginning', async () => {
    const { time, send, query } = setup({ lagMs: 10_000 });
    const seen: number[] = [];
    for (let i = 0; i < 40; i++) {
      await send();
      await time.delay(1000);
      seen.push(await query());
    }
    seen.forEach((count, index) => {
      expect(count).toBeLessThanOrEqual(index + 1);
      expect(count).toBeGreaterThan(index - 10);
    });
    expect(seen.some((count, index) => count < index + 1)).toBe(true);
  });

  it('can be cut and mended, and breaks the streams with it', async () => {
    const { line, network, send, query } = setup();
    const controller = new AbortController();
    const request = create(SubscribeWelcomeMessagesRequestSchema, { filters: [{ installationKey: INSTALLATION }] });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const message of network.subscribeWelcomeMessages(request, { signal: controller.signal }))
        seen.push(message);
    })();
    await send();
    line.cut();
    await expect(reading).rejects.toThrow(NetworkError);
    await expect(query()).rejects.toThrow(expect.objectContaining({ status: GRPC_STATUS.UNAVAILABLE }));
    line.mend();
    expect([seen.length, await query()]).toEqual([1, 1]);
  });

  it('fails from a chosen call on, before or after the node has done what was asked', async () => {
    for (const [lost, expected] of [
      ['requests', 1],
      ['answers', 2],
    ] as const) {
      const { line, send, stored } = setup();
      line.outage = { fromCall: 2, lost };
      await send();
      await expect(send()).rejects.toThrow(NetworkError);
      expect(stored()).toBe(expected);
    }
  });

  it('answers a dead process never', async () => {
    const { time, line, network } = setup({ latencyMs: 100 });
    let settled = false;
    const call = network.getInboxIds(create(GetInboxIdsRequestSchema));
    void call.finally(() => {
      settled = true;
    });
    line.die();
    await time.delay(10_000);
    expect(settled).toBe(false);
  });
});
