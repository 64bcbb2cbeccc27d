/**
 * One gRPC-web call: 200 and a trailers frame for every outcome, so that a page needs no exposed header to read the status.
 * Streams send their headers before there is anything to say.
 *
 * Source: gRPC-web notes on the deployed browser client, sections "Response", "Errors", "Server streams".
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { FRAME_HEAD_BYTES, frameOf } from '../../frame.js';
import { GrpcStatus } from '../../grpc-status.js';
import type { CallGate, GateCall } from '../call-gate.js';
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
    const timeoutMs = timeoutMsOf(request.headers['grpc-timeout']);
    const answer = await withMessage(gate, call, request, (message): Promise<unknown> => {
      if (call.rpc.kind === 'unary') return withDeadline(timeoutMs, call.unary(message));
      sink = new WebSink(response);
      return withDeadline(timeoutMs, call.stream(message, sink));
    });
    if (answer instanceof Uint8Array) {
      call.answered(answer.length);
      endWith(response, Buffer.concat([frameOf(answer), trailersFrame(GrpcStatus.OK)]), gate.limits.subscriberStallMs);
    } else {
      call.end(sink?.signal.aborted ? GrpcStatus.CANCELLED : GrpcStatus.OK);
      endWith(response, trailersFrame(GrpcStatus.OK), gate.limits.subscriberStallMs);
    }
  } catch (thrown) {
    sink?.leave();
    const error = call.fail(thrown);
    if (isCut(error, request) && !response.headersSent) response.setHeader('connection', 'close');
    endWith(response, trailersFrame(error.status, error.message), gate.limits.subscriberStallMs);
  }
}

/** Reads the request and hands it over. Not async, so that nothing here holds the request for as long as a stream lasts. */
function withMessage(
  gate: CallGate,
  call: GateCall,
  request: IncomingMessage,
  serve: (message: Uint8Array) => Promise<unknown>,
): Promise<unknown> {
  return readMessage(gate, call, request).then(serve);
}

async function readMessage({ limits }: CallGate, call: GateCall, request: IncomingMessage): Promise<Uint8Array> {
  const body = await readBody(request, limits.requestBytes + FRAME_HEAD_BYTES, call);
  return decompressorOf(request.headers['grpc-encoding'], limits.requestBytes)(readRequestFrame(body));
}
