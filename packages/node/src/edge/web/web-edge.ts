/**
 * The web port, HTTP/1.1: gRPC-web, the page, health and history files. Browsers speak HTTP/2 only over TLS; a public
 * node stands behind something that offers it.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Rpc } from '../../api/rpc.js';
import { formatAddress, type ListenAddress } from '../../config.js';
import type { NodeContext } from '../../context.js';
import { NodeError } from '../../errors.js';
import type { Logger } from '../../logger.js';
import type { Edge } from '../edge.js';
import { allowAnyOrigin, answerPreflight } from './cors.js';
import type { HistoryFiles } from './history-files.js';
import { type LandingPageFacts, sendLandingPage } from './landing-page.js';
import { sendText } from './send-text.js';
import { isGrpcWeb, serveGrpcWeb } from './serve-grpc-web.js';

/** How often a stopping port looks for connections whose last call has ended, ms. */
const SWEEP_MS = 20;

/** What the web port needs. */
export interface WebEdgeOptions {
  readonly address: ListenAddress;
  readonly context: NodeContext;
  readonly services: ReadonlyMap<string, Rpc>;
  readonly history: HistoryFiles;
  /** What the page says, given the address under which this port was reached. */
  readonly facts: (webAddress: string) => LandingPageFacts;
}

/** @throws NodeError `node/address-in-use`, `node/cannot-listen` */
export async function startWebEdge(options: WebEdgeOptions): Promise<Edge> {
  const { context, services, history, facts } = options;
  const { logger, limits } = context;
  return startHttpEdge(options.address, logger, limits.drainMs, async (path, request, response) => {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (request.method === 'POST' && isGrpcWeb(request)) {
      await serveGrpcWeb({ services, limits, logger }, path, request, response);
    } else if (await history.handle(path, request, response)) {
      // Answered.
    } else if (path === '/' && reads) {
      sendLandingPage(response, facts(localAddress(request)));
    } else if (path === '/healthz' && reads) {
      sendText(response, 200, 'ok');
    } else if (path === '/readyz' && reads) {
      const ready = context.isReady() && context.log.healthy;
      sendText(response, ready ? 200 : 503, ready ? 'ready' : 'not ready');
    } else if (services.has(path)) {
      sendText(response, 415, 'This is an rpc: send it as POST with content type application/grpc-web+proto.');
    } else {
      sendText(response, 404, 'There is nothing at this path.');
    }
  });
}

/** The port for history files alone. @throws NodeError `node/address-in-use`, `node/cannot-listen` */
export async function startHistoryEdge(
  address: ListenAddress,
  history: HistoryFiles,
  { logger, limits }: Pick<NodeContext, 'logger' | 'limits'>,
): Promise<Edge> {
  return startHttpEdge(address, logger, limits.drainMs, async (path, request, response) => {
    if (!(await history.handle(path, request, response))) sendText(response, 404, 'There is nothing at this path.');
  });
}

function localAddress({ socket }: IncomingMessage): string {
  return formatAddress({ host: socket.localAddress ?? '', port: socket.localPort ?? 0 });
}

type Handler = (path: string, request: IncomingMessage, response: ServerResponse) => Promise<void>;

async function startHttpEdge(address: ListenAddress, logger: Logger, drainMs: number, handler: Handler): Promise<Edge> {
  // A browser that vanished is noticed by TCP alone: HTTP/1.1 has no ping.
  const server = createServer({ keepAlive: true, keepAliveInitialDelay: 60_000 }, listener(handler, logger));
  const port = await listen(server, address);
  return { address: { host: address.host, port }, stop: () => stop(server, drainMs) };
}

function listener(handler: Handler, logger: Logger): RequestListener {
  return (request, response) => {
    response.on('error', (error) => logger.debug({ event: 'response-failed', reason: error.message }));
    allowAnyOrigin(response);
    if (answerPreflight(request, response)) return;
    const path = (request.url ?? '/').split('?', 1)[0] as string;
    handler(path, request, response).catch((error: unknown) => {
      logger.error({ event: 'request-failed', reason: error instanceof Error ? error.message : String(error) });
      if (response.headersSent) response.destroy();
      else sendText(response, 500, 'The node failed on this request; its log says why.');
    });
  };
}

function listen(server: Server, address: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'node/address-in-use' : 'node/cannot-listen';
      reject(new NodeError(code, { address: formatAddress(address) }, error));
    });
    server.listen(address.port, address.host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Connections that a client keeps open for its next call would hold the port until they time out. */
function stop(server: Server, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(sweep);
      resolve();
    });
  });
}
