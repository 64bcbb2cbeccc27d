/** A bounded run of `scripts/fuzz-node.mjs`: whatever arrives, the node answers the next caller and stores nothing. */
import { MlsApi } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { mlsMessage } from '../api/material.testkit.js';
import { bytes } from '../log/log.testkit.js';
import { startTestNode } from '../node.testkit.js';
import { attack, hostileBytes, randomOf } from './fuzz.testkit.js';

const PATHS = Object.values(MlsApi.method).map(({ name }) => `/xmtp.mls.api.v1.MlsApi/${name}`);
const ROUNDS = Number(process.env.CONCLAVE_FUZZ_ROUNDS ?? 20);
const SEED = Number(process.env.CONCLAVE_FUZZ_SEED ?? 1);
const AT_ONCE = 10;

describe('a node under malformed HTTP/2, HTTP/1.1 and protobuf', () => {
  it('answers others, stores nothing of it, and lets every connection go', async () => {
    const { node, client, web } = await startTestNode({
      metrics: 'web',
      limits: { handshakeMs: 2_000, pingIntervalMs: 1_000, pingTimeoutMs: 4_000 },
    });
    const random = randomOf(SEED);
    const message = { version: { case: 'v1' as const, value: { data: mlsMessage('group', 'kept') } } };
    await client.call(MlsApi.method.sendGroupMessages, { messages: [message] });
    for (let round = 0; round < ROUNDS; round++) {
      const attacks = Array.from({ length: AT_ONCE }, () => {
        const address = (random() < 0.5 ? node.grpcAddress : node.webAddress) ?? '';
        return attack(address, hostileBytes(random, PATHS), random() < 0.5);
      });
      await Promise.all(attacks);
      const { messages } = await client.call(MlsApi.method.queryGroupMessages, { groupId: bytes('group') });
      expect([round, messages.length]).toEqual([round, 1]);
    }
    const open = async () => {
      const text = await (await fetch(`${web}/metrics`)).text();
      return Number(/^conclave_connections_open\{port="grpc"\} (\d+)/m.exec(text)?.[1]);
    };
    // The client of this test holds one; the fetch is on the other port.
    await expect.poll(open, { timeout: 20_000 }).toBe(1);
    const text = await (await fetch(`${web}/metrics`)).text();
    expect(text).not.toMatch(/code="INTERNAL"/);
  });
});
