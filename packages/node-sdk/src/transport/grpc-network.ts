/**
 * The client's `Network` over native gRPC (HTTP/2) with @grpc/grpc-js: paths, headers and limits of the deployed clients
 * (libxmtp 1.10.0). One channel per client; it connects lazily and reconnects by itself.
 */
import type { DescMethodServerStreaming, DescMethodUnary, Message } from '@bufbuild/protobuf';
import { GRPC_STATUS, type StreamCall, type UnaryCall } from '@conclave/client';
import { IdentityApi, MlsApi } from '@conclave/proto';
import { type NetworkAddress, type OpenNetwork, SdkError } from '@conclave/sdk';
import { certificates } from './certificates.js';
import type { ChannelAddress, GrpcChannel } from './grpc-channel.js';
import { networkError } from './network-error.js';
import { parseProxy } from './proxy.js';
import { openTunnel, type Tunnel } from './proxy-tunnel.js';

/** Default deadline of a unary call, milliseconds. */
const CALL_TIMEOUT_MS = 120_000;

/**
 * Loads gRPC and connects when the first call is made. `http://` is cleartext HTTP/2.
 * @throws NetworkError on an address that is not one; SdkError `sdk/bad-option` on options of the transport that cannot be used
 */
export function openGrpcNetwork(options: NetworkAddress): OpenNetwork {
  const { proxy, callTimeoutMs = CALL_TIMEOUT_MS } = options.transport ?? {};
  if (!(Number.isSafeInteger(callTimeoutMs) && callTimeoutMs > 0)) {
    throw new SdkError('sdk/bad-option', { option: 'callTimeoutMs', expected: 'milliseconds above 0' });
  }
  const address = addressOf(options);
  const way = proxy === undefined ? undefined : parseProxy(proxy);
  let tunnel: Tunnel | undefined;
  let opening: Promise<GrpcChannel> | undefined;
  let channel: GrpcChannel | undefined;
  let isClosed = false;
  const close = (): void => {
    isClosed = true;
    channel?.close();
    tunnel?.close();
  };
  const open = async (): Promise<GrpcChannel> => {
    const { openChannel } = await import('./grpc-channel.js');
    if (way !== undefined) tunnel = await openTunnel(way, address).catch(noTunnel);
    channel = openChannel({ ...address, tunnel, callTimeoutMs }, options);
    // Its calls fail as those of any channel that was closed.
    if (isClosed) close();
    return channel;
  };
  const opened = (): Promise<GrpcChannel> => {
    opening ??= open().catch((error: unknown) => {
      // The next call tries again.
      opening = undefined;
      throw error;
    });
    return opening;
  };

  const unary = <Request extends Message, Response extends Message>(
    method: DescMethodUnary,
  ): UnaryCall<Request, Response> => {
    let call: UnaryCall<Request, Response> | undefined;
    return async (request, signal) => {
      call ??= (channel ?? (await opened())).unary<Request, Response>(method);
      return call(request, signal);
    };
  };

  const stream = <Request extends Message, Response extends Message>(
    method: DescMethodServerStreaming,
  ): StreamCall<Request, Response> =>
    async function* subscribe(request, subscription) {
      const { stream: call } = channel ?? (await opened());
      yield* call<Request, Response>(method)(request, subscription);
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
    close,
  };
}

/** No local socket: the folder for temporary files cannot be used, or its path is too long for one. */
function noTunnel(cause: unknown): never {
  const { code } = cause as NodeJS.ErrnoException;
  throw networkError(GRPC_STATUS.UNAVAILABLE, `no local socket for the proxy (${code})`, 'proxy', cause);
}

type NodeAddress = Pick<ChannelAddress, 'host' | 'port' | 'secure' | 'tlsCa'>;

function addressOf({ url, transport }: NetworkAddress): NodeAddress {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw networkError(GRPC_STATUS.INVALID_ARGUMENT, 'the address of the node is not a URL', url, cause);
  }
  const secure = parsed.protocol === 'https:' || parsed.protocol === 'grpcs:';
  if (!secure && parsed.protocol !== 'http:') {
    throw networkError(
      GRPC_STATUS.INVALID_ARGUMENT,
      'the address of the node must begin with http:// or https://',
      url,
    );
  }
  return {
    host: parsed.hostname,
    port: Number(parsed.port) || (secure ? 443 : 80),
    secure,
    tlsCa: secure && transport?.tlsCa !== undefined ? certificates(transport.tlsCa) : undefined,
  };
}
