/** Metrics of calls: per rpc and protocol, so that a hot call costs a few additions and no lookup of labels. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { StreamSink } from '../fanout/sink.js';
import { type GrpcStatusCode, grpcStatusName } from '../grpc-status.js';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of calls in a registry. */
export class RpcMetrics {
  readonly #series = new Map<string, RpcSeries>();
  readonly #parts: RpcParts;

  constructor(registry: Registry) {
    const registers = [registry];
    const labelNames = ['rpc', 'protocol'] as const;
    this.#parts = {
      started: new Counter({ name: 'conclave_rpc_started_total', help: 'Calls begun.', labelNames, registers }),
      handled: new Counter({
        name: 'conclave_rpc_handled_total',
        help: 'Calls ended, by gRPC status.',
        labelNames: [...labelNames, 'code'],
        registers,
      }),
      inFlight: new Gauge({
        name: 'conclave_rpc_in_flight',
        help: 'Calls that run now, streams included.',
        labelNames,
        registers,
      }),
      seconds: new Histogram({
        name: 'conclave_rpc_duration_seconds',
        help: 'Time from the first byte of a unary call to its status.',
        labelNames: ['rpc'],
        buckets: SECONDS,
        registers,
      }),
      receivedBytes: new Counter({
        name: 'conclave_rpc_received_bytes_total',
        help: 'Bytes of requests.',
        labelNames,
        registers,
      }),
      sentBytes: new Counter({
        name: 'conclave_rpc_sent_bytes_total',
        help: 'Bytes of answers.',
        labelNames,
        registers,
      }),
      sentWrites: new Counter({
        name: 'conclave_rpc_sent_writes_total',
        help: 'Answers, and writes to streams; a write may carry several messages.',
        labelNames,
        registers,
      }),
      streams: new Gauge({
        name: 'conclave_rpc_streams_open',
        help: 'Streams that are open now.',
        labelNames,
        registers,
      }),
    };
  }

  /** The series of an rpc; undefined stands for one that is not served. */
  series(path: string | undefined, protocol: string): RpcSeries {
    const rpc = path === undefined ? 'unknown' : path.slice(path.lastIndexOf('.') + 1);
    const key = `${protocol} ${rpc}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = new RpcSeries(this.#parts, rpc, protocol);
      this.#series.set(key, series);
    }
    return series;
  }
}

interface RpcParts {
  readonly started: Counter<'rpc' | 'protocol'>;
  readonly handled: Counter<'rpc' | 'protocol' | 'code'>;
  readonly inFlight: Gauge<'rpc' | 'protocol'>;
  readonly seconds: Histogram<'rpc'>;
  readonly receivedBytes: Counter<'rpc' | 'protocol'>;
  readonly sentBytes: Counter<'rpc' | 'protocol'>;
  readonly sentWrites: Counter<'rpc' | 'protocol'>;
  readonly streams: Gauge<'rpc' | 'protocol'>;
}

/** One rpc over one protocol. */
export class RpcSeries {
  readonly #parts: RpcParts;
  readonly #labels: { readonly rpc: string; readonly protocol: string };
  readonly #started: Counter.Internal;
  readonly #inFlight: Gauge.Internal<string>;
  readonly #seconds: Histogram.Internal<'rpc'>;
  readonly #receivedBytes: Counter.Internal;
  readonly #sentBytes: Counter.Internal;
  readonly #sentWrites: Counter.Internal;
  readonly #streams: Gauge.Internal<string>;
  readonly #handled = new Map<GrpcStatusCode, Counter.Internal>();
  #wasStream = false;

  constructor(parts: RpcParts, rpc: string, protocol: string) {
    this.#parts = parts;
    this.#labels = { rpc, protocol };
    this.#started = parts.started.labels(this.#labels);
    this.#inFlight = parts.inFlight.labels(this.#labels);
    this.#seconds = parts.seconds.labels({ rpc });
    this.#receivedBytes = parts.receivedBytes.labels(this.#labels);
    this.#sentBytes = parts.sentBytes.labels(this.#labels);
    this.#sentWrites = parts.sentWrites.labels(this.#labels);
    this.#streams = parts.streams.labels(this.#labels);
  }

  begin(): void {
    this.#started.inc();
    this.#inFlight.inc();
  }

  end(status: GrpcStatusCode, ms: number, receivedBytes: number): void {
    let handled = this.#handled.get(status);
    if (handled === undefined) {
      handled = this.#parts.handled.labels({ ...this.#labels, code: grpcStatusName(status) });
      this.#handled.set(status, handled);
    }
    handled.inc();
    this.#inFlight.dec();
    if (receivedBytes > 0) this.#receivedBytes.inc(receivedBytes);
    // A stream lasts as long as its client likes: its time says nothing.
    if (!this.#wasStream) this.#seconds.observe(ms / 1000);
  }

  sent(bytes: number, writes: number): void {
    this.#sentBytes.inc(bytes);
    this.#sentWrites.inc(writes);
  }

  /** A stream opened (1) or ended (-1). */
  opened(change: 1 | -1): void {
    this.#wasStream = true;
    this.#streams.inc(change);
  }

  /** The same sink, counted. */
  counting(sink: StreamSink): StreamSink {
    return {
      open: () => sink.open(),
      write: (frames) => {
        this.sent(frames.length, 1);
        return sink.write(frames);
      },
      drained: () => sink.drained(),
      signal: sink.signal,
    };
  }
}
