/** Reading a bounded request body whole. */
import type { IncomingMessage } from 'node:http';
import { NodeError } from '../../errors.js';

/**
 * @throws NodeError `node/request-too-large`; what is still to come is then read and dropped, so that the answer can be
 *   sent, and `node/malformed-request` when the client cuts the request off
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        reject(new NodeError('node/request-too-large', { maxBytes }));
      }
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', (error) => reject(new NodeError('node/malformed-request', { reason: 'cut off' }, error)));
  });
}
