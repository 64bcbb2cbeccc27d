import { describe, expect, it } from 'vitest';
import { registeredInstallation, testWorld } from '../context.testkit.js';
import { GRPC_STATUS, NetworkError } from '../network/errors.js';
import { NodeSubscription } from './node-subscription.js';

describe('the subscription', () => {
  it('is opened again more and more slowly where a node accepts it and ends it at once, and at once after it has lasted', async () => {
    const world = testWorld();
    const { ctx } = await registeredInstallation(world);
    const controller = new AbortController();
    const waits: number[] = [];
    let lastsMs = 0;
    const host = {
      ...world.host,
      delay: async (ms: number, signal?: AbortSignal) => {
        waits.push(ms);
        if (waits.length === 6) lastsMs = 60_000;
        if (waits.length === 8) controller.abort();
        await world.host.delay(ms, signal);
      },
    };
    const network = {
      ...ctx.network,
      subscribeWelcomeMessages: async function* (_: unknown, options: { onOpen?: () => void }) {
        options.onOpen?.();
        await new Promise((resolve) => setImmediate(resolve));
        world.host.advance(BigInt(lastsMs) * 1_000_000n);
        throw new NetworkError(GRPC_STATUS.UNAVAILABLE);
      } as never,
    };
    const subscription = new NodeSubscription({ ...ctx, host, network });
    const states: string[] = [];
    const release = subscription.hold(({ kind }) => void states.push(kind));
    await new Promise<void>((resolve) => controller.signal.addEventListener('abort', () => resolve()));
    release();
    await subscription.close();
    expect(waits.slice(0, 6)).toEqual([200, 1000, 2000, 4000, 8000, 16_000]);
    expect(waits.slice(6)).toEqual([200, 200]);
    expect(states.slice(0, 4)).toEqual(['open', 'lost', 'open', 'lost']);
  });
});
