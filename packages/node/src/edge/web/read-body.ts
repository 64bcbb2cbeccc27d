/** Reading a bounded request body whole. */
import type { IncomingMessage } from 'node:http';
import { NodeError } from '../../errors.js';

/** Who is told of a request that arrives. */
export interface BodyMeter {
  /** A part has arrived; what this throws ends the reading. */
  received(bytes: number): void;
  /** Calls the listener when the rest does not come in time. */
  whenLate(listener: (error: NodeError) => void): void;
}

/** Outside of `readBody`: whatever is written in there holds on to all of it. */
const ignore = () => undefined;

/**
 * @throws NodeError `node/request-too-large`; what is still to come is then read and dropped, so that the answer can be
 *   sent, `node/malformed-request` when the client cuts the request off, and what the meter says
 */
export function readBody(request: IncomingMessage, maxBytes: number, meter: BodyMeter): Promise<Uint8Array> {
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
    const take = (chunk: Buffer) => {
      if (isDropping) return;
      bytes += chunk.length;
      if (bytes > maxBytes) return drop(new NodeError('node/request-too-large', { maxBytes }));
      try {
        meter.received(chunk.length);
      } catch (error) {
        return drop(error);
      }
      chunks.push(chunk);
    };
    meter.whenLate(drop);
    request.on('data', take);
    request.once('error', cutOff);
    request.once('aborted', cutOff);
    request.once('end', () => {
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
      // The answer may be a stream. Listeners would hold the body for as long as that lasts: through its parts, and through its promise.
      chunks.length = 0;
      request.off('data', take).off('error', cutOff).off('aborted', cutOff);
      meter.whenLate(ignore);
    });
  });
}

/** True after an error that leaves a part of the body to come which is not worth waiting for: over HTTP/1.1 the connection then ends. */
export function isCut(error: NodeError, { httpVersionMajor }: IncomingMessage): boolean {
  return httpVersionMajor === 1 && (error.code === 'node/request-too-large' || error.code === 'node/request-late');
}
