/**
 * The two HTTP servers behind a port. Neither listens: they are given connections by port.ts, which knows by the port or by
 * ALPN which of them a connection is for.
 */
import {
  createServer as createHttp1Server,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import {
  constants,
  createServer as createHttp2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { NodeLimits } from '../../limits.js';
import { StreamTable } from './stream-table.js';

/** How a server of one protocol is told about connections, and brought to its end. */
export interface ProtocolServer {
  /** Takes over a connection. */
  take(socket: Socket): void;
  /** Takes no new call; connections without a call in flight are closed. */
  drain(): void;
  /** Cuts everything. */
  cut(): void;
}

/** Why the node ended a connection, for the metrics. */
export type DropReason = 'silent' | 'no-pong' | 'too-many';

/** How often silent connections are looked for, ms. */
const SWEEP_MS = 1_000;
/** Receive window of a whole connection, bytes: several large requests at once. */
const CONNECTION_WINDOW_BYTES = 8 * 1024 * 1024;
/** Receive window of a stream, bytes. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
/** How many MB Node lets one connection hold in streams and headers; our own bounds are counted in calls and bytes. */
const SESSION_MEMORY_MB = 256;
/**
 * When a new connection is asked for the first time, ms: one that broke the protocol is answered with GOAWAY by Node, which then
 * reads no more and would not notice that its client has gone.
 */
const FIRST_PING_MS = 30_000;
/** How often a stopping HTTP/1.1 server looks for connections whose last call has ended, ms. */
const IDLE_SWEEP_MS = 20;

/** HTTP/1.1. A connection that does not bring a whole header in time is ended. */
export function http1Server(listener: RequestListener, limits: Pick<NodeLimits, 'handshakeMs'>): ProtocolServer {
  const server: Server = createHttp1Server({
    headersTimeout: limits.handshakeMs,
    connectionsCheckingInterval: SWEEP_MS,
    keepAlive: true,
    // A browser that vanished is noticed by TCP alone: HTTP/1.1 has no ping.
    keepAliveInitialDelay: 60_000,
    keepAliveTimeout: 75_000,
    noDelay: true,
  });
  server.on('request', listener);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Nobody is answered before they have asked: a browser that connected ahead would take it for the answer to its first request.
    if (error.code !== 'ERR_HTTP_REQUEST_TIMEOUT' && socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    else socket.destroy();
  });
  // What a server does when it begins to listen is to watch its connections' time limits; this one never listens itself.
  server.emit('listening');
  let sweep: NodeJS.Timeout | undefined;
  return {
    take: (socket) => void server.emit('connection', socket),
    drain() {
      server.closeIdleConnections();
      // Connections that a client keeps for its next call would hold the port until they time out.
      sweep ??= setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS).unref();
    },
    cut() {
      clearInterval(sweep);
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What HTTP/2 needs. */
export interface Http2ServerOptions {
  readonly onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: string[]) => void;
  readonly onDropped: (reason: DropReason) => void;
  readonly limits: Pick<NodeLimits, 'handshakeMs' | 'streamsPerConnection' | 'pingIntervalMs' | 'pingTimeoutMs'>;
}

interface SessionState {
  readonly startedAtMs: number;
  isGreeted: boolean;
  pingDueAtMs: number;
  pingedAtMs: number | undefined;
}

/**
 * HTTP/2. Pings of clients are answered by Node, with calls or without, at any rate; a client that does not answer ours, or
 * never says hello, is let go.
 */
export function http2Server({ onStream, onDropped, limits }: Http2ServerOptions): ProtocolServer {
  const sessions = new Map<ServerHttp2Session, SessionState>();
  const server = createHttp2Server({
    maxSessionMemory: SESSION_MEMORY_MB,
    settings: {
      initialWindowSize: STREAM_WINDOW_BYTES,
      maxConcurrentStreams: limits.streamsPerConnection,
      maxHeaderListSize: 32 * 1024,
    },
  });
  server.on('session', (session) => {
    const nowMs = performance.now();
    const state = {
      startedAtMs: nowMs,
      isGreeted: false,
      pingDueAtMs: nowMs + Math.min(limits.pingIntervalMs, FIRST_PING_MS),
      pingedAtMs: undefined,
    };
    sessions.set(session, state);
    session.once('remoteSettings', () => {
      state.isGreeted = true;
    });
    // Errors of a connection are its client's: nothing here depends on it.
    session.on('error', () => session.destroy());
    session.once('close', () => sessions.delete(session));
    const table = new StreamTable(session);
    session.on('stream', () => table.opened());
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    if (draining) session.close();
  });
  server.on('sessionError', () => undefined);
  // The raw headers are given too, though the declared types do not say so.
  const streams = server as NodeJS.EventEmitter;
  streams.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: string[]) =>
    onStream(stream, headers, raw),
  );
  let draining = false;

  const sweep = setInterval(() => {
    const nowMs = performance.now();
    for (const [session, state] of sessions) {
      const reason = judge(session, state, nowMs);
      if (reason === undefined) continue;
      onDropped(reason);
      session.destroy(undefined, constants.NGHTTP2_NO_ERROR);
    }
  }, SWEEP_MS).unref();

  function judge(session: ServerHttp2Session, state: SessionState, nowMs: number): DropReason | undefined {
    if (!state.isGreeted) return nowMs - state.startedAtMs > limits.handshakeMs ? 'silent' : undefined;
    if (state.pingedAtMs !== undefined) return nowMs - state.pingedAtMs > limits.pingTimeoutMs ? 'no-pong' : undefined;
    if (nowMs < state.pingDueAtMs || session.destroyed) return undefined;
    state.pingedAtMs = nowMs;
    session.ping(() => {
      state.pingedAtMs = undefined;
      state.pingDueAtMs = performance.now() + limits.pingIntervalMs;
    });
    return undefined;
  }

  return {
    take: (socket) => void server.emit('connection', socket),
    drain() {
      draining = true;
      for (const session of sessions.keys()) session.close();
    },
    cut() {
      clearInterval(sweep);
      for (const session of sessions.keys()) session.destroy();
      server.close();
    },
  };
}

/** A request over HTTP/2 for handlers that are written for HTTP/1.1; Node's own compatibility classes. */
export function asHttp1(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: string[],
): [IncomingMessage, ServerResponse] {
  const request = new Http2ServerRequest(stream, headers, {}, rawHeaders);
  const response = new Http2ServerResponse(stream);
  return [request as unknown as IncomingMessage, response as unknown as ServerResponse];
}
