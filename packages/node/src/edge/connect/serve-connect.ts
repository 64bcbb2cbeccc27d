/**
 * One call of the Connect protocol, over HTTP/1.1 or HTTP/2, in protobuf or JSON: a unary call is a plain POST and its plain
 * answer (`curl` will do), a stream is a sequence of frames of which the last holds the outcome.
 *
 * Source: Connect protocol reference, sections "Unary-Request", "Streaming-Request", "Error Codes".
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Rpc } from '../../api/rpc.js';
import { NodeError } from '../../errors.js';
import type { StreamSink } from '../../fanout/sink.js';
import { type Frame, FrameReader, frameOf } from '../../frame.js';
import { GrpcStatus } from '../../grpc-status.js';
import type { CallGate, GateCall } from '../call-gate.js';
import { withDeadline } from '../deadline.js';
import { decompressorOf, inflate } from '../grpc/compression.js';
import { endWith } from '../send-answer.js';
import { isCut, readBody } from '../web/read-body.js';
import { WebSink } from '../web/web-sink.js';
import { type Codec, codecOf } from './codec.js';
import { connectErrorOf, httpStatusOf } from './connect-errors.js';

const END_FLAG = 0x02;
const CONTENT_TYPE = /^application\/(connect\+)?(proto|json)(?:;.*)?$/i;

/** True for a POST of a content type of Connect; the path must be that of an rpc. */
export function isConnect(request: IncomingMessage): boolean {
  return CONTENT_TYPE.test(request.headers['content-type'] ?? '');
}

/** Answers a POST for which `isConnect` holds. Never rejects. */
export async function serveConnect(
  gate: CallGate,
  path: string,
  address: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const call = gate.begin(path, { protocol: 'connect', address });
  const [, streaming, format = 'proto'] = CONTENT_TYPE.exec(request.headers['content-type'] ?? '') ?? [];
  const codec = (rpc: Rpc) => codecOf(format.toLowerCase() as 'proto' | 'json', rpc);
  response.setHeader('cache-control', 'no-store');
  if (streaming === undefined) {
    await serveUnary(gate, call, codec, `application/${format}`, request, response);
  } else {
    response.setHeader('content-type', `application/connect+${format}`);
    response.setHeader('x-accel-buffering', 'no');
    await serveStream(gate, call, codec, request, response);
  }
}

async function serveUnary(
  { limits }: CallGate,
  call: GateCall,
  codecFor: (rpc: Rpc) => Codec,
  contentType: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const timeoutMs = timeoutMsOf(request);
    const body = await readBody(request, limits.requestBytes, call);
    const codec = codecFor(call.rpc);
    const message = codec.decode(await decoded(body, request.headers['content-encoding'], limits.requestBytes));
    const answer = codec.encode(await withDeadline(timeoutMs, call.unary(message)));
    call.answered(answer.length);
    response.writeHead(200, { 'content-type': contentType, 'content-length': answer.length });
    endWith(response, answer, limits.subscriberStallMs);
  } catch (thrown) {
    const error = call.fail(thrown);
    if (response.headersSent) return;
    if (isCut(error, request)) response.setHeader('connection', 'close');
    response.writeHead(httpStatusOf(error), { 'content-type': 'application/json' });
    endWith(response, Buffer.from(JSON.stringify(connectErrorOf(error))), limits.subscriberStallMs);
  }
}

async function serveStream(
  gate: CallGate,
  call: GateCall,
  codecFor: (rpc: Rpc) => Codec,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const sink = new WebSink(response);
  try {
    const { rpc } = call;
    const codec = codecFor(rpc);
    const timeoutMs = timeoutMsOf(request);
    // The iteration fails with it; a client that does not bring its request is owed no status.
    call.whenLate((error) => request.destroy(error));
    const requests = readFrames(gate, call, codec, request);
    const encoding: StreamSink = {
      open: () => sink.open(),
      write: (frames) => sink.write(codec.encodeFrames(frames)),
      drained: () => sink.drained(),
      signal: sink.signal,
    };
    const serve = (input: Uint8Array | AsyncIterable<Uint8Array>) =>
      withDeadline(timeoutMs, call.stream(input, encoding));
    await (rpc.kind === 'duplex' ? serve(requests) : withOnlyOne(requests, serve));
    call.end(sink.signal.aborted ? GrpcStatus.CANCELLED : GrpcStatus.OK);
    response.end(frameOf(Buffer.from('{}'), END_FLAG));
  } catch (thrown) {
    sink.leave();
    const error = call.fail(thrown);
    request.resume();
    response.end(frameOf(Buffer.from(JSON.stringify({ error: connectErrorOf(error) })), END_FLAG));
  }
}

async function* readFrames(
  { limits }: CallGate,
  call: GateCall,
  codec: Codec,
  request: IncomingMessage,
): AsyncIterable<Uint8Array> {
  const reader = new FrameReader(limits.requestBytes);
  const encoding = request.headers['connect-content-encoding'];
  const decompress = decompressorOf(encoding, limits.requestBytes);
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    call.received(chunk.length);
    reader.push(chunk);
    for (let frame: Frame | undefined = reader.next(); frame !== undefined; frame = reader.next()) {
      if (frame.flag & END_FLAG) return;
      yield codec.decode(await decompress(frame));
    }
    call.consumed(reader.pendingBytes);
  }
  if (reader.pendingBytes > 0) throw new NodeError('node/malformed-request', { reason: 'the request is cut off' });
}

/** Not async, so that nothing here holds the request for as long as the stream lasts. */
function withOnlyOne(
  requests: AsyncIterable<Uint8Array>,
  serve: (request: Uint8Array) => Promise<void>,
): Promise<void> {
  return onlyOne(requests).then(serve);
}

async function onlyOne(requests: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  let only: Uint8Array | undefined;
  for await (const request of requests) {
    if (only !== undefined) throw new NodeError('node/malformed-request', { reason: 'there is more than one request' });
    only = request;
  }
  if (only === undefined) throw new NodeError('node/malformed-request', { reason: 'there is no request' });
  return only;
}

async function decoded(body: Uint8Array, encoding: string | undefined, maxBytes: number): Promise<Uint8Array> {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding === 'gzip') return inflate(body, maxBytes);
  throw new NodeError('node/unknown-encoding');
}

/** Header connect-timeout-ms: up to ten digits. @throws NodeError `node/malformed-request` */
function timeoutMsOf(request: IncomingMessage): number | undefined {
  const header = request.headers['connect-timeout-ms'];
  if (header === undefined) return undefined;
  if (!/^\d{1,10}$/.test(String(header))) {
    throw new NodeError('node/malformed-request', { reason: 'the header connect-timeout-ms is malformed' });
  }
  return Math.min(Number(header), 2 ** 31 - 1);
}
