/** Metrics of calls: per rpc and protocol, so that a hot call costs a few additions and no lookup of labels. */
import type { Registry } from 'prom-client';
import type { StreamSink } from '../fanout/sink.js';
import { type GrpcStatusCode, grpcStatusName } from '../grpc-status.js';
import { type HotBuckets, HotCounter, HotGauge, HotHistogram, type HotSeries } from './hot-metrics.js';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of calls in a registry. */
export class RpcMetrics {
  /** By protocol, then by path. */
  readonly #series = new Map<string, Map<string | undefined, RpcSeries>>();
  readonly #parts: RpcParts;

  constructor(registry: Registry) {
    const labelNames = ['rpc', 'protocol'] as const;
    const counter = (name: string, help: string) => new HotCounter({ name, help, labelNames }, registry);
    const gauge = (name: string, help: string) => new HotGauge({ name, help, labelNames }, registry);
    this.#parts = {
      started: counter('conclave_rpc_started_total', 'Calls begun.'),
      handled: new HotCounter(
        {
          name: 'conclave_rpc_handled_total',
          help: 'Calls ended, by gRPC status.',
          labelNames: [...labelNames, 'code'],
        },
        registry,
      ),
      inFlight: gauge('conclave_rpc_in_flight', 'Calls that run now, streams included.'),
      seconds: new HotHistogram(
        {
          name: 'conclave_rpc_duration_seconds',
          help: 'Time from the first byte of a unary call to its status.',
          labelNames: ['rpc'],
        },
        SECONDS,
        registry,
      ),
      receivedBytes: counter('conclave_rpc_received_bytes_total', 'Bytes of requests.'),
      sentBytes: counter('conclave_rpc_sent_bytes_total', 'Bytes of answers.'),
      sentWrites: counter(
        'conclave_rpc_sent_writes_total',
        'Answers, and writes to streams; a write may carry several messages.',
      ),
      streams: gauge('conclave_rpc_streams_open', 'Streams that are open now.'),
    };
  }

  /** The series of a path that is served; undefined stands for all others. */
  series(path: string | undefined, protocol: string): RpcSeries {
    let byPath = this.#series.get(protocol);
    if (byPath === undefined) {
      byPath = new Map();
      this.#series.set(protocol, byPath);
    }
    let series = byPath.get(path);
    if (series === undefined) {
      const rpc = path === undefined ? 'unknown' : path.slice(path.lastIndexOf('.') + 1);
      series = new RpcSeries(this.#parts, rpc, protocol);
      byPath.set(path, series);
    }
    return series;
  }
}

interface RpcParts {
  readonly started: HotCounter<'rpc' | 'protocol'>;
  readonly handled: HotCounter<'rpc' | 'protocol' | 'code'>;
  readonly inFlight: HotGauge<'rpc' | 'protocol'>;
  readonly seconds: HotHistogram<'rpc'>;
  readonly receivedBytes: HotCounter<'rpc' | 'protocol'>;
  readonly sentBytes: HotCounter<'rpc' | 'protocol'>;
  readonly sentWrites: HotCounter<'rpc' | 'protocol'>;
  readonly streams: HotGauge<'rpc' | 'protocol'>;
}

/** One rpc over one protocol. */
export class RpcSeries {
  readonly #parts: RpcParts;
  readonly #labels: { readonly rpc: string; readonly protocol: string };
  readonly #started: HotSeries;
  readonly #inFlight: HotSeries;
  readonly #seconds: HotBuckets;
  readonly #receivedBytes: HotSeries;
  readonly #sentBytes: HotSeries;
  readonly #sentWrites: HotSeries;
  readonly #streams: HotSeries;
  readonly #handled = new Map<GrpcStatusCode, HotSeries>();
  #wasStream = false;

  constructor(parts: RpcParts, rpc: string, protocol: string) {
    this.#parts = parts;
    this.#labels = { rpc, protocol };
    this.#started = parts.started.series(this.#labels);
    this.#inFlight = parts.inFlight.series(this.#labels);
    this.#seconds = parts.seconds.series({ rpc });
    this.#receivedBytes = parts.receivedBytes.series(this.#labels);
    this.#sentBytes = parts.sentBytes.series(this.#labels);
    this.#sentWrites = parts.sentWrites.series(this.#labels);
    this.#streams = parts.streams.series(this.#labels);
  }

  begin(): void {
    this.#started.value++;
    this.#inFlight.value++;
  }

  end(status: GrpcStatusCode, ms: number, receivedBytes: number): void {
    let handled = this.#handled.get(status);
    if (handled === undefined) {
      handled = this.#parts.handled.series({ ...this.#labels, code: grpcStatusName(status) });
      this.#handled.set(status, handled);
    }
    handled.value++;
    this.#inFlight.value--;
    this.#receivedBytes.value += receivedBytes;
    // A stream lasts as long as its client likes: its time says nothing.
    if (!this.#wasStream) this.#seconds.observe(ms / 1000);
  }

  sent(bytes: number, writes: number): void {
    this.#sentBytes.value += bytes;
    this.#sentWrites.value += writes;
  }

  /** A stream opened (1) or ended (-1). */
  opened(change: 1 | -1): void {
    this.#wasStream = true;
    this.#streams.value += change;
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
