import { once } from 'node:events';
import { connect } from 'node:http2';
import {
  Health,
  IdentityApi,
  MessageApi,
  MlsApi,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { mlsMessage } from '../../api/material.testkit.js';
import { type GrpcClient, pathOf } from '../../grpc-client.testkit.js';
import { GrpcStatus } from '../../grpc-status.js';
import { bytes, onCleanup } from '../../log/log.testkit.js';
import { startTestNode } from '../../node.testkit.js';

const { sendGroupMessages, sendWelcomeMessages, subscribeGroupMessages, subscribeWelcomeMessages } = MlsApi.method;

const send = (client: GrpcClient, group: string, ...texts: string[]) =>
  client.call(sendGroupMessages, {
    messages: texts.map((text) => ({ version: { case: 'v1' as const, value: { data: mlsMessage(group, text) } } })),
  });

const filters = (...groups: string[]) => ({ filters: groups.map((group) => ({ groupId: bytes(group) })) });
const idsOf = (messages: { version: { value?: { id: bigint } | undefined } }[]) =>
  messages.map(({ version }) => Number(version.value?.id));

describe('a group stream', () => {
  it('sends its headers at once, then history after the cursor, then live messages', async () => {
    const { client } = await startTestNode();
    const silent = client.stream(subscribeGroupMessages, {});
    expect((await silent.headers).get('subscribed')).toEqual(['true']);
    await send(client, 'a', '1', '2', '3');
    const stream = client.stream(subscribeGroupMessages, { filters: [{ groupId: bytes('a'), idCursor: 1n }] });
    expect(idsOf(await stream.take(2))).toEqual([2, 3]);
    await send(client, 'b', 'elsewhere');
    await send(client, 'a', '5');
    expect(idsOf(await stream.take(1))).toEqual([5]);
    stream.cancel();
    silent.cancel();
    expect((await stream.status).code).toBe(GrpcStatus.CANCELLED);
  });

  it('misses nothing and repeats nothing, however publishing and subscribing interleave', async () => {
    const { client } = await startTestNode();
    const groups = ['a', 'b', 'c'];
    const perGroup = 60;
    const publishing = Array.from({ length: perGroup }, async (_, i) => {
      for (const group of groups) await send(client, group, `${i}`);
    });
    const streams = Array.from({ length: 30 }, () => client.stream(subscribeGroupMessages, filters(...groups)));
    const read = await Promise.all(streams.map((stream) => stream.take(groups.length * perGroup)));
    await Promise.all(publishing);
    for (const messages of read) {
      expect(new Set(idsOf(messages)).size).toBe(groups.length * perGroup);
      for (const group of groups) {
        const ids = idsOf(
          messages.filter(({ version }) => version.value?.groupId.toString() === bytes(group).toString()),
        );
        expect(ids).toEqual([...ids].sort((x, y) => x - y));
        expect(ids).toHaveLength(perGroup);
      }
    }
    for (const stream of streams) stream.cancel();
  });

  it('ends with UNKNOWN for an empty group id', async () => {
    const { client } = await startTestNode();
    expect((await client.stream(subscribeGroupMessages, filters('a', '')).status).code).toBe(GrpcStatus.UNKNOWN);
  });

  it('is served from the log when its reader fell behind', async () => {
    const { client } = await startTestNode({ limits: { subscriberMessages: 2 } });
    const stream = client.stream(subscribeGroupMessages, filters('a'));
    await stream.headers;
    // More than the flow-control windows of both sides and the buffer hold.
    for (let i = 0; i < 12; i++) await send(client, 'a', `${i}`.repeat(400_000));
    expect(idsOf(await stream.take(12))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    await send(client, 'a', 'live again');
    expect(idsOf(await stream.take(1))).toEqual([13]);
    stream.cancel();
  });
});

describe('a welcome stream', () => {
  it('replays and goes live', async () => {
    const { client } = await startTestNode();
    const value = { installationKey: bytes('i'), data: bytes('w'), hpkePublicKey: bytes('k') };
    const welcome = (text: string) => ({
      messages: [{ version: { case: 'v1' as const, value: { ...value, data: bytes(text) } } }],
    });
    await client.call(sendWelcomeMessages, welcome('1'));
    const stream = client.stream(subscribeWelcomeMessages, { filters: [{ installationKey: bytes('i') }] });
    expect(idsOf(await stream.take(1))).toEqual([1]);
    await client.call(sendWelcomeMessages, welcome('2'));
    expect(idsOf(await stream.take(1))).toEqual([2]);
    stream.cancel();
  });

  it('needs filters, each with a key', async () => {
    const { client } = await startTestNode();
    const code = async (request: object) => (await client.stream(subscribeWelcomeMessages, request).status).code;
    expect(await code({})).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(await code({ filters: [{}] })).toBe(GrpcStatus.INVALID_ARGUMENT);
  });
});

describe('the edge', () => {
  it('answers rpcs that it does not serve with UNIMPLEMENTED', async () => {
    const { client } = await startTestNode();
    const paths = [
      pathOf(MlsApi.method.revokeInstallation),
      pathOf(MlsApi.method.getIdentityUpdates),
      pathOf(MessageApi.method.publish),
      '/xmtp.migration.api.v1.D14nMigrationApi/FetchD14nCutover',
    ];
    for (const path of paths) {
      const error = await client.callRaw(path, new Uint8Array(0)).catch((refused) => refused);
      expect([path, error.code]).toEqual([path, GrpcStatus.UNIMPLEMENTED]);
    }
  });

  it('serves envelopes to push servers', async () => {
    const { client } = await startTestNode();
    const all = client.stream(MessageApi.method.subscribeAll, {});
    const named = client.stream(MessageApi.method.subscribe, { contentTopics: ['/xmtp/mls/1/g-62/proto', 'other'] });
    await Promise.all([all.headers, named.headers]);
    await send(client, 'a', '1');
    await send(client, 'b', '2');
    expect((await all.take(2)).map(({ contentTopic }) => contentTopic)).toEqual([
      '/xmtp/mls/1/g-61/proto',
      '/xmtp/mls/1/g-62/proto',
    ]);
    expect((await named.take(1)).map(({ contentTopic }) => contentTopic)).toEqual(['/xmtp/mls/1/g-62/proto']);
    all.cancel();
    named.cancel();
  });

  it('reports its health', async () => {
    const { node, client } = await startTestNode();
    expect((await client.call(Health.method.check, {})).status).toBe(ServingStatus.SERVING);
    expect((await client.call(Health.method.check, { service: 'xmtp.mls.api.v1.MlsApi' })).status).toBe(1);
    expect((await client.refusal(Health.method.check, { service: 'other' })).code).toBe(GrpcStatus.NOT_FOUND);
    const watch = client.stream(Health.method.watch, {});
    expect((await watch.take(1))[0]?.status).toBe(ServingStatus.SERVING);
    const stopped = node.stop();
    expect((await watch.take(1))[0]?.status).toBe(ServingStatus.NOT_SERVING);
    await stopped;
  });

  it('answers pings without a call, any number of them', async () => {
    const { node } = await startTestNode();
    const session = connect(`http://${node.grpcAddress}`);
    onCleanup(() => session.close());
    await once(session, 'connect');
    for (let i = 0; i < 50; i++) {
      await new Promise<void>((resolve, reject) => session.ping((error) => (error ? reject(error) : resolve())));
    }
    expect(session.destroyed).toBe(false);
  });

  it('ends streams with UNAVAILABLE when the node stops, and refuses calls after', async () => {
    const { node, client } = await startTestNode();
    const streams = [
      client.stream(subscribeGroupMessages, filters('a')),
      client.stream(MessageApi.method.subscribeAll, {}),
    ];
    await Promise.all(streams.map(({ headers }) => headers));
    await node.stop();
    await node.stop();
    for (const { status } of streams) expect((await status).code).toBe(GrpcStatus.UNAVAILABLE);
    expect((await client.refusal(IdentityApi.method.getInboxIds, {})).code).toBe(GrpcStatus.UNAVAILABLE);
  });
});
