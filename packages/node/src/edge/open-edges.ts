/** The ports of a node, as its configuration says: which protocols each speaks and what answers there. */
import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Rpc } from '../api/rpc.js';
import { formatAddress, type NodeConfig } from '../config.js';
import type { NodeContext } from '../context.js';
import { type Caller, CallGate } from './call-gate.js';
import type { Edge } from './edge.js';
import { isGrpc, serveGrpc } from './grpc/serve-grpc.js';
import { openPort } from './http/port.js';
import { asHttp1, http1Server, http2Server, type ProtocolServer } from './http/protocol-servers.js';
import { TlsIdentity } from './http/tls-identity.js';
import type { RateLimiter } from './rate-limit/rate-limiter.js';
import type { HistoryFiles } from './web/history-files.js';
import type { InviteSlots } from './web/invite-slots.js';
import type { PageFiles } from './web/page-files.js';
import { addressOf, historyListener, metricsListener, webListener } from './web/web-listener.js';

/** What the ports need. */
export interface EdgesOptions {
  readonly config: NodeConfig;
  readonly context: NodeContext;
  readonly services: ReadonlyMap<string, Rpc>;
  readonly history: HistoryFiles;
  readonly invites: InviteSlots;
  readonly page: PageFiles | undefined;
  readonly limiter: RateLimiter;
}

/** Names of the ports, in the order in which they are opened. */
export const PORT_NAMES = ['grpc', 'history', 'metrics', 'web', 'tls'] as const;

/** One of them. */
export type PortName = (typeof PORT_NAMES)[number];

/** The open ports. */
export interface OpenEdges {
  /** `HOST:PORT` by name; only those that are open. */
  readonly addresses: Readonly<Partial<Record<PortName, string>>>;
  /** Reads the certificate again. False when nothing changed or it cannot be used. */
  reloadTls(): boolean;
  /** All ports drain side by side. */
  stop(): Promise<void>;
}

/** Callers by connection: where no proxy stands between, all calls of one are its peer's. */
const callers = new WeakMap<Http2Session, Caller>();

function callerOf({ session }: ServerHttp2Stream, headers: IncomingHttpHeaders, trustedProxyHops: number): Caller {
  const known = session && callers.get(session);
  if (known !== undefined) return known;
  const address = session && addressOf({ headers, socket: session.socket as never }, trustedProxyHops);
  const caller: Caller = { protocol: 'grpc', address };
  if (session !== undefined && trustedProxyHops === 0) callers.set(session, caller);
  return caller;
}

/** @throws NodeError `node/address-in-use`, `node/cannot-listen`, `node/tls-unusable`; nothing is left open then */
export async function openEdges({
  config,
  context,
  services,
  history,
  invites,
  page,
  limiter,
}: EdgesOptions): Promise<OpenEdges> {
  const { limits, metrics } = context;
  const { trustedProxyHops } = config;
  const gate = new CallGate({ services, context, metrics: metrics.rpc, limiter });
  const addresses: Partial<Record<PortName, string>> = {};
  const edges: Edge[] = [];
  const tls = config.tls && new TlsIdentity(config.tls, context.logger, metrics);

  const facts = (webAddress: string, isSecure: boolean) => ({ addresses, webAddress, isSecure });
  const web = webListener({
    ...{ context, gate, history, invites, page, trustedProxyHops, facts },
    servesMetrics: config.metrics === 'web',
  });
  const http2 = (port: PortName): ProtocolServer =>
    http2Server({
      limits,
      onDropped: (reason) => metrics.connectionsDropped.inc({ port, reason }),
      onStream(stream, headers, rawHeaders) {
        if (isGrpc(headers['content-type']) && headers[':method'] === 'POST') {
          serveGrpc(gate, stream, headers, callerOf(stream, headers, trustedProxyHops));
        } else web(...asHttp1(stream, headers, rawHeaders));
      },
    });
  const http1 = (listener: typeof web) => http1Server(listener, limits);

  const plans: Record<PortName, () => Omit<Parameters<typeof openPort>[0], 'name' | 'limits' | 'metrics'> | undefined> =
    {
      grpc: () => config.grpc && { address: config.grpc, http2: http2('grpc') },
      history: () => config.history && { address: config.history, http1: http1(historyListener(context, history)) },
      metrics: () =>
        config.metrics === undefined || config.metrics === 'web'
          ? undefined
          : { address: config.metrics, http1: http1(metricsListener(context)) },
      web: () => config.web && { address: config.web, http1: http1(web) },
      tls: () => config.tls && tls && { address: config.tls.address, http1: http1(web), http2: http2('tls'), tls },
    };

  const stop = async (): Promise<void> => {
    tls?.close();
    await Promise.all(edges.map((edge) => edge.stop()));
  };
  try {
    for (const name of PORT_NAMES) {
      const plan = plans[name]();
      if (plan === undefined) continue;
      const edge = await openPort({ ...plan, name, limits, metrics });
      edges.push(edge);
      addresses[name] = formatAddress(edge.address);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { addresses, reloadTls: () => tls?.reload() ?? false, stop };
}
