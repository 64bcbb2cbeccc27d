/**
 * What every call passes, whatever its protocol: is there such an rpc, may this caller make it now, how did it end. The
 * protocols of the edge differ in framing alone:
 *
 *     const call = gate.begin(path, caller);
 *     try { …read…; answer = await call.unary(request); call.answered(answer.length); …answer… }
 *     catch (thrown) { const error = call.fail(thrown); …answer with error.status… }
 */
import type { Rpc } from '../api/rpc.js';
import type { NodeContext } from '../context.js';
import { NodeError } from '../errors.js';
import type { StreamSink } from '../fanout/sink.js';
import { GrpcStatus, type GrpcStatusCode } from '../grpc-status.js';
import type { RpcMetrics, RpcSeries } from '../metrics/rpc-metrics.js';
import type { RateLimiter } from './rate-limit/rate-limiter.js';
import { reportFailure } from './report-failure.js';
import { type CallSpan, startCallSpan } from './tracing.js';

/** The protocols of the edge, as metrics name them. */
export type Protocol = 'grpc' | 'grpc-web' | 'connect';

/** Who calls. */
export interface Caller {
  readonly protocol: Protocol;
  /** What limits are counted by (client-address.ts); undefined for one that is not limited. Never stored, never logged. */
  readonly address: string | undefined;
}

/** What the gate needs. */
export interface CallGateOptions {
  readonly services: ReadonlyMap<string, Rpc>;
  readonly context: Pick<NodeContext, 'limits' | 'logger'>;
  readonly metrics: RpcMetrics;
  readonly limiter: RateLimiter;
}

/** One per node; all ports share it. */
export class CallGate {
  readonly limits: NodeContext['limits'];
  readonly options: CallGateOptions;
  #receivingBytes = 0;
  /** The same by address. */
  readonly #receivingFrom = new Map<string, number>();

  constructor(options: CallGateOptions) {
    this.options = options;
    this.limits = options.context.limits;
  }

  /** True for the path of an rpc that is served. */
  has(path: string): boolean {
    return this.options.services.has(path);
  }

  /** Begins a call; it must be ended or failed. */
  begin(path: string, caller: Caller): GateCall {
    const rpc = this.options.services.get(path);
    return new GateCall(this, path, rpc, caller, this.options.metrics.series(rpc?.path, caller.protocol));
  }

