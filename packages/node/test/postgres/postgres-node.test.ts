import { MlsApi } from '@conclave/proto';
import { expect, it } from 'vitest';
import { mlsMessage } from '../../src/api/material.testkit.js';
import { GrpcClient } from '../../src/grpc-client.testkit.js';
import { GrpcStatus } from '../../src/grpc-status.js';
import { bytes, onCleanup, temporaryDirectory } from '../../src/log/log.testkit.js';
import { startNodeProcess } from '../../src/node-process.testkit.js';
import { describeWithPostgres } from './postgres.testkit.js';

const { sendGroupMessages, queryGroupMessages, subscribeGroupMessages } = MlsApi.method;

const send = (client: GrpcClient, group: string, text: string) =>
  client.call(sendGroupMessages, {
    messages: [{ version: { case: 'v1' as const, value: { data: mlsMessage(group, text) } } }],
  });

function connect(address: string): GrpcClient {
  const client = new GrpcClient(address);
  onCleanup(() => client.close());
  return client;
}

describeWithPostgres('nodes that share PostgreSQL', (server) => {
  it('share the data directory, see each other’s messages live, and go on when one is killed', async () => {
    const postgres = await server().createDatabase();
    const dataDir = temporaryDirectory();
    const nodes = await Promise.all([1, 2, 3].map(() => startNodeProcess(dataDir, { postgres })));
    const [a, b, c] = nodes.map(({ grpcAddress }) => connect(grpcAddress));
    const stream = b!.stream(subscribeGroupMessages, { filters: [{ groupId: bytes('g'), idCursor: 0n }] });
    await stream.headers;
    await send(a!, 'g', '1');
    await send(c!, 'g', '2');
    const ids = async (count: number) => (await stream.take(count)).map(({ version }) => version.value?.id);
    expect(await ids(2)).toEqual([1n, 2n]);
    await nodes[0]!.end('SIGKILL');
    await send(c!, 'g', '2');
    await send(c!, 'g', '3');
    expect(await ids(1)).toEqual([3n]);
    const { messages } = await c!.call(queryGroupMessages, { groupId: bytes('g') });
    expect(messages.map(({ version }) => version.value?.id)).toEqual([3n, 2n, 1n]);
    const ended = nodes[1]!.end('SIGTERM');
    expect((await stream.status).code).toBe(GrpcStatus.UNAVAILABLE);
    expect(await ended).toBe(0);
  });

  it('wait for a server that is killed and comes back: nothing acknowledged is lost', async () => {
    const postgres = await server().createDatabase();
    const node = await startNodeProcess(temporaryDirectory(), { postgres });
    const client = connect(node.grpcAddress);
    const stream = client.stream(subscribeGroupMessages, { filters: [{ groupId: bytes('g'), idCursor: 0n }] });
    await send(client, 'g', 'before');
    const acknowledged: string[] = ['before'];
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; i < 20; i++) {
        const text = `${writer} ${i}`;
        if (
          await send(client, 'g', text).then(
            () => true,
            () => false,
          )
        ) {
          acknowledged.push(text);
        }
      }
    });
    await server().kill();
    await server().startServer();
    await Promise.all(writers);
    await send(client, 'g', 'after');
    acknowledged.push('after');
    const seen: string[] = [];
    const ids: bigint[] = [];
    while (seen.at(-1) !== 'after') {
      const [message] = await stream.take(1);
      const { id, data } = message!.version.value!;
      ids.push(id);
      seen.push(new TextDecoder().decode(data.subarray(data.length - 16)).match(/(before|after|\d+ \d+)$/)?.[0] ?? '?');
    }
    expect(ids).toEqual(ids.map((_, index) => BigInt(index + 1)));
    expect(acknowledged.filter((text) => !seen.includes(text))).toEqual([]);
  });

  it('say what is wrong with an address, without its password', async () => {
    const dataDir = temporaryDirectory();
    await expect(startNodeProcess(dataDir, { postgres: 'mysql://a@b/c' })).rejects.toThrow('node/invalid-postgres-url');
    await expect(
      startNodeProcess(dataDir, { postgres: server().url('absent'), limits: { storageWaitMs: 100 } as never }),
    ).rejects.toThrow('node/postgres-unusable');
  });
});
