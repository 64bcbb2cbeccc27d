/**
 * Connections through a proxy: SOCKS5 (RFC 1928, with RFC 1929 for names and passwords) or HTTP CONNECT (RFC 9110 section 9.3.6). The name of
 * the node goes to the proxy as it is and is never looked up here: that is what onion routing needs.
 *
 * gRPC has no hook for sockets of one's own, so it is given a local one: a Unix socket in a folder of this user's alone (a loopback port on
 * Windows), each connection of which is one through the proxy.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, isIPv4, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SdkError } from '@conclave/sdk';

/** A way to one node through one proxy. */
export interface Tunnel {
  /** What gRPC is to connect to. */
  readonly target: string;
  /** What the proxy said to the last connection that failed. */
  readonly failure: () => string | undefined;
  close(): void;
}

interface Proxy {
  readonly kind: 'socks5' | 'http';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** A node's host, and its port. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/** A proxy that does not answer is given up after this. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 8192;

/**
 * Opens the way; connections are made when gRPC makes them.
 * @param proxyUrl - `socks5://[user:password@]host:port` or `http://…`
 * @throws SdkError `sdk/bad-option` for another scheme, or without a host
 */
export function openTunnel(proxyUrl: string, node: NodeAddress): Tunnel {
  const proxy = parseProxy(proxyUrl);
  const sockets = new Set<Socket>();
  let failure: string | undefined;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer({ pauseOnConnect: true }, (inner) => {
    keep(inner);
    const outer = connect(proxy.port, proxy.host);
    keep(outer);
    const drop = (reason?: string): void => {
      failure = reason ?? failure;
      inner.destroy();
      outer.destroy();
    };
    inner.once('error', () => drop());
    inner.once('close', () => outer.destroy());
    outer.once('error', (error) => drop(error.message));
    outer.once('close', () => inner.destroy());
    const timer = setTimeout(() => drop('the proxy does not answer'), HANDSHAKE_TIMEOUT_MS);
    shakeHands(outer, proxy, node).then(
      (rest) => {
        clearTimeout(timer);
        failure = undefined;
        if (rest.length > 0) inner.write(rest);
        inner.pipe(outer);
        outer.pipe(inner);
      },
      (error: unknown) => {
        clearTimeout(timer);
        drop(error instanceof SdkError ? String(error.details.reason) : String(error));
      },
    );
  });
  const { target, remove } = listen(server);
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

function listen(server: Server): { target: string; remove: () => void } {
  if (process.platform === 'win32') {
    server.listen(0, '127.0.0.1');
    return { target: `127.0.0.1:${(server.address() as AddressInfo).port}`, remove: () => {} };
  }
  const folder = mkdtempSync(join(tmpdir(), 'conclave-tunnel-'));
  chmodSync(folder, 0o700);
  server.listen(join(folder, 's'));
  return {
    target: `unix:${join(folder, 's')}`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function parseProxy(text: string): Proxy {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const kind = url?.protocol === 'socks5:' || url?.protocol === 'socks5h:' ? 'socks5' : 'http';
  if (url === undefined || url.hostname === '' || !['socks5:', 'socks5h:', 'http:'].includes(url.protocol)) {
    // The text may hold a password: it is not repeated.
    throw new SdkError('sdk/bad-option', { option: 'proxy', expected: 'socks5://host:port or http://host:port' });
  }
  return {
    kind,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (kind === 'socks5' ? 1080 : 8080),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}

/** What a proxy answered, as an error that stays in this file: gRPC's own has the reason in its details. */
function refused(reason: string): SdkError {
  return new SdkError('sdk/proxy-failed', { reason });
}

/** Asks for the node. @returns what came behind the answer */
async function shakeHands(socket: Socket, proxy: Proxy, node: NodeAddress): Promise<Buffer> {
  const answers = new Answers(socket);
  await (proxy.kind === 'socks5' ? askSocks(socket, answers, proxy, node) : askHttp(socket, answers, proxy, node));
  return answers.release();
}

async function askSocks(socket: Socket, answers: Answers, { user, password }: Proxy, node: NodeAddress): Promise<void> {
  const withName = user !== '';
  socket.write(Buffer.from(withName ? [5, 2, 0, 2] : [5, 1, 0]));
  const [version, method] = await answers.take(2);
  if (version !== 5) throw refused('the proxy does not speak SOCKS5');
  if (method === 2 && withName) {
    const [name, word] = [Buffer.from(user), Buffer.from(password)];
    socket.write(Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([word.length]), word]));
    if ((await answers.take(2))[1] !== 0) throw refused('the proxy refuses the name and password');
  } else if (method !== 0) {
    throw refused('the proxy wants a name and a password');
  }
  const host = isIPv4(node.host)
    ? Buffer.from([1, ...node.host.split('.').map(Number)])
    : Buffer.concat([Buffer.from([3, Buffer.byteLength(node.host)]), Buffer.from(node.host)]);
  socket.write(Buffer.concat([Buffer.from([5, 1, 0]), host, Buffer.from([node.port >> 8, node.port & 255])]));
  const [, reply, , type] = await answers.take(4);
  if (reply !== 0) throw refused(`the proxy does not reach the node (SOCKS5 reply ${reply})`);
  const length = type === 1 ? 4 : type === 4 ? 16 : ((await answers.take(1))[0] as number);
  await answers.take(length + 2);
}

async function askHttp(socket: Socket, answers: Answers, { user, password }: Proxy, node: NodeAddress): Promise<void> {
  const authority = `${node.host}:${node.port}`;
  const credentials = Buffer.from(`${user}:${password}`).toString('base64');
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (user !== '') lines.push(`Proxy-Authorization: Basic ${credentials}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const head = await answers.takeUntil('\r\n\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status === undefined || !status.startsWith('2')) {
    throw refused(`the proxy does not reach the node (HTTP ${status ?? 'answer unreadable'})`);
  }
}

/** What the proxy answers, taken by pieces. */
class Answers {
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #wake: () => void = () => {};
  #ended = false;
  readonly #onData = (chunk: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    this.#wake();
  };
  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake();
  };

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData).on('close', this.#onEnd).on('end', this.#onEnd);
  }

  async take(count: number): Promise<Buffer> {
    await this.#until(() => this.#bytes.length >= count);
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  async takeUntil(mark: string): Promise<string> {
    await this.#until(() => this.#bytes.includes(mark));
    return (await this.take(this.#bytes.indexOf(mark) + mark.length)).toString('latin1');
  }

  /** Stops reading. @returns what was not taken */
  release(): Buffer {
    this.#socket.off('data', this.#onData).off('close', this.#onEnd).off('end', this.#onEnd);
    this.#socket.pause();
    return this.#bytes;
  }

  async #until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      if (this.#ended) throw refused('the proxy closed the connection');
      if (this.#bytes.length > MAX_ANSWER_BYTES) throw refused('the answer of the proxy is too long');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
