/** Compressed requests. Answers are never compressed: ciphertext does not get smaller. Source: gRPC over HTTP/2, "Message-Encoding"; gRPC compression document. */
import { gunzip } from 'node:zlib';
import { NodeError } from '../../errors.js';
import { COMPRESSED_FLAG, type Frame } from '../../frame.js';

/** The payload of a frame, at once or when it is decompressed. */
export type Decompress = (frame: Frame) => Uint8Array | Promise<Uint8Array>;

/**
 * Reads frames of a call with this encoding.
 *
 * @param encoding header grpc-encoding; none is identity
 * @param maxBytes largest message after decompression
 * @throws (when reading) NodeError `node/unknown-encoding`, `node/malformed-request`, `node/request-too-large`
 */
export function decompressorOf(encoding: string | readonly string[] | undefined, maxBytes: number): Decompress {
  return ({ flag, payload }) => {
    if (flag === 0) return payload;
    if (flag !== COMPRESSED_FLAG)
      throw new NodeError('node/malformed-request', { reason: 'the frame has an unknown flag' });
    if (encoding === 'gzip') return inflate(payload, maxBytes);
    if (encoding === undefined || encoding === 'identity') {
      throw new NodeError('node/malformed-request', { reason: 'the frame is compressed and no encoding is named' });
    }
    throw new NodeError('node/unknown-encoding');
  };
}

/** @throws NodeError `node/malformed-request`, `node/request-too-large` */
export function inflate(payload: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    gunzip(payload, { maxOutputLength: maxBytes }, (error, bytes) => {
      if (error === null) resolve(bytes);
      else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
        reject(new NodeError('node/request-too-large', { maxBytes }));
      } else reject(new NodeError('node/malformed-request', { reason: 'the frame does not decompress' }));
    });
  });
}
