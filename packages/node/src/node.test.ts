import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { MlsApi } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { mlsMessage } from './api/material.testkit.js';
import { GrpcStatus } from './grpc-status.js';
import { bytes, onCleanup, temporaryDirectory } from './log/log.testkit.js';
import { startNode } from './node.js';
import { startTestNode } from './node.testkit.js';

const common = { grpc: '127.0.0.1:0', web: '127.0.0.1:0', logLevel: 'silent', storage: 'inline' } as const;

/** An address that is taken. */
async function takenAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanup(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('startNode', () => {
  it('listens on free ports and says which', async () => {
    const { node } = await startTestNode({ history: '127.0.0.1:0' });
    const addresses = [node.grpcAddress, node.webAddress, node.historyAddress];
    for (const address of addresses) expect(address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    expect(new Set(addresses).size).toBe(3);
  });

  it.each(['grpc', 'web', 'history'] as const)(
    'says which address is taken and leaves nothing behind: %s',
    async (port) => {
      const dataDir = temporaryDirectory();
      const address = await takenAddress();
      const refused = startNode({ ...common, dataDir, [port]: address });
      await expect(refused).rejects.toMatchObject({ code: 'node/address-in-use', details: { address } });
      await (await startNode({ ...common, dataDir })).stop();
    },
  );

  it.each(['localhost', '127.0.0.1', '127.0.0.1:65536', ':80', 'a b:80', '::1:80'])(
    'refuses the address %s',
    async (grpc) => {
      const refused = startNode({ ...common, dataDir: temporaryDirectory(), grpc });
      await expect(refused).rejects.toMatchObject({ code: 'node/invalid-address' });
    },
  );

  it('refuses a host that is not of this machine', async () => {
    const refused = startNode({ ...common, dataDir: temporaryDirectory(), web: '192.0.2.1:0' });
    await expect(refused).rejects.toMatchObject({ code: 'node/cannot-listen' });
  });

  it('lets one node hold a data directory, and the next one once it has stopped', async () => {
    const { node, dataDir } = await startTestNode();
    await expect(startNode({ ...common, dataDir })).rejects.toMatchObject({ code: 'node/data-directory-in-use' });
    await node.stop();
    await (await startNode({ ...common, dataDir })).stop();
  });

  it('refuses a data directory that is a file, cannot be made, or cannot be written', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'file'), '');
    for (const dataDir of [
      join(directory, 'file'),
      join(directory, 'file', 'below'),
      '/proc/self',
      '/proc/conclave/d',
    ]) {
      await expect(startNode({ ...common, dataDir })).rejects.toMatchObject({ code: 'node/data-directory-unusable' });
    }
  });

  it('answers a full disk with RESOURCE_EXHAUSTED, stores nothing and goes on', async () => {
    const { client, web } = await startTestNode({ limits: { databaseBytes: 512 * 1024 } });
    const send = (text: string) => ({
      messages: [{ version: { case: 'v1' as const, value: { data: mlsMessage('a', text) } } }],
    });
    const refusal = await client.refusal(MlsApi.method.sendGroupMessages, send('x'.repeat(1024 * 1024)));
    expect(refusal.code).toBe(GrpcStatus.RESOURCE_EXHAUSTED);
    expect(refusal.details).toContain('disk is full');
    await client.call(MlsApi.method.sendGroupMessages, send('small'));
    const { messages } = await client.call(MlsApi.method.queryGroupMessages, { groupId: bytes('a') });
    expect(messages.map(({ version }) => version.value?.id)).toEqual([1n]);
    expect((await fetch(`${web}/readyz`)).status).toBe(200);
  });
});
