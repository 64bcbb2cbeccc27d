import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MlsApi, SortDirection } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { mlsMessage } from './api/material.testkit.js';
import { GrpcClient } from './grpc-client.testkit.js';
import { GrpcStatus } from './grpc-status.js';
import { bytes, onCleanup, temporaryDirectory } from './log/log.testkit.js';
import { startNodeProcess } from './node-process.testkit.js';

const { sendGroupMessages, queryGroupMessages, subscribeGroupMessages } = MlsApi.method;

function connect(address: string): GrpcClient {
  const client = new GrpcClient(address);
  onCleanup(() => client.close());
  return client;
}

const send = (client: GrpcClient, group: string, text: string) =>
  client.call(sendGroupMessages, {
    messages: [{ version: { case: 'v1' as const, value: { data: mlsMessage(group, text) } } }],
  });

interface Read {
  readonly id: bigint;
  readonly text: string;
}

/** Everything after the cursor. */
async function readOn(client: GrpcClient, group: string, cursor: bigint): Promise<Read[]> {
  const read: Read[] = [];
  for (;;) {
    const idCursor = read.at(-1)?.id ?? cursor;
    const pagingInfo = { direction: SortDirection.ASCENDING, idCursor };
    const { messages } = await client.call(queryGroupMessages, { groupId: bytes(group), pagingInfo });
    for (const { version } of messages) {
      const { id, data } = version.value!;
      read.push({ id, text: new TextDecoder().decode(data.subarray(data.lastIndexOf(0x23))) });
    }
    if (messages.length < 100) return read;
  }
}

/** Writers that publish one message after the other until a call fails; acknowledged texts are collected. */
function startWriters(client: GrpcClient, count: number, round: number, acknowledged: string[]): Promise<unknown> {
  const writer = async (_: unknown, number: number) => {
    for (let i = 0; ; i++) {
      const text = `#${round}-${number}-${i}`;
      const sent = await send(client, 'a', text).then(
        () => true,
        () => false,
      );
      if (!sent) return;
      acknowledged.push(text);
    }
  };
  return Promise.all(Array.from({ length: count }, writer));
}

describe('the built node', () => {
  it('says when it is ready, drains on SIGTERM and exits with 0', async () => {
    const node = await startNodeProcess(temporaryDirectory());
    const client = connect(node.grpcAddress);
    const stream = client.stream(subscribeGroupMessages, { filters: [{ groupId: bytes('a') }] });
    await send(client, 'a', '#1');
    await stream.take(1);
    const ended = node.end('SIGTERM');
    expect((await stream.status).code).toBe(GrpcStatus.UNAVAILABLE);
    expect(await ended).toBe(0);
  });

  it('says why its database cannot be opened, through the thread, and leaves no thread behind', async () => {
    const dataDir = temporaryDirectory();
    writeFileSync(join(dataDir, 'node.db'), 'no database '.repeat(1_000));
    await expect(startNodeProcess(dataDir)).rejects.toThrow('node/database-unusable, exit code 0');
  });

  it('gives its data directory to one process at a time', async () => {
    const dataDir = temporaryDirectory();
    const first = await startNodeProcess(dataDir);
    await expect(startNodeProcess(dataDir)).rejects.toThrow('node/data-directory-in-use');
    await first.end('SIGKILL');
    await startNodeProcess(dataDir);
  });

  it('loses nothing it has acknowledged when it is killed under load, and hides nothing from a reader', async () => {
    const dataDir = temporaryDirectory();
    const acknowledged: string[] = [];
    let seen: Read[] = [];
    for (let round = 1; round <= 3; round++) {
      const node = await startNodeProcess(dataDir);
      const client = connect(node.grpcAddress);
      const before = acknowledged.length;
      const writers = startWriters(client, 16, round, acknowledged);
      while (acknowledged.length < before + 400) {
        seen = [...seen, ...(await readOn(client, 'a', seen.at(-1)?.id ?? 0n))];
      }
      await node.end('SIGKILL');
      await writers;
    }
    const node = await startNodeProcess(dataDir);
    const stored = await readOn(connect(node.grpcAddress), 'a', 0n);
    const texts = new Set(stored.map(({ text }) => text));
    expect(acknowledged.filter((text) => !texts.has(text))).toEqual([]);
    expect(stored.map(({ id }) => Number(id))).toEqual(stored.map((_, index) => index + 1));
    expect(seen).toEqual(stored.slice(0, seen.length));
    expect(await node.end('SIGTERM')).toBe(0);
  });
});
