/** A plain gRPC client over a real socket: the schemas of @conclave/proto over @grpc/grpc-js. */
import type { DescMessage, DescMethod, DescMethodServerStreaming, DescMethodUnary } from '@bufbuild/protobuf';
import { create, fromBinary, type MessageInitShape, type MessageShape, toBinary } from '@conclave/proto';
import {
  Client,
  type ClientReadableStream,
  credentials,
  type Metadata,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js';

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes);
const asBytes = (buffer: Buffer) => new Uint8Array(buffer);

export function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** What a test compares a refused call with. */
export interface Refusal {
  readonly code: number;
  readonly details: string;
}

export class GrpcClient {
  readonly #client: Client;

  constructor(address: string | undefined) {
    this.#client = new Client(address ?? '', credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  /** Calls and decodes; rejects with the ServiceError of a refusal. */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    const bytes = await this.callRaw(pathOf(method), toBinary(method.input, create(method.input, request)));
    return fromBinary(method.output, bytes);
  }

  callRaw(path: string, request: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        asBuffer,
        asBytes,
        request,
        (error: ServiceError | null, value?: Uint8Array) =>
          error === null ? resolve(value as Uint8Array) : reject(error),
      );
    });
  }

  /** The status and text of a call that must fail. */
  async refusal<I extends DescMessage>(
    method: DescMethodUnary<I, DescMessage>,
    request: MessageInitShape<I>,
  ): Promise<Refusal> {
    const result = await this.call(method, request).then(
      () => ({ code: 0, details: 'the call succeeded' }),
      (error: ServiceError) => ({ code: error.code, details: error.details }),
    );
    return result;
  }

  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
  ): StreamReader<O> {
    const bytes = toBinary(method.input, create(method.input, request));
    return new StreamReader(
      method.output,
      this.#client.makeServerStreamRequest(pathOf(method), asBuffer, asBytes, bytes),
    );
  }

  close(): void {
    this.#client.close();
  }
}

/** A stream that is read when asked. */
export class StreamReader<O extends DescMessage> {
  /** The response headers. */
  readonly headers: Promise<Metadata>;
  /** How the stream ended. */
  readonly status: Promise<StatusObject>;
  readonly #schema: O;
  readonly #stream: ClientReadableStream<Uint8Array>;
  readonly #iterator: AsyncIterator<Uint8Array>;

  constructor(schema: O, stream: ClientReadableStream<Uint8Array>) {
    this.#schema = schema;
    this.#stream = stream;
    this.headers = new Promise((resolve) => stream.once('metadata', resolve));
    this.status = new Promise((resolve) => stream.once('status', resolve));
    stream.on('error', () => undefined);
    this.#iterator = stream[Symbol.asyncIterator]();
  }

  /** The next `count` messages. */
  async take(count: number): Promise<MessageShape<O>[]> {
    const messages: MessageShape<O>[] = [];
    while (messages.length < count) {
      const { done, value } = await this.#iterator.next();
      if (done) throw new TypeError(`the stream ended after ${messages.length} of ${count} messages`);
      messages.push(fromBinary(this.#schema, value));
    }
    return messages;
  }

  cancel(): void {
    this.#stream.cancel();
  }
}
