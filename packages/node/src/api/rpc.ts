/**
 * The neutral form of an rpc: encoded messages in, encoded messages out. Each rpc is written once against it; the edges
 * (native gRPC, gRPC-web) move the bytes and know nothing of what they mean.
 */
import type {
  DescMessage,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
} from '@bufbuild/protobuf';
import { create, decodeProto, type MessageInitShape, type MessageShape, toBinary } from '@conclave/proto';
import { refusal } from '../errors.js';
import type { StreamSink } from '../fanout/sink.js';

/** One request, one answer. */
export interface UnaryRpc {
  readonly kind: 'unary';
  /** `/<package>.<Service>/<Rpc>` */
  readonly path: string;
  /** Rejects with NodeError, or with anything else for a bug. */
  handle(request: Uint8Array): Promise<Uint8Array>;
}

/** One request, then messages until one side ends the stream. */
export interface ServerStreamRpc {
  readonly kind: 'server-stream';
  readonly path: string;
  /** Resolves when the stream is over with status OK; rejects as `handle` does. */
  serve(request: Uint8Array, sink: StreamSink): Promise<void>;
}

/** Requests until the client has no more, and messages until one side ends the stream. */
export interface DuplexRpc {
  readonly kind: 'duplex';
  readonly path: string;
  /** As `serve` of a server stream. Iterating `requests` rejects when the client goes away or sends what is no request. */
  serve(requests: AsyncIterable<Uint8Array>, sink: StreamSink): Promise<void>;
}

/** Every kind of rpc that is served. */
export type Rpc = (UnaryRpc | ServerStreamRpc | DuplexRpc) & {
  /** The types of the messages, for what is asked in JSON. */
  readonly schemas?: { readonly input: DescMessage; readonly output: DescMessage };
};

/**
 * A unary rpc over decoded requests. A handler answers with the fields of the response or, where it has them, with the
 * response's encoded bytes.
 */
export function unaryRpc<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  handler: (request: MessageShape<I>) => Promise<MessageInitShape<O> | Uint8Array>,
): Rpc {
  return {
    kind: 'unary',
    path: rpcPath(method),
    schemas: method,
    async handle(bytes) {
      const answer = await handler(decodeRequest(method.input, bytes));
      return answer instanceof Uint8Array ? answer : toBinary(method.output, create(method.output, answer));
    },
  };
}

/** A unary rpc that decodes its request itself, and answers with encoded bytes. */
export function encodedUnaryRpc<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  handle: (request: Uint8Array) => Promise<Uint8Array>,
): Rpc {
  return { kind: 'unary', path: rpcPath(method), schemas: method, handle };
}

/** A server-streaming rpc over decoded requests. */
export function serverStreamRpc<I extends DescMessage, O extends DescMessage>(
  method: DescMethodServerStreaming<I, O>,
  handler: (request: MessageShape<I>, sink: StreamSink) => Promise<void>,
): Rpc {
  return {
    kind: 'server-stream',
    path: rpcPath(method),
    schemas: method,
    serve: async (bytes, sink) => handler(decodeRequest(method.input, bytes), sink),
  };
}

/** A duplex rpc over decoded requests. Iterating them rejects with `node/malformed-request` at the first that is none. */
export function duplexRpc<I extends DescMessage, O extends DescMessage>(
  method: DescMethodBiDiStreaming<I, O>,
  handler: (requests: AsyncIterable<MessageShape<I>>, sink: StreamSink) => Promise<void>,
): Rpc {
  return {
    kind: 'duplex',
    path: rpcPath(method),
    schemas: method,
    serve: async (requests, sink) => handler(decodeAll(method.input, requests), sink),
  };
}

/** Not a generator: that would hold the last request, which is no longer counted, until the next one comes. */
function decodeAll<I extends DescMessage>(
  schema: I,
  requests: AsyncIterable<Uint8Array>,
): AsyncIterable<MessageShape<I>> {
  const encoded = requests[Symbol.asyncIterator]();
  const decoded = (result: IteratorResult<Uint8Array>): IteratorResult<MessageShape<I>> =>
    result.done ? { done: true, value: undefined } : { done: false, value: decodeRequest(schema, result.value) };
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => encoded.next().then(decoded),
      return: async () => {
        await encoded.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}

/** Calls `take` with each request, and holds none: a loop that names them would hold the last until the next one comes. Rejects as either does. */
export async function forEachRequest<Request>(
  requests: AsyncIterable<Request>,
  take: (request: Request) => Promise<void> | void,
): Promise<void> {
  const iterator = requests[Symbol.asyncIterator]();
  const step = async (result: IteratorResult<Request>): Promise<boolean> => {
    if (!result.done) await take(result.value);
    return result.done !== true;
  };
  try {
    while (await iterator.next().then(step));
  } catch (error) {
    await iterator.return?.();
    throw error;
  }
}

function rpcPath(method: { readonly name: string; readonly parent: { readonly typeName: string } }): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** @throws NodeError `node/malformed-request` */
export function decodeRequest<I extends DescMessage>(schema: I, bytes: Uint8Array): MessageShape<I> {
  try {
    return decodeProto(schema, bytes);
  } catch (error) {
    throw refusal('node/malformed-request', error);
  }
}