  /**
   * Adds to the bytes of requests that are on the way.
   * @throws NodeError `node/overloaded` beyond what all callers share, and beyond the share of an address
   */
  receive(bytes: number, address: string | undefined): void {
    if (bytes === 0) return;
    this.#receivingBytes += bytes;
    const fromAddress = address === undefined ? 0 : this.#receiveFrom(address, bytes);
    if (bytes < 0) return;
    if (this.#receivingBytes > this.limits.receivingBytes) {
      throw new NodeError('node/overloaded', { receivingBytes: this.#receivingBytes });
    }
    if (fromAddress > this.limits.receivingBytesPerAddress) {
      throw new NodeError('node/overloaded', { receivingBytesOfAddress: fromAddress });
    }
  }

  #receiveFrom(address: string, bytes: number): number {
    const sum = (this.#receivingFrom.get(address) ?? 0) + bytes;
    if (sum === 0) this.#receivingFrom.delete(address);
    else this.#receivingFrom.set(address, sum);
    return sum;
  }
}

/** One call from its first byte to its status. */
export class GateCall {
  readonly path: string;
  readonly #gate: CallGate;
  readonly #rpc: Rpc | undefined;
  readonly #caller: Caller;
  readonly #series: RpcSeries;
  readonly #span: CallSpan | undefined;
  readonly #startedAtMs = performance.now();
  /** True for an rpc whose requests all arrive before it is served. */
  readonly takesOneRequest: boolean;
  #receivedBytes = 0;
  #pendingBytes = 0;
  #isOver = false;
  /** Runs while a part of a request is here and the rest is not. */
  #rest: NodeJS.Timeout | undefined;
  #restSinceMs = 0;
  #onLate: (error: NodeError) => void = () => undefined;

  constructor(gate: CallGate, path: string, rpc: Rpc | undefined, caller: Caller, series: RpcSeries) {
    this.path = path;
    this.#gate = gate;
    this.#rpc = rpc;
    this.#caller = caller;
    this.#series = series;
    this.#span = startCallSpan(rpc?.path);
    this.takesOneRequest = rpc?.kind !== 'duplex';
    series.begin();
  }

  /** @throws NodeError `node/not-served` */
  get rpc(): Rpc {
    if (this.#rpc === undefined) throw new NodeError('node/not-served', { path: this.path.slice(0, 120) });
    return this.#rpc;
  }

  /** Tells when the rest of a request does not come in time: `node/request-late`. */
  whenLate(listener: (error: NodeError) => void): void {
    this.#onLate = listener;
  }

  /** A part of the request has arrived; once the call is over it counts no more. @throws NodeError `node/overloaded`, `node/request-late` */
  received(bytes: number): void {
    if (this.#isOver) return;
    this.#receivedBytes += bytes;
    this.#pendingBytes += bytes;
    this.#awaitRest();
    this.#gate.receive(bytes, this.#caller.address);
  }

  /** What has arrived was read, but for so many bytes. */
  consumed(pendingBytes: number): void {
    if (this.#isOver) return;
    this.#gate.receive(pendingBytes - this.#pendingBytes, this.#caller.address);
    this.#pendingBytes = pendingBytes;
    this.#restIsHere();
    if (pendingBytes > 0) this.#awaitRest();
  }

  #awaitRest(): void {
    const { requestIdleMs, requestMs } = this.#gate.limits;
    if (this.#rest === undefined) {
      this.#restSinceMs = performance.now();
      this.#rest = setTimeout(() => this.#onLate(new NodeError('node/request-late')), requestIdleMs);
    } else if (performance.now() - this.#restSinceMs > requestMs) throw new NodeError('node/request-late');
    else this.#rest.refresh();
  }

  #restIsHere(): void {
    clearTimeout(this.#rest);
    this.#rest = undefined;
  }

  /** Makes a unary call. Rejects as the rpc does. @throws NodeError `node/rate-limited`, `node/not-served` */
  unary(request: Uint8Array): Promise<Uint8Array> {
    const { rpc } = this;
    this.#restIsHere();
    if (rpc.kind !== 'unary') throw new NodeError('node/not-served', { path: rpc.path, reason: 'it is a stream' });
    this.#gate.options.limiter.admit(rpc.path, request, this.#caller.address);
    return rpc.handle(request);
  }

  /** A unary call was answered with so many bytes, and is over. */
  answered(bytes: number): void {
    this.#series.sent(bytes, 1);
    this.end();
  }

  /**
   * Serves a stream until one side ends it. Rejects as the rpc does. An only request counts no more once it is read, however long the stream
   * lasts; so neither this nor a caller may hold it until then, as an async function does with all that it has named.
   * @throws as `unary`
   */
  stream(requests: Uint8Array | AsyncIterable<Uint8Array>, sink: StreamSink): Promise<void> {
    const { rpc } = this;
    this.#restIsHere();
    this.#gate.options.limiter.admit(rpc.path, undefined, this.#caller.address);
    const counting = this.#series.counting(sink);
    let served: Promise<void>;
    if (rpc.kind === 'duplex') served = rpc.serve(requests instanceof Uint8Array ? once(requests) : requests, counting);
    else if (rpc.kind === 'server-stream' && requests instanceof Uint8Array) {
      served = rpc.serve(requests, counting);
      this.consumed(0);
    } else throw new NodeError('node/not-served', { path: rpc.path, reason: 'it is not this kind of stream' });
    this.#series.opened(1);
    return served.finally(() => this.#series.opened(-1));
  }

  /** The call is over; a client that left is one that cancelled. */
  end(status: GrpcStatusCode = GrpcStatus.OK): void {
    if (this.#isOver) return;
    this.consumed(0);
    this.#isOver = true;
    this.#series.end(status, performance.now() - this.#startedAtMs, this.#receivedBytes);
    this.#span?.end(status);
  }

  /** The call has failed. @returns what to tell the client; it has been logged where that helps the operator */
  fail(thrown: unknown): NodeError {
    const error = reportFailure(this.#gate.options.context.logger, this.path, thrown);
    this.end(error.status);
    return error;
  }
}

async function* once(request: Uint8Array): AsyncIterable<Uint8Array> {
  yield request;
}
