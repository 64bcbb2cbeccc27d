/**
 * A gRPC relay that counts: calls and bytes of messages (with their 5-byte prefix, without HTTP/2 headers) between a client and the
 * node, whichever client it is. It adds to every call's time, so what is counted is not timed.
 */
import { IdentityApi, MlsApi } from '@conclave/proto';
import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';

const PREFIX_BYTES = 5;
const UNBOUNDED = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
const same = (bytes) => bytes;

/** @param url - of the node */
export async function startRelay(url) {
  const upstream = new Client(new URL(url).host, credentials.createInsecure(), UNBOUNDED);
  const server = new Server(UNBOUNDED);
  const methods = [MlsApi, IdentityApi].flatMap((service) => service.methods);
  let counts = {};
  const countUp = (path, bytes) => {
    counts[path] ??= { calls: 0, up: 0, down: 0 };
    counts[path].calls += 1;
    counts[path].up += bytes.length + PREFIX_BYTES;
    return counts[path];
  };
  const definition = {};
  const implementation = {};
  for (const method of methods) {
    const path = `/${method.parent.typeName}/${method.name}`;
    const responseStream = method.methodKind === 'server_streaming';
    const shape = {
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    };
    definition[path] = { path, requestStream: false, responseStream, ...shape };
    implementation[path] = responseStream
      ? (call) => {
          const entry = countUp(path, call.request);
          const source = upstream.makeServerStreamRequest(path, same, same, call.request, new Metadata());
          source.on('metadata', (metadata) => call.sendMetadata(metadata));
          source.on('data', (bytes) => {
            entry.down += bytes.length + PREFIX_BYTES;
            call.write(bytes);
          });
          source.on('error', (error) => call.emit('error', { code: error.code, details: error.details }));
          source.on('end', () => call.end());
          call.on('cancelled', () => source.cancel());
        }
      : (call, answer) => {
          const entry = countUp(path, call.request);
          upstream.makeUnaryRequest(path, same, same, call.request, (error, bytes) => {
            if (error) return answer({ code: error.code, details: error.details });
            entry.down += bytes.length + PREFIX_BYTES;
            answer(null, bytes);
          });
        };
  }
  server.addService(definition, implementation);
  const port = await new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return {
    url: `http://127.0.0.1:${port}`,
    /** What was counted since the last call, in all. */
    take() {
      const total = { calls: 0, up: 0, down: 0 };
      for (const entry of Object.values(counts)) for (const key of Object.keys(total)) total[key] += entry[key];
      counts = {};
      return total;
    },
    stop() {
      server.forceShutdown();
      upstream.close();
    },
  };
}
