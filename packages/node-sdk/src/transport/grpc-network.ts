/**
 * The client's `Network` over native gRPC (HTTP/2) with @grpc/grpc-js: paths, headers and limits of the deployed clients
 * (libxmtp 1.10.0). One channel per client; it connects lazily and reconnects by itself.
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
import { fromBinary, IdentityApi, MlsApi, toBinary } from '@conclave/proto';
import { type NetworkAddress, type OpenNetwork, SdkError } from '@conclave/sdk';
import {
  type ChannelCredentials,
  credentials,
  Client as GrpcClient,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { openTunnel } from './proxy-tunnel.js';

/** Default deadline of a unary call, milliseconds. */
const CALL_TIMEOUT_MS = 120_000;

/**
 * Connects when the first call is made. `http://` is cleartext HTTP/2.
 * @throws NetworkError on an address that is not one; SdkError `sdk/bad-option` on options of the transport that cannot be used
 */
export function openGrpcNetwork(options: NetworkAddress): OpenNetwork {
  const { proxy, callTimeoutMs = CALL_TIMEOUT_MS } = options.transport ?? {};
  if (!(Number.isSafeInteger(callTimeoutMs) && callTimeoutMs > 0)) {
    throw new SdkError('sdk/bad-option', { option: 'callTimeoutMs', expected: 'milliseconds above 0' });
  }
  const { host, port, channelCredentials } = addressOf(options);
  const tunnel = proxy === undefined ? undefined : openTunnel(proxy, { host, port });
  const client = new GrpcClient(tunnel?.target ?? `${host}:${port}`, channelCredentials, {
    // Behind a proxy gRPC sees a socket of this machine: the node is still called by its name.
    ...(tunnel && { 'grpc.default_authority': `${host}:${port}`, 'grpc.ssl_target_name_override': host }),
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
    close() {
      client.close();
      tunnel?.close();
    },
  };
}

function pathOf(method: DescMethodUnary | DescMethodServerStreaming): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function addressOf({ url, transport }: NetworkAddress): {
  host: string;
  port: number;
  channelCredentials: ChannelCredentials;
} {
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
  return {
    host: parsed.hostname,
    port: Number(parsed.port) || (secure ? 443 : 80),
    channelCredentials: secure ? secureCredentials(transport?.tlsCa) : credentials.createInsecure(),
  };
}

/** @throws SdkError `sdk/bad-option` for certificates that are none */
function secureCredentials(tlsCa: string | Uint8Array | undefined): ChannelCredentials {
  if (tlsCa === undefined) return credentials.createSsl();
  const pem = Buffer.from(tlsCa);
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new SdkError('sdk/bad-option', { option: 'tlsCa', expected: 'certificates in PEM' });
  }
  return credentials.createSsl(pem);
}

/** A Buffer's own `slice` shares memory, and what is decoded from one is made of Buffers: callers expect neither. No copy. */
function plainBytes(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function networkError(code: number, text: string, path: string, cause?: unknown): NetworkError {
  return new NetworkError(code, text === '' ? { method: path } : { method: path, reason: text }, cause);
}
