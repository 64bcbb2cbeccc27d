/** Proxies and a TLS endpoint as processes of the network would be, on free ports: SOCKS5 (RFC 1928, 1929), HTTP CONNECT, TLS with HTTP/2. */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';

/** A server that writes down where it was asked to go. */
export interface TestProxy {
  readonly port: number;
  /** `host:port` of each connection, as it was asked for. */
  readonly asked: string[];
  close(): void;
}

/** Names that only the proxy knows. */
export type Names = Readonly<Record<string, number>>;

async function listening(server: Server, asked: string[]): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function join2(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.once('error', () => to.destroy()).once('close', () => to.destroy());
  }
}

/** A way to a port whose connections can fall silent, as behind a router that forgot them: open, and nothing comes through any more. */
export interface SilentWay extends TestProxy {
  /** From here on nothing comes through what is open now; new connections work. */
  fallSilent(): void;
}

/** @param port - of this machine, to which all connections lead */
export async function startSilentWay(port: number): Promise<SilentWay> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(port, '127.0.0.1');
    join2(socket, onward);
    for (const each of [socket, onward]) open.add(each);
  });
  return {
    ...(await listening(server, [])),
    fallSilent() {
      for (const each of open) each.unpipe().resume();
      open.clear();
    },
  };
}

/** Reads exactly so many bytes. */
async function read(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes: Buffer | null = socket.read(count);
    if (bytes !== null) return bytes;
    await new Promise((resolve) => socket.once('readable', resolve));
  }
}

/** An address as RFC 1928 section 5 writes it; IPv6 as its 32 hex digits. */
async function readHost(socket: Socket, type: number): Promise<string> {
  if (type === 1) return [...(await read(socket, 4))].join('.');
  if (type === 4) return (await read(socket, 16)).toString('hex');
  return (await read(socket, (await read(socket, 1))[0] ?? 0)).toString();
}

/** @param login - `user:password`, asked for when it is given */
export function startSocks5(names: Names, login?: string): Promise<TestProxy> {
  const asked: string[] = [];
  const serve = async (socket: Socket): Promise<void> => {
    const [, methods = 0] = await read(socket, 2);
    await read(socket, methods);
    socket.write(Buffer.from([5, login === undefined ? 0 : 2]));
    if (login !== undefined) {
      const [, nameLength = 0] = await read(socket, 2);
      const name = (await read(socket, nameLength)).toString();
      const [wordLength = 0] = await read(socket, 1);
      const isRight = `${name}:${(await read(socket, wordLength)).toString()}` === login;
      socket.write(Buffer.from([1, isRight ? 0 : 1]));
      if (!isRight) return void socket.end();
    }
    const [, , , type = 0] = await read(socket, 4);
    const host = await readHost(socket, type);
    const port = (await read(socket, 2)).readUInt16BE();
    asked.push(`${host}:${port}`);
    const place = names[host];
    if (place === undefined) return void socket.end(Buffer.from([5, 4, 0, 1, 0, 0, 0, 0, 0, 0]));
    const outer = connect(place, '127.0.0.1', () => {
      socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
      join2(socket, outer);
    });
    outer.once('error', () => socket.destroy());
  };
  return listening(
    createServer((socket) => {
      socket.on('error', () => {});
      void serve(socket);
    }),
    asked,
  );
}

/** An HTTP proxy that knows CONNECT alone. */
export function startHttpProxy(names: Names, login?: string): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createHttpServer();
  server.on('connect', (request, socket: Socket) => {
    asked.push(request.url ?? '');
    const wanted = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
    if (request.headers['proxy-authorization'] !== wanted) {
      return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    }
    const outer = connect(names[(request.url ?? '').split(':')[0] ?? ''] ?? 0, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      join2(socket, outer);
    });
    outer.once('error', () => socket.destroy());
  });
  return listening(server, asked);
}

/** Certificates for the tests: an authority, and a node's for `node.test` and `localhost`. */
export const TEST_CA = readFileSync(join(import.meta.dirname, 'tls/ca.pem'));

/** TLS in front of a port. */
export function startTls(port: number, protocol: 'h2' | 'http/1.1' = 'h2'): Promise<TestProxy> {
  const folder = join(import.meta.dirname, 'tls');
  const server = createTlsServer(
    {
      key: readFileSync(join(folder, 'node.key')),
      cert: readFileSync(join(folder, 'node.pem')),
      ALPNProtocols: [protocol],
    },
    (socket) => join2(socket, connect(port, '127.0.0.1')),
  );
  return listening(server, []);
}

/** An endpoint of a chain that answers every question with an error. */
export function startChain(): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createHttpServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32000, message: 'no' } }));
  });
  return listening(server, asked);
}

/** Takes connections and never says a word. */
export function startSilence(): Promise<TestProxy> {
  return listening(
    createServer((socket) => socket.on('error', () => {})),
    [],
  );
}
