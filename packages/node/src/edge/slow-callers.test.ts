/** Callers that hold what they began: requests that never end, answers that nobody reads. */
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { connect as netConnect } from 'node:net';
import { create, MlsApi, ServerReflection, toBinary } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { mlsMessage } from '../api/material.testkit.js';
import { frameOf } from '../frame.js';
import { pathOf } from '../grpc-client.testkit.js';
import { GrpcStatus } from '../grpc-status.js';
import type { NodeLimits } from '../limits.js';
import { bytes, onCleanup } from '../log/log.testkit.js';
import { startTestNode } from '../node.testkit.js';

const SEND = pathOf(MlsApi.method.sendGroupMessages);
const sendRequest = (group: string, text: string) => ({
  messages: [{ version: { case: 'v1' as const, value: { data: mlsMessage(group, text) } } }],
});

async function setUp(limits: Partial<NodeLimits>, trustedProxyHops = 0) {
  const test = await startTestNode({ limits, trustedProxyHops });
  const session = connect(`http://${test.node.grpcAddress}`);
  session.on('error', () => undefined);
  onCleanup(() => session.destroy());
  return { ...test, session };
}

/** A call whose request is begun. */
function begin(session: ClientHttp2Session, path: string, part: Uint8Array, address?: string): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(address !== undefined && { 'x-forwarded-for': address }),
  });
  stream.on('error', () => undefined);
  stream.write(part);
  return stream;
}

/** The beginning of a frame of 1 MiB. */
const begun = (length: number) => {
  const part = new Uint8Array(length);
  part.set([0, 0, 0x10, 0, 0]);
  return part;
};

/** In the headers of a call that failed at once, else in the trailers. */
async function statusOf(stream: ClientHttp2Stream): Promise<number> {
  const trailers = once(stream, 'trailers');
  trailers.catch(() => undefined);
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  if (headers['grpc-status'] !== undefined) return Number(headers['grpc-status']);
  stream.resume();
  return Number(((await trailers) as [Record<string, unknown>])[0]['grpc-status']);
}

