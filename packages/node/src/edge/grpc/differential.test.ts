/**
 * One table of rpcs, served by our handler and by @grpc/grpc-js; one client of each kind, grpc-js and plain HTTP/2; what
 * they see must be the same.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { Client, credentials, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import type { Rpc } from '../../api/rpc.js';
import { NodeError } from '../../errors.js';
import { FrameReader, frameOf } from '../../frame.js';
import { GrpcStatus } from '../../grpc-status.js';
import { DEFAULT_LIMITS } from '../../limits.js';
import { onCleanup } from '../../log/log.testkit.js';
import { createLogger } from '../../logger.js';
import { NodeMetrics } from '../../metrics/node-metrics.js';
import { CallGate } from '../call-gate.js';
import { openPort } from '../http/port.js';
import { http2Server } from '../http/protocol-servers.js';
import { RateLimiter } from '../rate-limit/rate-limiter.js';
import { startGrpcJsServer } from './grpc-js-server.testkit.js';
import { isGrpc, serveGrpc } from './serve-grpc.js';

const MIB = 1024 * 1024;
const LIMITS = { ...DEFAULT_LIMITS, requestBytes: 26 * MIB };
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text));
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** Behaves as the first byte of the request says. */
const TABLE: readonly Rpc[] = [
  {
    kind: 'unary',
    path: '/test.Echo/Unary',
    async handle(request) {
      if (request[0] === 0x21) throw new NodeError('node/missing-field', { field: 'größe\n%' });
      if (request[0] === 0x3f) return new Promise(() => undefined);
      return request;
    },
  },
  {
    kind: 'server-stream',
    path: '/test.Echo/Server',
    async serve(request, sink) {
      if (request[0] === 0x21) throw new NodeError('node/empty-request');
      sink.open();
      for (const byte of request) {
        if (byte === 0x21) throw new NodeError('node/slow-subscriber');
        if (byte === 0x3f) await new Promise<void>((resolve) => sink.signal.addEventListener('abort', () => resolve()));
        if (!sink.write(frameOf(Uint8Array.of(byte)))) await sink.drained();
      }
    },
  },
  {
    kind: 'duplex',
    path: '/test.Echo/Client',
    async serve(requests, sink) {
      let all = '';
      for await (const request of requests) all += textOf(request);
      sink.write(frameOf(bytesOf(all)));
    },
  },
  {
    kind: 'duplex',
    path: '/test.Echo/Duplex',
    async serve(requests, sink) {
      sink.open();
      for await (const request of requests) {
        if (request[0] === 0x21) throw new NodeError('node/malformed-request', { reason: 'as asked' });
        sink.write(frameOf(request));
      }
    },
  },
];

async function startOurs(): Promise<string> {
  const metrics = new NodeMetrics();
  const gate = new CallGate({
    services: new Map(TABLE.map((rpc) => [rpc.path, rpc])),
    context: { limits: LIMITS, logger: createLogger('silent').logger },
    metrics: metrics.rpc,
    limiter: new RateLimiter({ limits: LIMITS, enabled: false }),
  });
  const http2 = http2Server({
    limits: LIMITS,
    onDropped: () => undefined,
    onStream: (stream, headers) =>
      isGrpc(headers['content-type'])
        ? serveGrpc(gate, stream, headers, { protocol: 'grpc', address: undefined })
        : stream.respond({ ':status': 415 }, { endStream: true }),
  });
  const address = { host: '127.0.0.1', port: 0 };
  const port = await openPort({ name: 'grpc', address, http2, limits: { ...LIMITS, drainMs: 0 }, metrics });
  onCleanup(() => port.stop());
  return `127.0.0.1:${port.address.port}`;
}

const servers = { ours: startOurs, 'grpc-js': () => startGrpcJsServer(TABLE, LIMITS.requestBytes) };

/** Plays a case against both; the outcomes must be equal. @returns the outcome */
async function same<T>(play: (address: string) => Promise<T>): Promise<T> {
  const ours = await play(await servers.ours());
  expect(ours).toEqual(await play(await servers['grpc-js']()));
  return ours;
}

function clientOf(address: string): Client {
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    'grpc.use_local_subchannel_pool': 1,
  });
  onCleanup(() => client.close());
  return client;
}

const buffer = (bytes: Uint8Array) => Buffer.from(bytes);

