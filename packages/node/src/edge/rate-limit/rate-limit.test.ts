import { fromBinary, IdentityApi, MlsApi, SendGroupMessagesRequestSchema } from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathOf } from '../../grpc-client.testkit.js';
import { DEFAULT_LIMITS } from '../../limits.js';
import { costOf, limitClassOf } from './call-cost.js';
import { clientAddress } from './client-address.js';
import { RateLimiter } from './rate-limiter.js';
import { TokenBucket } from './token-bucket.js';

const SEND = pathOf(MlsApi.method.sendGroupMessages);
const QUERY = pathOf(MlsApi.method.queryGroupMessages);
const LIMITS = { ...DEFAULT_LIMITS, publishBurst: 10, publishPerMinute: 60, readBurst: 3, readPerMinute: 60 };

function setUp(limits: Partial<typeof LIMITS> = {}) {
  let nowMs = 0;
  const refused: string[] = [];
  const limiter = new RateLimiter({
    limits: { ...LIMITS, ...limits },
    enabled: true,
    nowMs: () => nowMs,
    onRefused: (limitClass) => refused.push(limitClass),
  });
  const admitted = (path: string, address: string | undefined, request?: Uint8Array): boolean => {
    try {
      limiter.admit(path, request, address);
      return true;
    } catch {
      return false;
    }
  };
  return {
    limiter,
    refused,
    admitted,
    pass(ms: number): void {
      nowMs += ms;
    },
  };
}

describe('limits per address', () => {
  it('count writes and reads apart, and addresses apart', () => {
    const { admitted, refused } = setUp();
    for (let i = 0; i < 3; i++) expect(admitted(QUERY, '192.0.2.1')).toBe(true);
    expect(admitted(QUERY, '192.0.2.1')).toBe(false);
    expect(admitted(SEND, '192.0.2.1')).toBe(true);
    expect(admitted(QUERY, '192.0.2.2')).toBe(true);
    expect(refused).toEqual(['read']);
  });

  it('say how long to wait, and hold to it', () => {
    const { limiter, pass } = setUp();
    const call = () => limiter.admit(QUERY, undefined, '192.0.2.1');
    for (let i = 0; i < 3; i++) call();
    expect(call).toThrowError(expect.objectContaining({ details: { limit: 'read', cost: 1, retryAfterSeconds: 1 } }));
    pass(1_000);
    call();
  });

  it('let a client that calls steadily at the rate call for ever, as the deployed limiter does not', () => {
    const { admitted, pass } = setUp();
    for (let i = 0; i < 1_000; i++) {
      expect(admitted(QUERY, '192.0.2.1')).toBe(true);
      pass(1_000);
    }
  });

  it('never let through more than the burst and the rate give, however calls are spread', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ ms: fc.nat(5_000), cost: fc.integer({ min: 1, max: 10 }) })), (calls) => {
        const shape = { burst: 10, perMinute: 60 };
        const bucket = new TokenBucket(shape, 0);
        let nowMs = 0;
        let spent = 0;
        for (const { ms, cost } of calls) {
          nowMs += ms;
          if (bucket.take(cost, shape, nowMs)) spent += cost;
        }
        expect(spent).toBeLessThanOrEqual(10 + nowMs / 1_000 + 1e-6);
      }),
    );
  });

  it('know nothing of callers without an address, and forget those with all their tokens', () => {
    const { limiter, admitted, pass } = setUp();
    for (let i = 0; i < 100; i++) expect(admitted(QUERY, undefined)).toBe(true);
    admitted(QUERY, '192.0.2.1');
    expect(limiter.addressCount).toBe(1);
    pass(60_000);
    limiter.sweep();
    expect(limiter.addressCount).toBe(0);
  });

  it('remember a bounded number of addresses', () => {
    const { limiter, admitted } = setUp({ limitedAddresses: 5 });
    for (let i = 0; i < 50; i++) admitted(QUERY, `192.0.2.${i}`);
    expect(limiter.addressCount).toBe(5);
  });

  it('tell other processes what was spent, and hear of theirs', () => {
    const [here, there] = [setUp(), setUp()];
    here.limiter.recordUsage();
    for (let i = 0; i < 3; i++) here.admitted(QUERY, '192.0.2.1');
    for (const usage of here.limiter.collectUsage(10)) there.limiter.spentElsewhere(usage);
    expect(here.limiter.collectUsage(10)).toEqual([]);
    expect(there.admitted(QUERY, '192.0.2.1')).toBe(false);
    expect(there.admitted(QUERY, '192.0.2.2')).toBe(true);
  });

  it('tell of those who spent most, when there are too many', () => {
    const { limiter, admitted } = setUp();
    limiter.recordUsage();
    for (const [address, calls] of [
      ['192.0.2.1', 1],
      ['192.0.2.2', 3],
      ['192.0.2.3', 2],
    ] as const) {
      for (let i = 0; i < calls; i++) admitted(QUERY, address);
    }
    expect(limiter.collectUsage(2)).toEqual([
      { bucket: 'read:192.0.2.2', spent: 3 },
      { bucket: 'read:192.0.2.3', spent: 2 },
    ]);
  });
});

