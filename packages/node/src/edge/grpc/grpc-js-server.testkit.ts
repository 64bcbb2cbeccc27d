/** The same table of rpcs served by @grpc/grpc-js: what our own handler is compared with. */
import {
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import type { Rpc } from '../../api/rpc.js';
import { toNodeError } from '../../errors.js';
import type { StreamSink } from '../../fanout/sink.js';
import { FrameReader } from '../../frame.js';
import { onCleanup } from '../../log/log.testkit.js';

const passThrough = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

type AnyStream = ServerWritableStream<Uint8Array, Uint8Array> | ServerDuplexStream<Uint8Array, Uint8Array>;

/** Serves the table on a free port; gives the address. */
export async function startGrpcJsServer(rpcs: readonly Rpc[], requestBytes: number): Promise<string> {
  const server = new Server({
    'grpc.max_receive_message_length': requestBytes,
    'grpc.max_send_message_length': -1,
  });
  const definition: Record<string, MethodDefinition<Uint8Array, Uint8Array>> = {};
  const implementation: Record<string, UntypedHandleCall> = {};
  for (const rpc of rpcs) {
    definition[rpc.path] = {
      path: rpc.path,
      requestStream: rpc.kind === 'duplex',
      responseStream: rpc.kind !== 'unary',
      requestSerialize: passThrough,
      requestDeserialize: (bytes) => bytes,
      responseSerialize: passThrough,
      responseDeserialize: (bytes) => bytes,
    };
    implementation[rpc.path] = handlerOf(rpc);
  }
  server.addService(definition, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  onCleanup(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}

function handlerOf(rpc: Rpc): UntypedHandleCall {
  if (rpc.kind === 'unary') {
    return (call: ServerUnaryCall<Uint8Array, Uint8Array>, answer: sendUnaryData<Uint8Array>) => {
      rpc.handle(call.request).then(
        (bytes) => answer(null, bytes),
        (thrown) => answer(statusOf(thrown)),
      );
    };
  }
  return (call: AnyStream) => {
    const served =
      rpc.kind === 'duplex'
        ? rpc.serve(
            (call as ServerDuplexStream<Uint8Array, Uint8Array>).iterator({ destroyOnReturn: false }),
            sinkOf(call),
          )
        : rpc.serve((call as ServerWritableStream<Uint8Array, Uint8Array>).request, sinkOf(call));
    served.then(
      () => call.end(),
      (thrown) => call.emit('error', statusOf(thrown)),
    );
  };
}

const statusOf = (thrown: unknown) => {
  const { status, message } = toNodeError(thrown);
  return { code: status, details: message };
};

function sinkOf(call: AnyStream): StreamSink {
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort());
  return {
    signal: gone.signal,
    open() {
      const metadata = new Metadata();
      metadata.set('subscribed', 'true');
      call.sendMetadata(metadata);
    },
    write(frames) {
      const reader = new FrameReader(Number.MAX_SAFE_INTEGER);
      reader.push(passThrough(frames));
      let ready = true;
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) ready = call.write(frame.payload);
      return ready;
    },
    drained: () => new Promise((resolve) => call.once('drain', resolve)),
  };
}
