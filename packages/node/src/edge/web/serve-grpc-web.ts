/**
 * One gRPC-web call over HTTP/1.1. Whatever comes of it, the answer is 200 with frames and a trailers frame: the browser
 * client reads a status in no other form without further headers.
 *
 * Written on node:http rather than on a library's adapter for three reasons: a stream's headers must leave before its
 * first message, answers are encoded already, and a malformed request is INVALID_ARGUMENT. A test holds the framing equal
 * to what @connectrpc/connect's gRPC-web client accepts.
 *
 * Source: gRPC-web notes on the deployed browser client, sections "Response", "Errors" and "Server streams".
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Rpc } from '../../api/rpc.js';
import { NodeError } from '../../errors.js';
import { GrpcStatus } from '../../grpc-status.js';
import type { NodeLimits } from '../../limits.js';
import type { Logger } from '../../logger.js';
import { reportFailure } from '../report-failure.js';
import { FRAME_HEAD_BYTES, messageFrameHead, readRequestFrame, trailersFrame } from './grpc-web-frames.js';
import { readBody } from './read-body.js';
import { WebSink } from './web-sink.js';

/** What a call needs. */
export interface GrpcWebOptions {
  readonly services: ReadonlyMap<string, Rpc>;
  readonly limits: Pick<NodeLimits, 'requestBytes'>;
  readonly logger: Logger;
}

/** True for the binary form of gRPC-web; the base64 form is not offered. */
export function isGrpcWeb(request: IncomingMessage): boolean {
  return /^application\/grpc-web(\+proto)?(;.*)?$/i.test(request.headers['content-type'] ?? '');
}

/** Answers a POST for which `isGrpcWeb` holds. Never rejects. */
export async function serveGrpcWeb(
  { services, limits, logger }: GrpcWebOptions,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('content-type', 'application/grpc-web+proto');
  // A proxy that collects the answer before it passes it on would silence every stream.
  response.setHeader('x-accel-buffering', 'no');
  response.setHeader('cache-control', 'no-store');
  try {
    const body = await readBody(request, limits.requestBytes + FRAME_HEAD_BYTES);
    const rpc = services.get(path);
    if (rpc === undefined) throw new NodeError('node/not-served', { path });
    const message = readRequestFrame(body);
    if (rpc.kind === 'unary') {
      const answer = await rpc.handle(message);
      response.cork();
      response.write(messageFrameHead(answer.length));
      response.write(answer);
    } else {
      await rpc.serve(message, new WebSink(response));
    }
    response.end(trailersFrame(GrpcStatus.OK));
  } catch (thrown) {
    const { code, status, message } = reportFailure(logger, path, thrown);
    // What is left of an oversized body is not worth waiting for.
    if (code === 'node/request-too-large' && !response.headersSent) response.setHeader('connection', 'close');
    response.end(trailersFrame(status, message));
  }
}