function unary(address: string, path: string, request: Uint8Array, options: { deadline?: number } = {}) {
  return new Promise<{ code: number; details: string; bytes?: number; digest?: string }>((resolve) => {
    clientOf(address).makeUnaryRequest(path, buffer, buffer, request, options, (error: ServiceError | null, answer) =>
      resolve(
        error === null
          ? { code: 0, details: '', ...digestOf(answer as Buffer) }
          : { code: error.code, details: error.details },
      ),
    );
  });
}

/** Comparing 25 MiB byte by byte takes a test runner minutes. */
const digestOf = (bytes: Buffer) => ({
  bytes: bytes.length,
  digest: createHash('sha256').update(bytes).digest('hex'),
});

/** How a stream ends; an error is in the status too. */
function statusOf(stream: NodeJS.EventEmitter): Promise<StatusObject> {
  stream.on('error', () => undefined);
  return new Promise((resolve) => stream.once('status', resolve));
}

/** What a stream brought, and how it ended. */
async function collect(stream: AsyncIterable<Buffer> & NodeJS.EventEmitter): Promise<[string[], number, string]> {
  const status = statusOf(stream);
  const messages: string[] = [];
  try {
    for await (const message of stream) messages.push(textOf(message));
  } catch {
    // The status says it.
  }
  const { code, details } = await status;
  // grpc-js says OK to what succeeded; the deployed node says nothing.
  return [messages, code, code === 0 ? '' : details];
}

/** A call by hand: these parts of the body, these headers. Status from headers or trailers, and the messages. */
async function byHand(
  address: string,
  {
    path = '/test.Echo/Unary',
    body,
    headers = {},
  }: { path?: string; body: readonly Uint8Array[]; headers?: IncomingHttpHeaders },
): Promise<{ http: unknown; status: unknown; messages: string[] }> {
  const session = connect(`http://${address}`);
  onCleanup(() => session.destroy());
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const seen: IncomingHttpHeaders = {};
  const reader = new FrameReader(Number.MAX_SAFE_INTEGER);
  stream.on('error', () => undefined);
  stream.on('response', (each) => Object.assign(seen, each));
  stream.on('trailers', (each) => Object.assign(seen, each));
  stream.on('data', (chunk: Buffer) => reader.push(chunk));
  for (const part of body) stream.write(part);
  stream.end();
  if (!stream.closed) await once(stream, 'close');
  const messages: string[] = [];
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) messages.push(textOf(frame.payload));
  return { http: seen[':status'], status: seen['grpc-status'], messages };
}

