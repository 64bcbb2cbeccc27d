/** Reading a bounded request body whole. */
import type { IncomingMessage } from 'node:http';
import { NodeError } from '../../errors.js';

/**
 * @param onBytes told of every part; what it throws ends the reading
 * @throws NodeError `node/request-too-large`; what is still to come is then read and dropped, so that the answer can be
 *   sent, and `node/malformed-request` when the client cuts the request off
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isDropping = false;
    const cutOff = (cause?: unknown) =>
      reject(new NodeError('node/malformed-request', { reason: 'the request is cut off' }, cause));
    const drop = (reason: unknown) => {
      isDropping = true;
      chunks.length = 0;
      reject(reason);
    };
    request.on('data', (chunk: Buffer) => {
      if (isDropping) return;
      bytes += chunk.length;
      if (bytes > maxBytes) return drop(new NodeError('node/request-too-large', { maxBytes }));
      try {
        onBytes(chunk.length);
      } catch (error) {
        return drop(error);
      }
      chunks.push(chunk);
    });
    request.once('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.once('error', cutOff);
    request.once('aborted', cutOff);
  });
}
