/**
 * The client's `Network` over native gRPC (HTTP/2) with @grpc/grpc-js: paths, headers and limits of the deployed clients
 * (libxmtp 1.10.0). One channel per client; it connects lazily and reconnects by itself.
 */

import type { DescMethodServerStreaming, DescMethodUnary, Message } from '@bufbuild/protobuf';
import {
  MAX_NETWORK_MESSAGE_BYTES,
  NetworkError,
  type StreamCall,
  type SubscribeOptions,
  type UnaryCall,
} from '@conclave/client';
import { fromBinary, IdentityApi, MlsApi, toBinary } from '@conclave/proto';
import type { NetworkAddress, OpenNetwork } from '@conclave/sdk';
import {
  type ChannelCredentials,
  credentials,
  Client as GrpcClient,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';

/** How to reach a node: `http://` is cleartext HTTP/2. */
export interface GrpcNetworkOptions extends NetworkAddress {
  /** Deadline of a unary call; default 120,000 ms. */
  readonly callTimeoutMs?: number;
}

/** @throws NetworkError on an address that is not one */
export function openGrpcNetwork(options: GrpcNetworkOptions): OpenNetwork {
  const { target, channelCredentials } = addressOf(options.url);
  const client = new GrpcClient(target, channelCredentials, {
    'grpc.max_receive_message_length': MAX_NETWORK_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_NETWORK_MESSAGE_BYTES,
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
  const timeoutMs = options.callTimeoutMs ?? 120_000;

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
          (bytes: Buffer) => fromBinary(method.output, bytes) as Response,
          request,
          metadata,
          { deadline: Date.now() + timeoutMs },
          (error: ServiceError | null, response?: Response) => {
            signal?.removeEventListener('abort', cancel);
            if (error !== null) reject(networkError(error.code, error.details, path, error));
            else resolve(response as Response);
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
        (bytes: Buffer) => fromBinary(method.output, bytes) as Response,
        request,
        metadata,
      );
      const cancel = (): void => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      if (onOpen !== undefined) call.once('metadata', () => onOpen());
      try {
        for await (const message of call) yield message as Response;
      } catch (error) {
        if (signal.aborted) return;
        const { code, details } = error as ServiceError;
        throw networkError(code ?? status.UNKNOWN, details ?? '', path, error);
      } finally {
        signal.removeEventListener('abort', cancel);
        call.cancel();
      }
      // A node never ends a subscription by itself: an end without a status is a loss.
      if (!signal.aborted) throw networkError(status.UNAVAILABLE, 'the node ended the stream', path);
    };
  };

  const mls = MlsApi.method;
  const identity = IdentityApi.method;
  return {
    uploadKeyPackage: unary(mls.uploadKeyPackage),
    fetchKeyPackages: unary(mls.fetchKeyPackages),
    sendGroupMessages: unary(mls.sendGroupMessages),
    sendWelcomeMessages: unary(mls.sendWelcomeMessages),
    queryGroupMessages: unary(mls.queryGroupMessages),
    queryWelcomeMessages: unary(mls.queryWelcomeMessages),
    publishCommitLog: unary(mls.batchPublishCommitLog),
    queryCommitLog: unary(mls.batchQueryCommitLog),
    newestGroupMessages: unary(mls.getNewestGroupMessage),
    publishIdentityUpdate: unary(identity.publishIdentityUpdate),
    getIdentityUpdates: unary(identity.getIdentityUpdates),
    getInboxIds: unary(identity.getInboxIds),
    verifySmartContractWalletSignatures: unary(identity.verifySmartContractWalletSignatures),
    subscribeGroupMessages: stream(mls.subscribeGroupMessages),
    subscribeWelcomeMessages: stream(mls.subscribeWelcomeMessages),
    close: () => client.close(),
  };
}

function pathOf(method: DescMethodUnary | DescMethodServerStreaming): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function addressOf(url: string): { target: string; channelCredentials: ChannelCredentials } {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw networkError(status.INVALID_ARGUMENT, 'the address of the node is not a URL', url, cause);
  }
  const secure = parsed.protocol === 'https:' || parsed.protocol === 'grpcs:';
  if (!secure && parsed.protocol !== 'http:') {
    throw networkError(status.INVALID_ARGUMENT, 'the address of the node must begin with http:// or https://', url);
  }
  const port = parsed.port === '' ? (secure ? '443' : '80') : parsed.port;
  return {
    target: `${parsed.hostname}:${port}`,
    channelCredentials: secure ? credentials.createSsl() : credentials.createInsecure(),
  };
}

function networkError(code: number, text: string, path: string, cause?: unknown): NetworkError {
  return new NetworkError(code, text === '' ? { method: path } : { method: path, reason: text }, cause);
}
