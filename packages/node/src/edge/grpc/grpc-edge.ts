/**
 * Native gRPC over cleartext HTTP/2. Requests and answers pass through as bytes: the serialisers of @grpc/grpc-js are the
 * identity, and the rpc table does the rest. What is not in the table, the library answers with UNIMPLEMENTED.
 *
 * HTTP/2 pings are answered by Node at any rate, with calls or without; a client may ping every 15 seconds for ever.
 */
import {
  logVerbosity,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  setLogVerbosity,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import type { Rpc, ServerStreamRpc, UnaryRpc } from '../../api/rpc.js';
import { formatAddress, type ListenAddress } from '../../config.js';
import { NodeError } from '../../errors.js';
import type { NodeLimits } from '../../limits.js';
import type { Logger } from '../../logger.js';
import type { Edge } from '../edge.js';
import { reportFailure } from '../report-failure.js';
import { GrpcSink } from './grpc-sink.js';

/** What the native port needs. */
export interface GrpcEdgeOptions {
  readonly address: ListenAddress;
  readonly services: ReadonlyMap<string, Rpc>;
  readonly limits: Pick<NodeLimits, 'requestBytes' | 'drainMs'>;
  readonly logger: Logger;
}

// The library would print to the console what reaches our callers as typed errors anyway.
if (process.env.GRPC_VERBOSITY === undefined) setLogVerbosity(logVerbosity.NONE);

const passThrough = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** @throws NodeError `node/address-in-use`, `node/cannot-listen` */
export async function startGrpcEdge(options: GrpcEdgeOptions): Promise<Edge> {
  const { address, services, limits, logger } = options;
  const server = new Server({
    'grpc.max_receive_message_length': limits.requestBytes,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': 5 * 60_000,
    'grpc.keepalive_timeout_ms': 20_000,
  });
  const definition: Record<string, MethodDefinition<Uint8Array, Uint8Array>> = {};
  const implementation: Record<string, UntypedHandleCall> = {};
  for (const rpc of services.values()) {
    definition[rpc.path] = {
      path: rpc.path,
      requestStream: false,
      responseStream: rpc.kind === 'server-stream',
      requestSerialize: passThrough,
      requestDeserialize: (bytes) => bytes,
      responseSerialize: passThrough,
      responseDeserialize: (bytes) => bytes,
    };
    implementation[rpc.path] = rpc.kind === 'unary' ? unaryHandler(rpc, logger) : streamHandler(rpc, logger);
  }
  server.addService(definition, implementation);
  const port = await bind(server, address);
  return { address: { host: address.host, port }, stop: () => stop(server, limits.drainMs) };
}

function bind(server: Server, address: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(formatAddress(address), ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) return resolve(port);
      // The library folds the system's error code into a sentence.
      const code = error.message.includes('EADDRINUSE') ? 'node/address-in-use' : 'node/cannot-listen';
      reject(new NodeError(code, { address: formatAddress(address) }, error));
    });
  });
}

function stop(server: Server, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.forceShutdown(), drainMs);
    server.tryShutdown(() => {
      clearTimeout(cut);
      resolve();
    });
  });
}

function unaryHandler(rpc: UnaryRpc, logger: Logger) {
  return (call: ServerUnaryCall<Uint8Array, Uint8Array>, answer: sendUnaryData<Uint8Array>): void => {
    rpc.handle(call.request).then(
      (bytes) => answer(null, bytes),
      (thrown) => {
        const { status, message } = reportFailure(logger, rpc.path, thrown);
        answer({ code: status, details: message });
      },
    );
  };
}

function streamHandler(rpc: ServerStreamRpc, logger: Logger) {
  return (call: ServerWritableStream<Uint8Array, Uint8Array>): void => {
    rpc.serve(call.request, new GrpcSink(call)).then(
      () => call.end(),
      (thrown) => {
        const { status, message } = reportFailure(logger, rpc.path, thrown);
        call.emit('error', { code: status, details: message });
      },
    );
  };
}
