import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../host.js';
import { Refusals } from '../refusals.js';
import { GRPC_STATUS, NetworkError, readAnswer } from './errors.js';
import type { Network } from './network.js';
import { RETRY_DELAYS_MS, RETRY_JITTER_MS, retrying, withRetries } from './retry.js';

function clock(advanceMs = 0) {
  let nowNs = 0n;
  const waits: number[] = [];
  return {
    waits,
    nowNs: () => {
      nowNs += BigInt(advanceMs) * NS_PER_MS;
      return nowNs;
    },
    random: (length: number) => new Uint8Array(length).fill(255),
    delay: async (ms: number) => {
      waits.push(ms);
    },
  };
}

const RETRYABLE = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'ABORTED', 'INTERNAL', 'UNKNOWN'];

describe('retrying', () => {
  for (const [name, status] of Object.entries(GRPC_STATUS)) {
    const retryable = RETRYABLE.includes(name);
    it(`${retryable ? 'tries six times' : 'gives up at once'} on ${name}`, async () => {
      const host = clock();
      let attempts = 0;
      const run = retrying(host, async () => {
        attempts += 1;
        throw new NetworkError(status, { method: 'test' });
      });
      await expect(run).rejects.toMatchObject({ status, retryable });
      expect(attempts).toBe(retryable ? 6 : 1);
      expect(host.waits).toEqual(retryable ? RETRY_DELAYS_MS.map((ms) => ms + RETRY_JITTER_MS) : []);
    });
  }

  it('counts a status outside the table as UNKNOWN', () => {
    expect(new NetworkError(99).status).toBe(GRPC_STATUS.UNKNOWN);
  });

  it('returns the first success', async () => {
    const host = clock();
    let attempts = 0;
    const value = await retrying(host, async () => {
      attempts += 1;
      if (attempts < 4) throw new NetworkError(GRPC_STATUS.UNAVAILABLE);
      return attempts;
    });
    expect(value).toBe(4);
  });

  it('does not repeat an error that is not of the network', async () => {
    let attempts = 0;
    const run = retrying(clock(), async () => {
      attempts += 1;
      throw new TypeError('a bug');
    });
    await expect(run).rejects.toThrow(TypeError);
    expect(attempts).toBe(1);
  });

  it('stops when the caller aborts and when the total time is over', async () => {
    const controller = new AbortController();
    controller.abort();
    let attempts = 0;
    const failing = async () => {
      attempts += 1;
      throw new NetworkError(GRPC_STATUS.UNAVAILABLE);
    };
    await expect(retrying(clock(), failing, controller.signal)).rejects.toThrow(NetworkError);
    expect(attempts).toBe(1);
    await expect(retrying(clock(70_000), failing)).rejects.toThrow(NetworkError);
    expect(attempts).toBe(3);
  });
});

describe('an answer that no transport can read', () => {
  const garbled = () =>
    readAnswer('test', () => {
      throw new RangeError('not a message');
    });
  const network = {
    getInboxIds: async () => garbled(),
    subscribeWelcomeMessages: async function* () {
      yield garbled();
    },
  } as unknown as Network;

  it('is counted each time it comes', async () => {
    const refusals = new Refusals();
    const wrapped = withRetries(network, clock(), refusals);
    await expect(wrapped.getInboxIds({} as never)).rejects.toMatchObject({ code: 'client/network-failed' });
    const { signal } = new AbortController();
    const stream = wrapped.subscribeWelcomeMessages({} as never, { signal })[Symbol.asyncIterator]();
    await expect(stream.next()).rejects.toMatchObject({ code: 'client/network-failed' });
    expect(refusals.list()).toEqual([
      expect.objectContaining({ what: 'node-answer', rule: 'readable-answer', count: RETRY_DELAYS_MS.length + 2 }),
    ]);
  });

  it('is told from a refusal by the node', async () => {
    const refusals = new Refusals();
    const refusing = {
      getInboxIds: () => Promise.reject(new NetworkError(GRPC_STATUS.INTERNAL)),
    } as unknown as Network;
    await expect(withRetries(refusing, clock(), refusals).getInboxIds({} as never)).rejects.toThrow(NetworkError);
    expect(refusals.list()).toEqual([]);
  });
});