describe('the cost of a call', () => {
  it('is the number of messages for a send, 1 for all else, whatever the bytes', () => {
    const message = Uint8Array.of(0x0a, 2, 1, 2);
    const request = Uint8Array.from([...message, ...message, ...message]);
    expect([costOf(SEND, request), costOf(QUERY, request), costOf(SEND, undefined)]).toEqual([3, 1, 1]);
    fc.assert(fc.property(fc.uint8Array(), (bytes) => costOf(SEND, bytes) >= 1));
    expect(limitClassOf(pathOf(IdentityApi.method.publishIdentityUpdate))).toBe('publish');
    expect(limitClassOf(pathOf(IdentityApi.method.getInboxIds))).toBe('read');
  });

  it('counts what the rpc reads, with unknown fields of every kind between, and tags and lengths written long', () => {
    const unknown = [
      Uint8Array.of(0x10, 0x96, 0x01),
      Uint8Array.of(0x11, 1, 2, 3, 4, 5, 6, 7, 8),
      Uint8Array.of(0x12, 3, 0x0a, 0, 0x0a),
      Uint8Array.of(0x1b, 0x10, 1, 0x1c),
      Uint8Array.of(0x15, 1, 2, 3, 4),
      Uint8Array.of(0xfa, 0xff, 0xff, 0xff, 0x0f, 1, 0),
    ];
    const messages = [Uint8Array.of(0x0a, 0), Uint8Array.of(0x0a, 2, 0x18, 1), Uint8Array.of(0x8a, 0x00, 0x80, 0x00)];
    const fields = fc.array(fc.constantFrom(...unknown, ...messages), { maxLength: 12 });
    fc.assert(
      fc.property(fields, (parts) => {
        const request = Buffer.concat(parts);
        const read = fromBinary(SendGroupMessagesRequestSchema, request).messages.length;
        expect(costOf(SEND, request)).toBe(Math.max(1, read));
      }),
    );
    expect(costOf(SEND, Buffer.concat([unknown[0]!, ...Array.from({ length: 10_000 }, () => messages[0]!)]))).toBe(
      10_000,
    );
  });
});

describe('the address of a caller', () => {
  it.each([
    ['the peer without proxies, whatever the header says', '192.0.2.1', '203.0.113.9', 0, '192.0.2.1'],
    ['what the one trusted proxy saw', '10.0.0.1', '198.51.100.7, 203.0.113.9', 1, '203.0.113.9'],
    ['what the outer of two saw', '10.0.0.1', 'spoofed, 203.0.113.9, 10.0.0.2', 2, '203.0.113.9'],
    ['unknown when the header is too short', '10.0.0.1', '203.0.113.9', 2, undefined],
    ['unknown when it is no address', '10.0.0.1', 'unknown', 1, undefined],
    ['IPv4 in IPv6', '::ffff:192.0.2.1', undefined, 0, '192.0.2.1'],
    ['the network of an IPv6 address', '2001:DB8:0:1:2:3:4:5', undefined, 0, '2001:db8:0:1::/64'],
    ['the same, short', '2001:db8::9', undefined, 0, '2001:db8:0:0::/64'],
    ['with a port', '10.0.0.1', '203.0.113.9:4711', 1, '203.0.113.9'],
    ['IPv6 with a port', '10.0.0.1', '[2001:db8::9]:4711', 1, '2001:db8:0:0::/64'],
    ['this machine', '127.0.0.1', undefined, 0, undefined],
    ['this machine by IPv6', '::1', undefined, 0, undefined],
  ] as const)('is %s', (_name, peer, header, hops, expected) => {
    expect(clientAddress(peer, header, hops)).toBe(expected);
  });
});
