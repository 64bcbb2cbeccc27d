/**
 * The client's `Network` over gRPC-web with `fetch`: paths and headers of the deployed browser client (libxmtp, wasm bindings 1.11.0).
 * Over HTTP/1.1 a browser opens six connections to a host for all tabs together, and a stream holds one.
 */
import type { DescMethodServerStreaming, DescMethodUnary, Message } from '@bufbuild/protobuf';
import {
  GRPC_STATUS,
  type GrpcStatus,
  NetworkError,
  readAnswer,
  type StreamCall,
  type SubscribeOptions,
  type UnaryCall,
} from '@conclave/client';
import { ConclaveError } from '@conclave/crypto';
import { fromBinary, IdentityApi, MlsApi, toBinary } from '@conclave/proto';
import type { NetworkAddress, OpenNetwork } from '@conclave/sdk';
import { type Frame, FrameReader, requestBody } from './frames.js';

const CONTENT_TYPE = 'application/grpc-web+proto';
/** Deadline of a unary call. */
const CALL_TIMEOUT_MS = 120_000;

/** What an HTTP status means where no gRPC status came (grpc/grpc doc/http-grpc-status-mapping.md). */
const STATUS_OF_HTTP: Readonly<Record<number, GrpcStatus>> = {
  400: GRPC_STATUS.INTERNAL,
  401: GRPC_STATUS.UNAUTHENTICATED,
  403: GRPC_STATUS.PERMISSION_DENIED,
  404: GRPC_STATUS.UNIMPLEMENTED,
  429: GRPC_STATUS.UNAVAILABLE,
  502: GRPC_STATUS.UNAVAILABLE,
  503: GRPC_STATUS.UNAVAILABLE,
  504: GRPC_STATUS.UNAVAILABLE,
};

/** How a node is reached, and what must be done first. */
export interface GrpcWebOptions extends NetworkAddress {
  /** Awaited before each call. */
  readonly beforeCall?: () => Promise<void>;
}

/** @throws NetworkError on an address that is not one */
export function openGrpcWebNetwork({
  url,
  appVersion,
  libxmtpVersion,
  counts,
  beforeCall,
}: GrpcWebOptions): OpenNetwork {
  const base = baseOf(url);
  const closed = new AbortController();
  const headers = {
    accept: CONTENT_TYPE,
    'content-type': CONTENT_TYPE,
    'x-grpc-web': '1',
    'x-app-version': appVersion ?? '',
    'x-libxmtp-version': libxmtpVersion,
  };

  /** Resolves with the answer's headers. */
  async function start(
    method: DescMethodUnary | DescMethodServerStreaming,
    request: Message,
    signal: AbortSignal,
  ): Promise<Response> {
    await beforeCall?.();
    counts?.add(method.name);
    const path = pathOf(method);
    const body = requestBody(toBinary(method.input, request));
    const response = await fetch(base + path, { method: 'POST', headers, body, signal });
    const status = response.headers.get('grpc-status');
    if (status !== null && status !== '0') throw statusError(status, response.headers.get('grpc-message'), path);
    if (!response.ok) {
      throw networkError(STATUS_OF_HTTP[response.status] ?? GRPC_STATUS.UNKNOWN, `HTTP ${response.status}`, path);
    }
    if (!response.headers.get('content-type')?.startsWith('application/grpc-web')) {
      throw networkError(GRPC_STATUS.UNKNOWN, 'the answer is not gRPC-web', path);
    }
    return response;
  }

  // The descriptors of a service are made when one of its methods is called for the first time: opening what is there asks nobody.
  const unary = <Request extends Message, Answer extends Message>(
    methodOf: () => DescMethodUnary,
  ): UnaryCall<Request, Answer> => {
    return async (request, signal) => {
      const method = methodOf();
      const path = pathOf(method);
      const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
      const ends = AbortSignal.any([closed.signal, timeout, ...(signal === undefined ? [] : [signal])]);
      try {
        const response = await start(method, request, ends);
        const answer = unaryAnswer(new Uint8Array(await response.arrayBuffer()), path);
        return readAnswer(path, () => fromBinary(method.output, answer) as Answer);
      } catch (error) {
        throw translate(error, path, timeout, signal);
      }
    };
  };

  const stream = <Request extends Message, Answer extends Message>(
    methodOf: () => DescMethodServerStreaming,
  ): StreamCall<Request, Answer> => {
    return async function* subscribe(request: Request, { signal, onOpen }: SubscribeOptions) {
      if (signal.aborted) return;
      const method = methodOf();
      const path = pathOf(method);
      const leave = new AbortController();
      const ends = AbortSignal.any([closed.signal, signal, leave.signal]);
      try {
        const response = await start(method, request, ends);
        onOpen?.();
        for await (const frame of framesOf(response)) {
          if (frame.kind === 'message') yield readAnswer(path, () => fromBinary(method.output, frame.bytes) as Answer);
          else checkTrailers(frame, path);
        }
      } catch (error) {
        if (signal.aborted) return;
        throw translate(error, path);
      } finally {
        leave.abort();
      }
      // A node never ends a subscription by itself: an end without a status is a loss.
      if (!signal.aborted) throw networkError(GRPC_STATUS.UNAVAILABLE, 'the node ended the stream', path);
    };
  };

  return {
    uploadKeyPackage: unary(() => MlsApi.method.uploadKeyPackage),
    fetchKeyPackages: unary(() => MlsApi.method.fetchKeyPackages),
    sendGroupMessages: unary(() => MlsApi.method.sendGroupMessages),
    sendWelcomeMessages: unary(() => MlsApi.method.sendWelcomeMessages),
    queryGroupMessages: unary(() => MlsApi.method.queryGroupMessages),
    queryWelcomeMessages: unary(() => MlsApi.method.queryWelcomeMessages),
    publishCommitLog: unary(() => MlsApi.method.batchPublishCommitLog),
    queryCommitLog: unary(() => MlsApi.method.batchQueryCommitLog),
    newestGroupMessages: unary(() => MlsApi.method.getNewestGroupMessage),
    publishIdentityUpdate: unary(() => IdentityApi.method.publishIdentityUpdate),
    getIdentityUpdates: unary(() => IdentityApi.method.getIdentityUpdates),
    getInboxIds: unary(() => IdentityApi.method.getInboxIds),
    verifySmartContractWalletSignatures: unary(() => IdentityApi.method.verifySmartContractWalletSignatures),
    subscribeGroupMessages: stream(() => MlsApi.method.subscribeGroupMessages),
    subscribeWelcomeMessages: stream(() => MlsApi.method.subscribeWelcomeMessages),
    close: () => closed.abort(),
  };
}

