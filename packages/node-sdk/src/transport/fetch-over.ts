/**
 * `fetch` through a proxy, or with certificates of one's own: Node's takes neither. HTTP/1.1, a connection for each request; what is loaded waits
 * until somebody asks.
 */
import type { IncomingMessage } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { type HttpFetch, SdkError, type TransportOptions } from '@conclave/sdk';
import { certificates } from './certificates.js';
import { connectThrough, type ProxyAddress, parseProxy, type ServerAddress } from './proxy.js';

/** Servers that send elsewhere are followed so often. */
const MAX_REDIRECTS = 5;
/** Statuses whose answers have no body (RFC 9110 section 6.4.1). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

type Init = NonNullable<Parameters<HttpFetch>[1]>;

/**
 * Undefined where the transport asks for nothing that Node's own `fetch` does not do.
 * @throws SdkError `sdk/bad-option` on a proxy or certificates that cannot be used
 */
export function fetchOver({ proxy, tlsCa }: TransportOptions): HttpFetch | undefined {
  if (proxy === undefined && tlsCa === undefined) return undefined;
  const way = proxy === undefined ? undefined : parseProxy(proxy);
  const ca = tlsCa === undefined ? undefined : certificates(tlsCa);
  return async (text, init = {}) => {
    let url = new URL(text);
    for (let redirects = 0; ; redirects++) {
      const response = await send(url, init, way, ca);
      const next = redirects < MAX_REDIRECTS ? redirectOf(response, url, init) : undefined;
      if (next === undefined) return response;
      await response.body?.cancel();
      url = next;
    }
  };
}

/** Where an answer sends to. Only what may be asked again as it is goes there. */
function redirectOf({ status, headers }: Response, url: URL, { method = 'GET' }: Init): URL | undefined {
  const location = headers.get('location');
  const isFollowed = [307, 308].includes(status) || (method === 'GET' && [301, 302, 303].includes(status));
  if (!isFollowed || location === null || !URL.canParse(location, url.href)) return undefined;
  const next = new URL(location, url);
  return /^https?:$/.test(next.protocol) ? next : undefined;
}

async function send(url: URL, init: Init, proxy: ProxyAddress | undefined, ca: Buffer | undefined): Promise<Response> {
  const { method = 'GET', headers = {}, body, signal } = init;
  const [{ request }, { Readable }] = await Promise.all([import('node:http'), import('node:stream')]);
  const socket = await openSocket(url, proxy, ca, signal);
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request({
      createConnection: () => socket,
      method,
      path: `${url.pathname}${url.search}`,
      setHost: false,
      headers: {
        host: url.host,
        connection: 'close',
        ...headers,
        ...(body && { 'content-length': Buffer.byteLength(body) }),
      },
      ...(signal && { signal }),
    });
    // A socket that came through a proxy stands still until it has a reader.
    asked.once('socket', () => socket.resume());
    asked.once('response', resolve).once('error', reject);
    asked.end(body);
  });
  const status = message.statusCode as number;
  const answer = BODILESS.has(status) ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array<ArrayBuffer>>);
  return new Response(answer, { status, headers: headersOf(message) });
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return headers;
}

/** A connection to the server, by way of the proxy and under TLS where they are asked for. */
async function openSocket(
  url: URL,
  proxy: ProxyAddress | undefined,
  ca: Buffer | undefined,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  signal?.throwIfAborted();
  const isSecure = url.protocol === 'https:';
  const server = { host: url.hostname, port: Number(url.port) || (isSecure ? 443 : 80) };
  const { socket, ready } = proxy === undefined ? connectDirectly(server) : connectThrough(proxy, server);
  const abort = (): void => void socket.destroy(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await ready;
    return isSecure ? await secured(socket, server, ca) : socket;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function connectDirectly({ host, port }: ServerAddress): { socket: Socket; ready: Promise<void> } {
  const socket = connect(port, withoutBrackets(host));
  const ready = new Promise<void>((resolve, reject) => socket.once('connect', resolve).on('error', reject));
  return { socket, ready };
}

/** TLS over the socket; the certificate has to be the server's. */
async function secured(socket: Socket, { host }: ServerAddress, ca: Buffer | undefined): Promise<Socket> {
  const { connect: connectTls, rootCertificates } = await import('node:tls');
  const name = withoutBrackets(host);
  const over = connectTls({
    socket,
    host: name,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(name) === 0 && { servername: name }),
    ...(ca && { ca: [...rootCertificates, ca] }),
  });
  await new Promise<void>((resolve, reject) => {
    over.once('secureConnect', resolve).on('error', reject);
    over.once('close', () => reject(new SdkError('sdk/proxy-failed', { reason: 'the connection was closed' })));
  });
  return over;
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
