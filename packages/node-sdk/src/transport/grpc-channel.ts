/**
 * A channel of @grpc/grpc-js and the calls over it. In a file of its own, because the library takes longer to load than the rest of the SDK: a
 * process pays for it with its first call.
 */
import type { DescMethodServerStreaming, DescMethodUnary, Message } from '@bufbuild/protobuf';
import {
  MAX_NETWORK_MESSAGE_BYTES,
  NetworkError,
  readAnswer,
  type StreamCall,
  type SubscribeOptions,
  type UnaryCall,
} from '@conclave/client';
import { fromBinary, toBinary } from '@conclave/proto';
import type { NetworkAddress } from '@conclave/sdk';
import { credentials, Client as GrpcClient, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { networkError } from './network-error.js';
import type { Tunnel } from './proxy-tunnel.js';

/**
 * Bytes that a node may send ahead: in a call, as to the deployed client, and on the whole connection. With HTTP/2's 64 kB (RFC 9113 section 6.9.2)
 * a megabyte would take some twenty round trips.
 */
const FLOW_CONTROL_WINDOW_BYTES = 2 * 1024 * 1024;

/** Where a channel leads. */
export interface ChannelAddress {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** Certificates in PEM, in place of the system's. */
  readonly tlsCa: Buffer | undefined;
  readonly tunnel: Tunnel | undefined;
  readonly callTimeoutMs: number;
}

/** Calls over one connection, which is made with the first and again when it was lost. */
export interface GrpcChannel {
  unary<Request extends Message, Response extends Message>(method: DescMethodUnary): UnaryCall<Request, Response>;
  stream<Request extends Message, Response extends Message>(
    method: DescMethodServerStreaming,
  ): StreamCall<Request, Response>;
  close(): void;
}

/** Opens a channel. */
export function openChannel(address: ChannelAddress, options: NetworkAddress): GrpcChannel {
  const { host, port, secure, tlsCa, tunnel, callTimeoutMs } = address;
  const channelCredentials = secure ? credentials.createSsl(tlsCa) : credentials.createInsecure();
  const client = new GrpcClient(tunnel?.target ?? `${host}:${port}`, channelCredentials, {
    // Behind a proxy gRPC sees a socket of this machine: the node is still called by its name.
    ...(tunnel && { 'grpc.default_authority': `${host}:${port}`, 'grpc.ssl_target_name_override': host }),
    'grpc.max_receive_message_length': MAX_NETWORK_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_NETWORK_MESSAGE_BYTES,
    'grpc-node.flow_control_window': FLOW_CONTROL_WINDOW_BYTES,
    'grpc.keepalive_time_ms': 16_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
    // Shorter than the client's retries take together (2 s): a node that is back is found by the call that needs it.
    'grpc.max_reconnect_backoff_ms': 1_000,
    // The retries of the client (network/retry.ts) are the only ones.
    'grpc.enable_retries': 0,
    // Every client has a connection of its own, so that closing one leaves the others alone.
    'grpc.use_local_subchannel_pool': 1,
  });
  const metadata = new Metadata();
  metadata.set('x-app-version', options.appVersion ?? '');
  metadata.set('x-libxmtp-version', options.libxmtpVersion);
  const failed = (code: number, text: string, path: string, cause?: unknown): NetworkError =>
    networkError(code, (code === status.UNAVAILABLE ? tunnel?.failure() : undefined) ?? text, path, cause);

  const unary = <Request extends Message, Response extends Message>(
    method: DescMethodUnary,
  ): UnaryCall<Request, Response> => {
    const path = pathOf(method);
    return (request, signal) =>
      new Promise((resolve, reject) => {
        options.counts?.add(method.name);
        if (signal?.aborted) return reject(networkError(status.CANCELLED, 'cancelled before it was sent', path));
        const call = client.makeUnaryRequest(
          path,
          (message: Request) => Buffer.from(toBinary(method.input, message)),
          plainBytes,
          request,
          metadata,
          { deadline: Date.now() + callTimeoutMs },
          (error: ServiceError | null, bytes?: Uint8Array) => {
            signal?.removeEventListener('abort', cancel);
            if (error !== null) return reject(failed(error.code, error.details, path, error));
            try {
              resolve(readAnswer(path, () => fromBinary(method.output, bytes as Uint8Array) as Response));
            } catch (unreadable) {
              reject(unreadable);
            }
          },
        );
        const cancel = (): void => call.cancel();
        signal?.addEventListener('abort', cancel, { once: true });
      });
  };

  const stream = <Request extends Message, Response extends Message>(
    method: DescMethodServerStreaming,
  ): StreamCall<Request, Response> => {
    const path = pathOf(method);
    return async function* subscribe(request: Request, { signal, onOpen }: SubscribeOptions) {
      if (signal.aborted) return;
      options.counts?.add(method.name);
      const call = client.makeServerStreamRequest(
        path,
        (message: Request) => Buffer.from(toBinary(method.input, message)),
        plainBytes,
        request,
        metadata,
      );
      const cancel = (): void => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      if (onOpen !== undefined) call.once('metadata', () => onOpen());
      try {
        for await (const bytes of call) yield readAnswer(path, () => fromBinary(method.output, bytes) as Response);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof NetworkError) throw error;
        const { code, details } = error as ServiceError;
        throw failed(code ?? status.UNKNOWN, details ?? '', path, error);
      } finally {
        signal.removeEventListener('abort', cancel);
        call.cancel();
      }
      // A node never ends a subscription by itself: an end without a status is a loss.
      if (!signal.aborted) throw networkError(status.UNAVAILABLE, 'the node ended the stream', path);
    };
  };

  return { unary, stream, close: () => client.close() };
}

function pathOf(method: DescMethodUnary | DescMethodServerStreaming): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** A Buffer's own `slice` shares memory, and what is decoded from one is made of Buffers: callers expect neither. No copy. */
function plainBytes(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
