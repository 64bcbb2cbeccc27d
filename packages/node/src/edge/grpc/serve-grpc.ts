/**
 * Native gRPC on one HTTP/2 stream. Requests and answers pass through as bytes. Why not a library: it took more of the
 * processor than the store did, and cannot send one frame to many streams (docs/performance.md); differential tests hold this
 * file equal to @grpc/grpc-js.
 *
 * Source: gRPC over HTTP/2 ("PROTOCOL-HTTP2").
 */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { NodeError } from '../../errors.js';
import { FrameReader, frameOf } from '../../frame.js';
import { GrpcStatus, percentEncode } from '../../grpc-status.js';
import type { Caller, CallGate, GateCall } from '../call-gate.js';
import { sendAnswer } from '../send-answer.js';
import { type Decompress, decompressorOf } from './compression.js';
import { Http2Sink } from './http2-sink.js';
import { timeoutMsOf } from './timeout.js';

/** Longest text of a status, characters: it travels in a header. */
const STATUS_TEXT_CHARACTERS = 1_024;

const ANSWER_HEADERS = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': 'identity,gzip',
} as const;
/** Clients of the deployed network wait for a stream's headers before they use it, and know it by this one. */
const STREAM_HEADERS = { ...ANSWER_HEADERS, subscribed: 'true' } as const;
const OK_TRAILERS = { 'grpc-status': '0' } as const;
/** What is answered where there is nothing to say. */
const EMPTY_FRAME = frameOf(new Uint8Array(0));

/** True for `application/grpc` with any suffix of its own, not for gRPC-web. */
export function isGrpc(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/grpc(?:\+proto)?(?:;.*)?$/.test(contentType);
}

/** Serves the call. Never throws; the stream is answered and closed whatever happens. */
export function serveGrpc(
  gate: CallGate,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  caller: Caller,
): void {
  new GrpcExchange(gate, stream, headers, caller).run();
}

/** A listener of the stream. */
function sendOkTrailers(this: ServerHttp2Stream): void {
  this.sendTrailers(OK_TRAILERS);
}