describe('a request that does not end', () => {
  it.each([
    ['a unary call', SEND],
    ['a server stream', pathOf(MlsApi.method.subscribeGroupMessages)],
    ['a duplex stream', pathOf(ServerReflection.method.serverReflectionInfo)],
  ])('is given up when nothing more of it comes: %s', async (_name, path) => {
    const { client, session } = await setUp({ receivingBytes: 100_000, requestIdleMs: 500 });
    expect(await statusOf(begin(session, path, begun(90_000)))).toBe(GrpcStatus.DEADLINE_EXCEEDED);
    // What it held is free again.
    await client.call(MlsApi.method.sendGroupMessages, sendRequest('a', 'x'.repeat(50_000)));
  });

  it('is given up though a byte comes now and then', async () => {
    const { session } = await setUp({ requestIdleMs: 60_000, requestMs: 50 });
    const stream = begin(session, SEND, begun(100));
    const trickle = setInterval(() => stream.writable && stream.write(Uint8Array.of(0)), 5);
    onCleanup(() => clearInterval(trickle));
    expect(await statusOf(stream)).toBe(GrpcStatus.DEADLINE_EXCEEDED);
  });

  it.each([
    ['gRPC-web', 'application/grpc-web+proto'],
    ['Connect', 'application/proto'],
    ['a stream of Connect', 'application/connect+proto'],
  ])('is given up over HTTP/1.1: %s', async (_name, type) => {
    const { node } = await setUp({ requestIdleMs: 30 });
    const [host = '', port = ''] = (node.webAddress ?? '').split(':');
    const socket = netConnect(Number(port), host);
    onCleanup(() => void socket.destroy());
    const path = type.includes('connect') ? pathOf(MlsApi.method.subscribeGroupMessages) : SEND;
    socket.write(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: ${type}\r\ncontent-length: 1000\r\n\r\n`);
    socket.write(begun(100));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    await once(socket, 'close');
    if (!type.includes('connect')) expect(text).toMatch(/did not arrive in time/);
  });

  it('holds a share of what all callers may, and no more', async () => {
    const limits = { receivingBytes: 1_000_000, receivingBytesPerAddress: 100_000, requestIdleMs: 60_000 };
    const { session } = await setUp(limits, 1);
    const held = begin(session, SEND, begun(90_000), '192.0.2.1');
    expect(await statusOf(begin(session, SEND, begun(90_000), '192.0.2.1'))).toBe(GrpcStatus.RESOURCE_EXHAUSTED);
    const other = begin(session, SEND, frameOf(new Uint8Array(0)), '192.0.2.2');
    other.end();
    expect(await statusOf(other)).toBe(GrpcStatus.INVALID_ARGUMENT);
    held.close(constants.NGHTTP2_CANCEL);
    await once(held, 'close');
    const again = begin(session, SEND, frameOf(new Uint8Array(0)), '192.0.2.1');
    again.end();
    expect(await statusOf(again)).toBe(GrpcStatus.INVALID_ARGUMENT);
  });
});

describe('a request of a stream', () => {
  const { subscribeGroupMessages } = MlsApi.method;
  const group = 'g'.repeat(200);
  const frame = frameOf(
    toBinary(
      subscribeGroupMessages.input,
      create(subscribeGroupMessages.input, { filters: [{ groupId: bytes(group) }] }),
    ),
  );
  const limits = { receivingBytes: 1_000_000, receivingBytesPerAddress: frame.length + 100 };

  it('is on the way until the stream is served, and no longer: its address may open more', async () => {
    const { session } = await setUp(limits, 1);
    for (const _ of [1, 2, 3]) {
      const stream = begin(session, pathOf(subscribeGroupMessages), frame, '192.0.2.1');
      stream.end();
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
      expect([headers['grpc-status'], headers.subscribed]).toEqual([undefined, 'true']);
    }
  });

  it.each([
    ['gRPC-web', 'application/grpc-web+proto'],
    ['Connect', 'application/connect+proto'],
  ])('so, too, over HTTP/1.1: %s', async (_name, type) => {
    const { client, web } = await setUp(limits, 1);
    const stopping = new AbortController();
    onCleanup(() => stopping.abort());
    const streams: ReadableStreamDefaultReader<Uint8Array>[] = [];
    for (const _ of [1, 2, 3]) {
      const { body } = await fetch(web + pathOf(subscribeGroupMessages), {
        method: 'POST',
        body: Buffer.from(frame),
        headers: { 'content-type': type, 'x-forwarded-for': '192.0.2.1' },
        signal: stopping.signal,
      });
      streams.push(body!.getReader());
    }
    await client.call(MlsApi.method.sendGroupMessages, sendRequest(group, 'heard'));
    // A message, not the end of the stream with a status.
    for (const stream of streams) expect((await stream.read()).value?.[0]).toBe(0);
  });
});

describe('an answer that nobody reads', () => {
  it('is given up after the stall time', async () => {
    const { client, session } = await setUp({ subscriberStallMs: 50 });
    await client.call(MlsApi.method.sendGroupMessages, sendRequest('a', 'x'.repeat(1_000_000)));
    const { queryGroupMessages } = MlsApi.method;
    const query = toBinary(queryGroupMessages.input, create(queryGroupMessages.input, { groupId: bytes('a') }));
    const stream = begin(session, pathOf(queryGroupMessages), frameOf(query));
    stream.end();
    stream.pause();
    const [code] = await Promise.all([once(stream, 'close').then(() => stream.rstCode), once(stream, 'response')]);
    expect(code).toBe(constants.NGHTTP2_CANCEL);
  });

  it('is given up after a stream was ended for its reader’s sake, too', async () => {
    const { client, session } = await setUp({ subscriberStallMs: 50 });
    const { subscribeGroupMessages } = MlsApi.method;
    const request = toBinary(
      subscribeGroupMessages.input,
      create(subscribeGroupMessages.input, { filters: [{ groupId: bytes('a') }] }),
    );
    const stream = begin(session, pathOf(subscribeGroupMessages), frameOf(request));
    stream.end();
    stream.pause();
    const closed = once(stream, 'close');
    await once(stream, 'response');
    for (let i = 0; i < 3; i++) {
      await client.call(MlsApi.method.sendGroupMessages, sendRequest('a', `${i}`.repeat(500_000)));
    }
    await closed;
    expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
  });
});
