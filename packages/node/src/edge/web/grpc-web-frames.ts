/**
 * Framing of gRPC-web, binary form: frames as gRPC has them, the last of which holds the trailers.
 *
 *     flag      0x00 message, 0x80 trailers; bit 0 says that the payload is compressed
 *     trailers  header lines `name:value`, lower case, each ended by CRLF
 *
 * Source: gRPC-web protocol document ("PROTOCOL-WEB"); gRPC over HTTP/2 for the percent-encoding of grpc-message.
 */
import { NodeError } from '../../errors.js';
import { FRAME_HEAD_BYTES, type Frame, frameOf } from '../../frame.js';
import { GrpcStatus, type GrpcStatusCode, percentEncode } from '../../grpc-status.js';

const TRAILERS_FLAG = 0x80;

/** The frame that closes every answer. `message` is for an error. */
export function trailersFrame(status: GrpcStatusCode, message?: string): Uint8Array {
  const lines = [`grpc-status:${status}\r\n`];
  if (status !== GrpcStatus.OK && message !== undefined) {
    lines.push(`grpc-message:${percentEncode(message)}\r\n`);
  }
  return frameOf(Buffer.from(lines.join(''), 'latin1'), TRAILERS_FLAG);
}

/**
 * The frame of a request body, which is exactly one.
 * @throws NodeError `node/malformed-request`
 */
export function readRequestFrame(body: Uint8Array): Frame {
  if (body.length < FRAME_HEAD_BYTES) throw new NodeError('node/malformed-request', { reason: 'the frame is cut off' });
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (view.getUint32(1) !== body.length - FRAME_HEAD_BYTES) {
    throw new NodeError('node/malformed-request', { reason: 'the body is not one whole frame' });
  }
  return { flag: view.getUint8(0), payload: body.subarray(FRAME_HEAD_BYTES) };
}