class GrpcExchange {
  readonly #gate: CallGate;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #call: GateCall;
  #deadline: NodeJS.Timeout | undefined;
  #sink: Http2Sink | undefined;
  /** Runs while the client has yet to read what was sent last. */
  #stall: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(gate: CallGate, stream: ServerHttp2Stream, headers: IncomingHttpHeaders, caller: Caller) {
    this.#gate = gate;
    this.#stream = stream;
    this.#headers = headers;
    this.#call = gate.begin(headers[':path'] ?? '', caller);
  }

  run(): void {
    const stream = this.#stream;
    // A reset by the client comes as an error or as an early close; both are its right.
    stream.on('error', () => undefined);
    stream.on('close', () => this.#left());
    this.#call.whenLate((error) => this.#fail(error));
    try {
      const { kind } = this.#call.rpc;
      const timeoutMs = timeoutMsOf(this.#headers['grpc-timeout']);
      if (timeoutMs !== undefined) {
        this.#deadline = setTimeout(() => this.#fail(new NodeError('node/deadline-exceeded')), timeoutMs);
      }
      const decompress = decompressorOf(this.#headers['grpc-encoding'], this.#gate.limits.requestBytes);
      if (kind === 'duplex') this.#serveStream(this.#requests(decompress));
      else
        this.#readOnly(decompress, (request) =>
          kind === 'unary' ? this.#answer(request) : this.#serveStream(request),
        );
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Reads the one request of an rpc that takes one. */
  #readOnly(decompress: Decompress, then: (request: Uint8Array) => void): void {
    const reader = new FrameReader(this.#gate.limits.requestBytes);
    let request: Uint8Array | Promise<Uint8Array> | undefined;
    this.#stream.on('data', (chunk: Buffer) => {
      if (this.#isOver) return;
      try {
        this.#call.received(chunk.length);
        reader.push(chunk);
        for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
          if (request !== undefined)
            throw new NodeError('node/malformed-request', { reason: 'there is more than one request' });
          request = decompress(frame);
        }
      } catch (thrown) {
        this.#fail(thrown);
      }
    });
    this.#stream.on('end', () => {
      if (this.#isOver || this.#stream.aborted) return;
      if (reader.pendingBytes > 0)
        this.#fail(new NodeError('node/malformed-request', { reason: 'the request is cut off' }));
      else if (request === undefined)
        this.#fail(new NodeError('node/malformed-request', { reason: 'there is no request' }));
      else {
        // A stream lasts, and this listener with it.
        const whole = request;
        request = undefined;
        if (whole instanceof Promise) whole.then(then, (thrown) => this.#fail(thrown));
        else then(whole);
      }
    });
  }

  /** The requests of a client that may send many, as they arrive. */
  async *#requests(decompress: Decompress): AsyncIterable<Uint8Array> {
    const reader = new FrameReader(this.#gate.limits.requestBytes);
    for await (const chunk of this.#stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      this.#call.received(chunk.length);
      reader.push(chunk);
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) yield await decompress(frame);
      // What was read is no longer on the way, however long the stream lasts.
      this.#call.consumed(reader.pendingBytes);
    }
    if (reader.pendingBytes > 0) throw new NodeError('node/malformed-request', { reason: 'the request is cut off' });
  }

  #answer(request: Uint8Array): void {
    try {
      this.#call.unary(request).then(
        (answer) => this.#send(answer),
        (thrown) => this.#fail(thrown),
      );
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #send(answer: Uint8Array): void {
    if (this.#isOver) return;
    this.#finish();
    const stream = this.#stream;
    stream.respond(ANSWER_HEADERS, { waitForTrailers: true });
    stream.on('wantTrailers', sendOkTrailers);
    this.#watchStall();
    sendAnswer(stream, answer.length === 0 ? EMPTY_FRAME : frameOf(answer), () => this.#stall?.refresh());
    this.#call.answered(answer.length);
  }

  #serveStream(requests: Uint8Array | AsyncIterable<Uint8Array>): void {
    const sink = new Http2Sink(this.#stream, () => this.#openStream());
    this.#sink = sink;
    try {
      this.#call.stream(requests, sink).then(
        () => {
          if (this.#isOver) return;
          this.#finish();
          this.#openStream();
          this.#trail(OK_TRAILERS);
          this.#call.end();
        },
        (thrown) => this.#fail(thrown),
      );
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #openStream(): void {
    if (!this.#stream.headersSent && !this.#stream.destroyed)
      this.#stream.respond(STREAM_HEADERS, { waitForTrailers: true });
  }

  #trail(trailers: Readonly<Record<string, string>>): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    stream.once('wantTrailers', () => {
      stream.sendTrailers(trailers);
      setImmediate(() => this.#dropRequest());
    });
    this.#watchStall();
    stream.end();
  }

  /** A client that leaves the end of a call unread would hold it for ever. */
  #watchStall(): void {
    this.#stall = setTimeout(() => this.#stream.close(constants.NGHTTP2_CANCEL), this.#gate.limits.subscriberStallMs);
  }

  /** The status of a failed call: in the headers while none were sent, else in the trailers. */
  #fail(thrown: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    const error = this.#call.fail(thrown);
    const status = {
      'grpc-status': `${error.status}`,
      'grpc-message': percentEncode(error.message.slice(0, STATUS_TEXT_CHARACTERS)),
    };
    this.#sink?.leave();
    const stream = this.#stream;
    if (stream.destroyed) return;
    if (stream.headersSent) this.#trail(status);
    else {
      stream.respond({ ...ANSWER_HEADERS, ...status }, { endStream: true });
      this.#dropRequest();
    }
  }

  /** The client is told that the rest of its request need not come, as it would otherwise keep the stream open. */
  #dropRequest(): void {
    const stream = this.#stream;
    if (stream.readableEnded || stream.destroyed) return;
    stream.resume();
    if (!stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #left(): void {
    clearTimeout(this.#stall);
    if (this.#isOver) return;
    this.#finish();
    this.#sink?.leave();
    this.#call.end(GrpcStatus.CANCELLED);
  }

  #finish(): void {
    this.#isOver = true;
    clearTimeout(this.#deadline);
  }
}
