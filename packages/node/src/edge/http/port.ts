/** A listening port: takes connections, hands each to the server of its protocol, and drains when the node stops. */
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { formatAddress, type ListenAddress } from '../../config.js';
import { NodeError } from '../../errors.js';
import type { NodeLimits } from '../../limits.js';
import type { NodeMetrics } from '../../metrics/node-metrics.js';
import type { Edge } from '../edge.js';
import type { ProtocolServer } from './protocol-servers.js';
import type { TlsIdentity } from './tls-identity.js';

/** What a port needs. */
export interface PortOptions {
  /** Its name in the metrics. */
  readonly name: string;
  readonly address: ListenAddress;
  readonly http1?: ProtocolServer;
  readonly http2?: ProtocolServer;
  /** With it, ALPN chooses between the two; without, there is but one of them. */
  readonly tls?: TlsIdentity;
  readonly limits: Pick<NodeLimits, 'connections' | 'handshakeMs' | 'drainMs'>;
  readonly metrics: NodeMetrics;
}

/** @throws NodeError `node/address-in-use`, `node/cannot-listen` */
export async function openPort(options: PortOptions): Promise<Edge> {
  const { name: port, address, http1, http2, tls, limits, metrics } = options;
  const servers = [http1, http2].filter((server) => server !== undefined);
  const connectionsOpen = metrics.connectionsOpen.labels({ port });
  const connectionsOpened = metrics.connectionsOpened.labels({ port });

  const count = (socket: Socket): void => {
    connectionsOpened.inc();
    connectionsOpen.inc();
    socket.once('close', () => connectionsOpen.dec());
    socket.on('error', () => socket.destroy());
  };
  const listener = tls === undefined ? plain(servers[0] as ProtocolServer) : secure(tls);
  listener.maxConnections = limits.connections;
  listener.on('drop', () => metrics.connectionsDropped.inc({ port, reason: 'too-many' }));

  function plain(server: ProtocolServer): Server {
    return createNetServer({ noDelay: true, allowHalfOpen: server === http1 }, (socket) => {
      count(socket);
      server.take(socket);
    });
  }

  function secure(identity: TlsIdentity): Server {
    const server = createTlsServer({
      ...identity.current,
      ALPNProtocols: ['h2', 'http/1.1'],
      minVersion: 'TLSv1.2',
      handshakeTimeout: limits.handshakeMs,
      noDelay: true,
    });
    server.on('connection', count);
    server.on('tlsClientError', (_error, socket) => {
      metrics.connectionsDropped.inc({ port, reason: 'handshake' });
      socket.destroy();
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      socket.on('error', () => socket.destroy());
      (socket.alpnProtocol === 'h2' ? http2 : http1)?.take(socket);
    });
    identity.onChange((next) => server.setSecureContext(next));
    return server;
  }

  const bound = await listen(listener, address);
  return {
    address: { host: address.host, port: bound },
    stop: () => stop(listener, servers, limits.drainMs),
  };
}

function listen(server: Server, address: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'node/address-in-use' : 'node/cannot-listen';
      reject(new NodeError(code, { address: formatAddress(address) }, error));
    });
    // Many connect at once when a node comes back.
    server.listen({ port: address.port, host: address.host, backlog: 4_096 }, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function stop(listener: Server, servers: readonly ProtocolServer[], drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = () => {
      for (const server of servers) server.cut();
    };
    const timer = setTimeout(cut, drainMs);
    listener.close(() => {
      clearTimeout(timer);
      cut();
      resolve();
    });
    for (const server of servers) server.drain();
  });
}
