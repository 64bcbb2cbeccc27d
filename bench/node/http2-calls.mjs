/**
 * gRPC calls straight on node:http2: a generator of load that takes a fraction of what a gRPC library takes, so that on a machine with
 * few cores the node is measured and not the one who asks.
 */
import { connect } from 'node:http2';

const PREFIX_BYTES = 5;

/** A message with its prefix: not compressed, length. */
function frame(bytes) {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + bytes.length);
  framed.writeUInt8(0, 0);
  framed.writeUInt32BE(bytes.length, 1);
  framed.set(bytes, PREFIX_BYTES);
  return framed;
}

/** One connection. */
export function openCalls(url) {
  const session = connect(url, { settings: { initialWindowSize: 16 * 1024 * 1024 } });
  session.on('error', () => {});
  const request = (path) =>
    session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });

  return {
    /** Resolves with the number of bytes of the answer; rejects on any status but OK. */
    call(path, message) {
      return new Promise((resolve, reject) => {
        const stream = request(path);
        let bytes = 0;
        let status;
        stream.on('data', (chunk) => {
          bytes += chunk.length;
        });
        const read = (headers) => {
          status ??= headers['grpc-status'];
        };
        stream.on('response', read);
        stream.on('trailers', read);
        stream.once('error', reject);
        stream.once('close', () => {
          if (status === '0') resolve(bytes);
          else reject(new Error(`${path}: gRPC status ${status}`));
        });
        stream.end(frame(message));
      });
    },
    /** A stream of answers. `onMessages` is told how many messages each chunk completed. @returns when it is open */
    subscribe(path, message, onMessages) {
      return new Promise((resolve, reject) => {
        const stream = request(path);
        let missing = 0;
        let prefix = Buffer.alloc(0);
        stream.once('response', () => resolve());
        stream.once('error', reject);
        stream.on('data', (chunk) => {
          let complete = 0;
          for (let at = 0; at < chunk.length; ) {
            if (missing > 0) {
              const taken = Math.min(missing, chunk.length - at);
              missing -= taken;
              at += taken;
              if (missing === 0) complete += 1;
              continue;
            }
            const taken = Math.min(PREFIX_BYTES - prefix.length, chunk.length - at);
            prefix = Buffer.concat([prefix, chunk.subarray(at, at + taken)]);
            at += taken;
            if (prefix.length < PREFIX_BYTES) continue;
            missing = prefix.readUInt32BE(1);
            prefix = Buffer.alloc(0);
            if (missing === 0) complete += 1;
          }
          if (complete > 0) onMessages(complete);
        });
        stream.end(frame(message));
      });
    },
    close: () => session.destroy(),
  };
}
