/**
 * The HTTP/2 library alone: reads every request to its end and answers an empty message with its trailers, as gRPC has it, and does
 * nothing else. What no node on `node:http2` with one thread for its calls can be faster than. Prints `ready` and its address.
 */
import { createServer } from 'node:http2';

const HEADERS = { ':status': 200, 'content-type': 'application/grpc+proto' };
const TRAILERS = { 'grpc-status': '0' };
/** An uncompressed message of no bytes (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const EMPTY_MESSAGE = Buffer.alloc(5);

const server = createServer({ settings: { maxConcurrentStreams: 10_000 } });
server.on('stream', (stream) => {
  stream.on('wantTrailers', () => stream.sendTrailers(TRAILERS));
  stream.on('end', () => {
    stream.respond(HEADERS, { waitForTrailers: true });
    stream.end(EMPTY_MESSAGE);
  });
  stream.resume();
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`ready http://127.0.0.1:${server.address().port}\n`);
});
