/**
 * Retries with the waits of the deployed client (libxmtp 1.10.0: 1 + 5 attempts, 50, 50, 150, 450, 1350 ms and up to
 * 25 ms of jitter, 120 s in total), but only where trying again can help: a refusal comes back at once.
 */

import type { Host } from '../host.js';
import { NS_PER_MS } from '../host.js';
import type { Refusals } from '../refusals.js';
import { GRPC_STATUS, isUnreadableAnswer, NetworkError } from './errors.js';
import type { Network, StreamCall, UnaryCall } from './network.js';

/** Waits before the second, third … attempt. */
export const RETRY_DELAYS_MS: readonly number[] = [50, 50, 150, 450, 1350];
/** Upper bound of the random part of each wait. */
export const RETRY_JITTER_MS = 25;
/** No attempt starts later than this after the first one. */
export const RETRY_TOTAL_MS = 120_000;

/**
 * Runs `attempt` until it succeeds, fails for good or the attempts are used up; then rejects with the last error.
 * Errors that are not retryable NetworkErrors are not tried again. Waits through `host.delay`.
 */
export async function retrying<T>(
  host: Pick<Host, 'nowNs' | 'delay' | 'random'>,
  attempt: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const endNs = host.nowNs() + BigInt(RETRY_TOTAL_MS) * NS_PER_MS;
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      const delayMs = RETRY_DELAYS_MS[failures];
      const retryable = error instanceof NetworkError && error.retryable;
      if (!retryable || delayMs === undefined || signal?.aborted || host.nowNs() > endNs) throw error;
      const jitter = ((host.random(1)[0] as number) * RETRY_JITTER_MS) / 255;
      await host.delay(delayMs + jitter, signal).catch((cause: unknown) => {
        throw new NetworkError(GRPC_STATUS.CANCELLED, {}, cause);
      });
    }
  }
}

/**
 * The same network with retries on every unary call that may be repeated. Publishing commit log entries is not: the
 * node would store them twice. Streams are opened once; whoever reads one decides when to open it again. Answers that cannot be read are counted.
 */
export function withRetries(
  network: Network,
  host: Pick<Host, 'nowNs' | 'delay' | 'random'>,
  refusals: Refusals,
): Network {
  const noted = <T>(error: T): T => {
    if (isUnreadableAnswer(error)) refusals.note('node-answer', error, host.nowNs());
    return error;
  };
  const retry =
    <Request, Response>(call: UnaryCall<Request, Response>): UnaryCall<Request, Response> =>
    (request, signal) =>
      retrying(
        host,
        () =>
          call(request, signal).catch((error: unknown) => {
            throw noted(error);
          }),
        signal,
      );
  return {
    uploadKeyPackage: retry(network.uploadKeyPackage),
    fetchKeyPackages: retry(network.fetchKeyPackages),
    sendGroupMessages: retry(network.sendGroupMessages),
    sendWelcomeMessages: retry(network.sendWelcomeMessages),
    queryGroupMessages: retry(network.queryGroupMessages),
    queryWelcomeMessages: retry(network.queryWelcomeMessages),
    publishCommitLog: network.publishCommitLog,
    queryCommitLog: retry(network.queryCommitLog),
    newestGroupMessages: retry(network.newestGroupMessages),
    // A repeat of an update that did arrive is refused as a replay; registration looks at the log before it believes so.
    publishIdentityUpdate: retry(network.publishIdentityUpdate),
    getIdentityUpdates: retry(network.getIdentityUpdates),
    getInboxIds: retry(network.getInboxIds),
    verifySmartContractWalletSignatures: retry(network.verifySmartContractWalletSignatures),
    subscribeGroupMessages: translating(network.subscribeGroupMessages, noted),
    subscribeWelcomeMessages: translating(network.subscribeWelcomeMessages, noted),
  };
}

/** A stream that ends quietly when its signal aborts, whatever the transport makes of the abort. */
function translating<Request, Response>(
  call: StreamCall<Request, Response>,
  noted: (error: unknown) => unknown,
): StreamCall<Request, Response> {
  return async function* (request, options) {
    try {
      yield* call(request, options);
    } catch (error) {
      const cancelled = error instanceof NetworkError && error.status === GRPC_STATUS.CANCELLED;
      if (!(cancelled && options.signal.aborted)) throw noted(error);
    }
  };
}
