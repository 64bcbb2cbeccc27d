/**
 * What answers over HTTP besides native gRPC: gRPC-web, Connect, the page, health, metrics, history files and slots of invitations. Written once for
 * HTTP/1.1 and HTTP/2.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { formatAddress } from '../../config.js';
import type { NodeContext } from '../../context.js';
import { NodeError } from '../../errors.js';
import type { CallGate } from '../call-gate.js';
import { isConnect, serveConnect } from '../connect/serve-connect.js';
import { HISTORY_UPLOAD } from '../rate-limit/call-cost.js';
import { clientAddress } from '../rate-limit/client-address.js';
import { allowAnyOrigin, answerPreflight } from './cors.js';
import type { HistoryFiles } from './history-files.js';
import { INVITE_SLOTS, type InviteSlots } from './invite-slots.js';
import { type LandingPageFacts, sendLandingPage } from './landing-page.js';
import type { PageFiles } from './page-files.js';
import { sendText } from './send-text.js';
import { isGrpcWeb, serveGrpcWeb } from './serve-grpc-web.js';

/** What the listener needs. */
export interface WebListenerOptions {
  readonly context: Pick<NodeContext, 'logger' | 'isReady' | 'log' | 'metrics'>;
  readonly gate: CallGate;
  readonly history: HistoryFiles;
  readonly invites: InviteSlots;
  /** The chat page; undefined: the page at / says what runs. */
  readonly page: PageFiles | undefined;
  readonly trustedProxyHops: number;
  /** True: the metrics are at /metrics here. */
  readonly servesMetrics: boolean;
  /** What the page says, given the address under which this port was reached. */
  readonly facts: (webAddress: string, isSecure: boolean) => LandingPageFacts;
}

/** Everything on one address. */
export function webListener(options: WebListenerOptions): RequestListener {
  const { context, gate, history, invites, page, trustedProxyHops } = options;
  return guarded(context, async (path, request, response) => {
    const isPost = request.method === 'POST';
    if (isPost && isGrpcWeb(request)) {
      await serveGrpcWeb(gate, path, addressOf(request, trustedProxyHops), request, response);
    } else if (isPost && gate.has(path) && isConnect(request)) {
      await serveConnect(gate, path, addressOf(request, trustedProxyHops), request, response);
    } else if (isPost && isUpload(path) && !mayUpload(gate, addressOf(request, trustedProxyHops))) {
      request.resume();
      sendText(response, 429, 'This address has used up its uploads for now; try again later.');
    } else if (page?.handle(path, request, response)) {
      // Answered.
    } else if (await history.handle(path, request, response)) {
      // Answered.
    } else if (await invites.handle(path, request, response)) {
      // Answered.
    } else if (!(await answerPage(options, path, request, response))) {
      if (gate.has(path)) sendText(response, 415, RPC_HELP);
      else sendText(response, 404, 'There is nothing at this path.');
    }
  });
}

const isUpload = (path: string) => path === HISTORY_UPLOAD || path.startsWith(INVITE_SLOTS);

/** An upload counts as one write of its address. */
function mayUpload(gate: CallGate, address: string | undefined): boolean {
  try {
    gate.options.limiter.admit(HISTORY_UPLOAD, undefined, address);
    return true;
  } catch {
    return false;
  }
}

const RPC_HELP =
  'This is an rpc: send it as POST with content type application/grpc-web+proto, application/proto or application/json.';

/** History files alone. */
export function historyListener(context: Pick<NodeContext, 'logger'>, history: HistoryFiles): RequestListener {
  return guarded(context, async (path, request, response) => {
    if (!(await history.handle(path, request, response))) sendText(response, 404, 'There is nothing at this path.');
  });
}

/** Metrics, health and readiness, for a port that only the operator's machines reach. */
export function metricsListener(context: Pick<NodeContext, 'logger' | 'isReady' | 'log' | 'metrics'>): RequestListener {
  return guarded(context, async (path, request, response) => {
    const options = { context, servesMetrics: true };
    if (!(await answerPage(options, path, request, response)))
      sendText(response, 404, 'There is nothing at this path.');
  });
}

type PageOptions = Pick<WebListenerOptions, 'context' | 'servesMetrics'> & Partial<Pick<WebListenerOptions, 'facts'>>;

/** False when there is no such page. */
async function answerPage(
  { context, servesMetrics, facts }: PageOptions,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  if ((path === '/' || path === '/about') && facts !== undefined)
    sendLandingPage(response, facts(hostOf(request), 'encrypted' in request.socket));
  else if (path === '/healthz') sendText(response, 200, 'ok');
  else if (path === '/readyz') {
    const ready = context.isReady() && context.log.healthy;
    sendText(response, ready ? 200 : 503, ready ? 'ready' : 'not ready');
  } else if (path === '/metrics' && servesMetrics) {
    const { registry } = context.metrics;
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' });
    response.end(text);
  } else return false;
  return true;
}

function hostOf({ socket, headers }: IncomingMessage): string {
  const host = headers.host ?? (headers[':authority'] as string | undefined);
  // What the reader typed, where it is harmless to repeat; it is escaped on the page.
  if (host !== undefined && /^[\w.:[\]-]{1,255}$/.test(host)) return host;
  return formatAddress({ host: socket.localAddress ?? '', port: socket.localPort ?? 0 });
}

/** What the limits of this caller are counted by. */
export function addressOf(request: Pick<IncomingMessage, 'headers' | 'socket'>, hops: number): string | undefined {
  return clientAddress(request.socket.remoteAddress, request.headers['x-forwarded-for'], hops);
}

type Handler = (path: string, request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Cross-origin access first of all, and no failure that goes unanswered. */
function guarded({ logger }: Pick<NodeContext, 'logger'>, handler: Handler): RequestListener {
  return (request, response) => {
    response.on('error', (error: Error) => logger.debug({ event: 'response-failed', reason: error.message }));
    request.on('error', () => undefined);
    allowAnyOrigin(response);
    if (answerPreflight(request, response)) return;
    const path = (request.url ?? '/').split('?', 1)[0] as string;
    handler(path, request, response).catch((error: unknown) => {
      const reason = error instanceof NodeError ? error.code : error instanceof Error ? error.message : String(error);
      logger.error({ event: 'request-failed', reason });
      if (response.headersSent) response.destroy();
      else sendText(response, 500, 'The node failed on this request; its log says why.');
    });
  };
}