async function* framesOf(response: Response): AsyncGenerator<Frame> {
  const frames = new FrameReader();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield* frames.push(value);
  }
}

/** The one message of an answer whose trailers say that all is well. */
function unaryAnswer(body: Uint8Array, path: string): Uint8Array {
  let message: Uint8Array | undefined;
  for (const frame of new FrameReader().push(body)) {
    if (frame.kind === 'message') message = frame.bytes;
    else {
      checkTrailers(frame, path);
      if (message === undefined) throw networkError(GRPC_STATUS.INTERNAL, 'the answer holds no message', path);
      return message;
    }
  }
  throw networkError(GRPC_STATUS.UNAVAILABLE, 'the answer breaks off', path);
}

function checkTrailers({ trailers }: Frame & { kind: 'trailers' }, path: string): void {
  const status = trailers.get('grpc-status') ?? String(GRPC_STATUS.UNKNOWN);
  if (status !== '0') throw statusError(status, trailers.get('grpc-message') ?? null, path);
}

function statusError(status: string, message: string | null, path: string): NetworkError {
  let sentence = message ?? '';
  try {
    sentence = decodeURIComponent(sentence);
  } catch {
    // Not percent-encoded after all: it is shown as it is.
  }
  return networkError(Number(status), sentence, path);
}

function translate(error: unknown, path: string, timeout?: AbortSignal, signal?: AbortSignal): ConclaveError {
  // A full disk, before anything was sent, is told as such.
  if (error instanceof ConclaveError) return error;
  if (signal?.aborted) return networkError(GRPC_STATUS.CANCELLED, 'cancelled', path, error);
  if (timeout?.aborted) return networkError(GRPC_STATUS.DEADLINE_EXCEEDED, '', path, error);
  if (error instanceof Error && error.name === 'AbortError') {
    return networkError(GRPC_STATUS.CANCELLED, 'the client is closed', path, error);
  }
  // fetch tells no more, on purpose, of a node that is down, a name that is unknown, or missing CORS headers.
  return networkError(GRPC_STATUS.UNAVAILABLE, 'the node cannot be reached', path, error);
}

function networkError(status: number, text: string, path: string, cause?: unknown): NetworkError {
  return new NetworkError(status, text === '' ? { method: path } : { method: path, reason: text }, cause);
}

function pathOf(method: DescMethodUnary | DescMethodServerStreaming): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    throw networkError(
      GRPC_STATUS.INVALID_ARGUMENT,
      'the address of the node must begin with http:// or https://',
      url,
    );
  }
  return parsed.href.replace(/\/$/, '');
}
