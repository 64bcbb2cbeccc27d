/**
 * Framing of gRPC-web, binary form.
 *
 *     frame     flag:u8 length:u32 payload
 *     flag      0x00 message, 0x80 trailers (the last frame); bit 0 says that the payload is compressed
 *     trailers  header lines `name:value`, lower case, each ended by CRLF
 *
 * Source: gRPC-web protocol document ("PROTOCOL-WEB"); gRPC over HTTP/2 for the percent-encoding of grpc-message.
 */
import { NodeError } from '../../errors.js';
import { GrpcStatus, type GrpcStatusCode } from '../../grpc-status.js';

/** Bytes in front of every payload. */
export const FRAME_HEAD_BYTES = 5;

const TRAILERS_FLAG = 0x80;

/** Flag and length of a message frame. */
export function messageFrameHead(length: number): Uint8Array {
  return frameHead(0, length);
}

/** The frame that closes every answer. `message` is for an error. */
export function trailersFrame(status: GrpcStatusCode, message?: string): Uint8Array {
  const lines = [`grpc-status:${status}\r\n`];
  if (status !== GrpcStatus.OK && message !== undefined) {
    lines.push(`grpc-message:${percentEncode(message)}\r\n`);
  }
  const payload = Buffer.from(lines.join(''), 'latin1');
  return Buffer.concat([frameHead(TRAILERS_FLAG, payload.length), payload]);
}

/**
 * The message of a request body, which is exactly one frame.
 * @throws NodeError `node/malformed-request`
 */
export function readRequestFrame(body: Uint8Array): Uint8Array {
  if (body.length < FRAME_HEAD_BYTES) throw new NodeError('node/malformed-request', { reason: 'the frame is cut off' });
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (view.getUint8(0) !== 0) throw new NodeError('node/malformed-request', { reason: 'the frame has a flag' });
  if (view.getUint32(1) !== body.length - FRAME_HEAD_BYTES) {
    throw new NodeError('node/malformed-request', { reason: 'the body is not one whole frame' });
  }
  return body.subarray(FRAME_HEAD_BYTES);
}

function frameHead(flag: number, length: number): Uint8Array {
  const head = new Uint8Array(FRAME_HEAD_BYTES);
  head[0] = flag;
  new DataView(head.buffer).setUint32(1, length);
  return head;
}

/** Printable ASCII but the percent sign stays as it is; every other byte of the UTF-8 form becomes %XX. */
function percentEncode(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    out += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
