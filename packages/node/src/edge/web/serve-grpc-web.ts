/**
 * One gRPC-web call: 200 and a trailers frame for every outcome, so that a page needs no exposed header to read the status.
 * Streams send their headers before there is anything to say.
 *
 * Source: gRPC-web notes on the deployed browser client, sections "Response", "Errors", "Server streams".
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { FRAME_HEAD_BYTES, frameOf } from '../../frame.js';
import { GrpcStatus } from '../../grpc-status.js';
import type { CallGate } from '../call-gate.js';
import { withDeadline } from '../deadline.js';
import { decompressorOf } from '../grpc/compression.js';
import { timeoutMsOf } from '../grpc/timeout.js';
import { endWith } from '../send-answer.js';
import { readRequestFrame, trailersFrame } from './grpc-web-frames.js';
import { isCut, readBody } from './read-body.js';
import { WebSink } from './web-sink.js';

/** True for the binary form of gRPC-web; the base64 form is not offered. */
export function isGrpcWeb(request: IncomingMessage): boolean {
  return /^application\/grpc-web(\+proto)?(;.*)?$/i.test(request.headers['content-type'] ?? '');
}

/** Answers a POST for which `isGrpcWeb` holds. Never rejects. */
export async function serveGrpcWeb(
  gate: CallGate,
  path: string,
  address: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const call = gate.begin(path, { protocol: 'grpc-web', address });
  response.setHeader('content-type', 'application/grpc-web+proto');
  // A proxy that collects the answer before it passes it on would silence every stream.
  response.setHeader('x-accel-buffering', 'no');
  response.setHeader('cache-control', 'no-store');
  let sink: WebSink | undefined;
  try {
    const { requestBytes } = gate.limits;
    const { 'grpc-timeout': timeout, 'grpc-encoding': encoding } = request.headers;
    const timeoutMs = timeoutMsOf(timeout);
    const body = await readBody(request, requestBytes + FRAME_HEAD_BYTES, call);
    const { kind } = call.rpc;
    const message = await decompressorOf(encoding, requestBytes)(readRequestFrame(body));
    if (kind === 'unary') {
      const answer = await withDeadline(timeoutMs, call.unary(message));
      call.answered(answer.length);
      endWith(response, Buffer.concat([frameOf(answer), trailersFrame(GrpcStatus.OK)]), gate.limits.subscriberStallMs);
    } else {
      sink = new WebSink(response);
      await withDeadline(timeoutMs, call.stream(message, sink));
      call.end(sink.signal.aborted ? GrpcStatus.CANCELLED : GrpcStatus.OK);
      endWith(response, trailersFrame(GrpcStatus.OK), gate.limits.subscriberStallMs);
    }
  } catch (thrown) {
    sink?.leave();
    const error = call.fail(thrown);
    if (isCut(error, request) && !response.headersSent) response.setHeader('connection', 'close');
    endWith(response, trailersFrame(error.status, error.message), gate.limits.subscriberStallMs);
  }
}
