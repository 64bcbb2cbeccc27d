/**
 * Connections through a proxy: SOCKS5 (RFC 1928, with RFC 1929 for names and passwords) or HTTP CONNECT (RFC 9110 section 9.3.6). The name of
 * the server goes to the proxy as it is and is never looked up here: that is what onion routing needs.
 */
import { connect, isIPv4, isIPv6, type Socket } from 'node:net';
import { SdkError } from '@conclave/sdk';

/** A proxy by the parts of its URL. */
export interface ProxyAddress {
  readonly kind: 'socks5' | 'http';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** A server's host as a URL has it, and its port. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** A proxy that does not answer is given up after this. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 8192;

/** A connection that is being made. */
export interface ProxyConnection {
  readonly socket: Socket;
  /** Resolves when what is written goes to the server; until something reads, the socket stands still. Rejects with the reason, and destroys the socket. */
  readonly ready: Promise<void>;
}

/** Connects to a server by way of a proxy. */
export function connectThrough(proxy: ProxyAddress, server: ServerAddress): ProxyConnection {
  const socket = connect(proxy.port, proxy.host);
  const failed = new Promise<never>((_, reject) => socket.on('error', reject));
  const timer = setTimeout(() => socket.destroy(refused('the proxy does not answer')), HANDSHAKE_TIMEOUT_MS);
  const shaken = shakeHands(socket, proxy, server).then((rest) => {
    if (rest.length > 0) socket.unshift(rest);
  });
  const ready = Promise.race([shaken, failed])
    .catch((error: unknown) => {
      socket.destroy();
      throw error;
    })
    .finally(() => clearTimeout(timer));
  return { socket, ready };
}

/** What went wrong on the way through a proxy, in a few words. */
export function proxyFailure(error: unknown): string {
  if (error instanceof SdkError) return String(error.details.reason);
  return error instanceof Error ? error.message : String(error);
}

/**
 * @param text - `socks5://[user:password@]host:port` or `http://…`
 * @throws SdkError `sdk/bad-option` for another scheme, or without a host
 */
export function parseProxy(text: string): ProxyAddress {
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

/** Asks for the server. @returns what came behind the answer */
async function shakeHands(socket: Socket, proxy: ProxyAddress, server: ServerAddress): Promise<Buffer> {
  const answers = new Answers(socket);
  await (proxy.kind === 'socks5' ? askSocks(socket, answers, proxy, server) : askHttp(socket, answers, proxy, server));
  return answers.release();
}

async function askSocks(
  socket: Socket,
  answers: Answers,
  { user, password }: ProxyAddress,
  server: ServerAddress,
): Promise<void> {
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
  const port = Buffer.from([server.port >> 8, server.port & 255]);
  socket.write(Buffer.concat([Buffer.from([5, 1, 0]), socksAddress(server.host), port]));
  const [, reply, , type] = await answers.take(4);
  if (reply !== 0) throw refused(`the proxy does not reach the node (SOCKS5 reply ${reply})`);
  const length = type === 1 ? 4 : type === 4 ? 16 : ((await answers.take(1))[0] as number);
  await answers.take(length + 2);
}

/** Type and address (RFC 1928 section 5): four bytes, sixteen bytes, or a name with its length. @param host - as a URL has it, IPv6 in brackets */
function socksAddress(host: string): Buffer {
  if (isIPv4(host)) return Buffer.from([1, ...host.split('.').map(Number)]);
  const literal = host.replace(/^\[|\]$/g, '');
  if (isIPv6(literal)) return Buffer.concat([Buffer.from([4]), ipv6Bytes(literal)]);
  return Buffer.concat([Buffer.from([3, Buffer.byteLength(host)]), Buffer.from(host)]);
}

/** The 16 bytes of an address as a URL writes it: groups of hex digits, one run of zeroes left out at most (RFC 5952). */
function ipv6Bytes(literal: string): Buffer {
  const [before = [], behind = []] = literal.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeroes = new Array<string>(8 - before.length - behind.length).fill('0');
  return Buffer.from([...before, ...zeroes, ...behind].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

async function askHttp(
  socket: Socket,
  answers: Answers,
  { user, password }: ProxyAddress,
  server: ServerAddress,
): Promise<void> {
  const authority = `${server.host}:${server.port}`;
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
