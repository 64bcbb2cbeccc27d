/**
 * gRPC has no hook for sockets of one's own, so it is given a local one: a Unix socket in a folder of this user's alone (a loopback port on
 * Windows, and where paths are too long for sockets), each connection of which is one through the proxy.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectThrough, type ProxyAddress, proxyFailure, type ServerAddress } from './proxy.js';

/** A way to one node through one proxy. */
export interface Tunnel {
  /** What gRPC is to connect to. */
  readonly target: string;
  /** What the proxy said to the last connection that failed. */
  readonly failure: () => string | undefined;
  close(): void;
}

const SOCKET = 's';
/** A longer path is cut, by Node itself, and the socket would lie where others reach it. That of macOS, the shortest. */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * Opens the way; connections are made when gRPC makes them.
 * @throws the error of the system when it gives no local socket
 */
export async function openTunnel(proxy: ProxyAddress, node: ServerAddress): Promise<Tunnel> {
  const sockets = new Set<Socket>();
  let failure: string | undefined;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer({ pauseOnConnect: true }, (inner) => {
    const { socket: outer, ready } = connectThrough(proxy, node);
    keep(inner);
    keep(outer);
    const drop = (error: unknown): void => {
      failure = proxyFailure(error);
      inner.destroy();
    };
    inner.once('error', () => outer.destroy()).once('close', () => outer.destroy());
    outer.once('error', drop).once('close', () => inner.destroy());
    ready.then(() => {
      failure = undefined;
      inner.pipe(outer).pipe(inner);
    }, drop);
  });
  const { target, remove } = await listen(server);
  // Whoever has nothing else to do may end: the channel's own sockets keep the process alive while they are used.
  server.unref();
  return {
    target,
    failure: () => failure,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      remove();
    },
  };
}

async function listen(server: Server): Promise<{ target: string; remove: () => void }> {
  const prefix = join(tmpdir(), 'conclave-tunnel-');
  const length = Buffer.byteLength(join(`${prefix}123456`, SOCKET));
  if (process.platform === 'win32' || length > MAX_SOCKET_PATH_BYTES) {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return { target: `127.0.0.1:${(server.address() as AddressInfo).port}`, remove: () => {} };
  }
  const folder = mkdtempSync(prefix);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const path = join(folder, SOCKET);
  try {
    await once(server.listen(path), 'listening');
  } catch (error) {
    remove();
    throw error;
  }
  return { target: `unix:${path}`, remove };
}