describe('our gRPC handler and @grpc/grpc-js', () => {
  it('answer unary calls alike: empty, small, 25 MiB, refused with any text, unknown', async () => {
    for (const request of [new Uint8Array(0), bytesOf('hello'), new Uint8Array(25 * MIB).fill(7)]) {
      const { code, bytes, digest } = await same((address) => unary(address, '/test.Echo/Unary', request));
      expect({ code, bytes, digest }).toEqual({ code: 0, ...digestOf(Buffer.from(request)) });
    }
    const refused = await same((address) => unary(address, '/test.Echo/Unary', bytesOf('!')));
    expect(refused.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(refused.details).toContain('größe');
    expect((await unary(await servers.ours(), '/test.Echo/Nothing', bytesOf('x'))).code).toBe(GrpcStatus.UNIMPLEMENTED);
  });

  it('refuse a request beyond the limit with RESOURCE_EXHAUSTED', async () => {
    const codes = async (address: string) => (await unary(address, '/test.Echo/Unary', new Uint8Array(27 * MIB))).code;
    expect(await same(codes)).toBe(GrpcStatus.RESOURCE_EXHAUSTED);
  });

  it('stream alike: everything, an error before and after the first message', async () => {
    for (const text of ['abc', '!', 'ab!c']) {
      const [messages, code] = await same((address) =>
        collect(clientOf(address).makeServerStreamRequest('/test.Echo/Server', buffer, (b) => b, bytesOf(text))),
      );
      expect(messages.join('')).toBe(text === 'abc' ? 'abc' : text.split('!')[0]);
      expect(code).toBe(text === 'abc' ? 0 : text === '!' ? GrpcStatus.INVALID_ARGUMENT : GrpcStatus.ABORTED);
    }
  });

  it('take streams of requests alike, to one answer and to many', async () => {
    const one = await same(
      (address) =>
        new Promise((resolve) => {
          const call = clientOf(address).makeClientStreamRequest(
            '/test.Echo/Client',
            buffer,
            (b) => b,
            (error, answer) => resolve(error === null ? textOf(answer as Buffer) : error.code),
          );
          for (const text of ['one ', 'two ', 'three']) call.write(bytesOf(text));
          call.end();
        }),
    );
    expect(one).toBe('one two three');
    const many = (parts: readonly string[]) => (address: string) => {
      const call = clientOf(address).makeBidiStreamRequest('/test.Echo/Duplex', buffer, (b) => b);
      for (const part of parts) call.write(bytesOf(part));
      call.end();
      return collect(call);
    };
    expect(await same(many(['a', 'b', 'c']))).toEqual([['a', 'b', 'c'], 0, '']);
    expect((await same(many(['a', '!', 'c'])))[1]).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(await same(many([]))).toEqual([[], 0, '']);
  });

  it('answer a duplex stream while the client still writes', async () => {
    await same(async (address) => {
      const call = clientOf(address).makeBidiStreamRequest('/test.Echo/Duplex', buffer, (b) => b);
      const status = statusOf(call);
      const answers: string[] = [];
      for (const text of ['x', 'y', 'z']) {
        call.write(bytesOf(text));
        answers.push(textOf(((await once(call, 'data')) as [Buffer])[0]));
      }
      call.resume();
      call.end();
      return [answers, (await status).code];
    });
  });

  it('honour deadlines of unary calls and of streams', async () => {
    const late = (address: string) => unary(address, '/test.Echo/Unary', bytesOf('?'), { deadline: Date.now() + 100 });
    expect(await same(async (address) => (await late(address)).code)).toBe(GrpcStatus.DEADLINE_EXCEEDED);
    // A client that sets no clock of its own is told by the server.
    const told = await same((address) =>
      byHand(address, { body: [frameOf(bytesOf('?'))], headers: { 'grpc-timeout': '50m' } }),
    );
    expect(told).toMatchObject({ http: 200, status: '4' });
    const stream = await same((address) =>
      byHand(address, {
        path: '/test.Echo/Server',
        body: [frameOf(bytesOf('a?'))],
        headers: { 'grpc-timeout': '1000m' },
      }),
    );
    expect(stream).toMatchObject({ status: '4', messages: ['a'] });
  });

  it('notice a client that cancels', async () => {
    await same(async (address) => {
      const call = clientOf(address).makeServerStreamRequest('/test.Echo/Server', buffer, (b) => b, bytesOf('a?b'));
      const status = statusOf(call);
      await once(call, 'data');
      call.cancel();
      return (await status).code;
    });
  });

  it('read frames cut anywhere, and requests compressed with gzip', async () => {
    const frame = frameOf(bytesOf('in pieces'));
    const pieces = Array.from(frame, (byte) => Uint8Array.of(byte));
    expect(await same((address) => byHand(address, { body: pieces }))).toMatchObject({
      status: '0',
      messages: ['in pieces'],
    });
    const zipped = frameOf(gzipSync(bytesOf('squeezed')), 1);
    const headers = { 'grpc-encoding': 'gzip' };
    expect(await same((address) => byHand(address, { body: [zipped], headers }))).toMatchObject({
      messages: ['squeezed'],
    });
  });

  it.each([
    ['a body without a frame', [], {}],
    ['a frame cut off', [frameOf(bytesOf('whole')).subarray(0, 7)], {}],
    ['two frames', [frameOf(bytesOf('a')), frameOf(bytesOf('b'))], {}],
    ['an encoding that nobody knows', [frameOf(bytesOf('a'), 1)], { 'grpc-encoding': 'snappy' }],
    ['gzip that is none', [frameOf(bytesOf('a'), 1)], { 'grpc-encoding': 'gzip' }],
  ] as const)('refuse %s, and serve the next call', async (_name, body, headers) => {
    for (const start of [servers.ours, servers['grpc-js']]) {
      const address = await start();
      expect((await byHand(address, { body, headers })).status).not.toBe('0');
      expect(await byHand(address, { body: [frameOf(bytesOf('next'))] })).toMatchObject({ messages: ['next'] });
    }
  });

  it.each([
    ['a compressed frame without an encoding', frameOf(bytesOf('a'), 1), {}],
    ['a timeout that is none', frameOf(bytesOf('a')), { 'grpc-timeout': '5 minutes' }],
  ] as const)('differ in that ours refuses %s', async (_name, frame, headers) => {
    expect((await byHand(await servers.ours(), { body: [frame], headers })).status).toBe('3');
  });
});
