/**
 * Every metric of the node in one registry, in the form that Prometheus reads. Nothing in it names a client, a group or an
 * installation: labels are rpcs, ports, kinds and statuses. docs/metrics.md is made from this registry.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { NODE_VERSION } from '../version.js';
import { HotCounter, HotHistogram } from './hot-metrics.js';
import { RpcMetrics } from './rpc-metrics.js';

/** What is read from the running node when somebody asks. */
export interface ObservedNode {
  readonly engine: string;
  readonly isReady: boolean;
  readonly isLogHealthy: boolean;
  readonly subscriptions: number;
  readonly topics: number;
  readonly limitedAddresses: number;
}

/** The metrics of one node. */
export class NodeMetrics {
  readonly registry = new Registry();
  readonly rpc = new RpcMetrics(this.registry);
  readonly connectionsOpened = this.#counter('conclave_connections_opened_total', 'Connections taken.', ['port']);
  readonly connectionsOpen = this.#gauge('conclave_connections_open', 'Connections that are open now.', ['port']);
  readonly connectionsDropped = this.#counter('conclave_connections_dropped_total', 'Connections ended by the node.', [
    'port',
    'reason',
  ]);
  readonly rateLimited = this.#counter('conclave_rate_limited_total', 'Calls refused by the limits per address.', [
    'limit',
  ]);
  readonly limitExchanges = this.#counter(
    'conclave_rate_limit_exchanges_total',
    'Times that the limits were shared with other processes.',
    ['outcome'],
  );
  readonly liveMessages = this.#hotCounter(
    'conclave_live_messages_total',
    'Committed messages that somebody listened to.',
    ['kind'],
  );
  readonly liveDeliveries = this.#hotCounter(
    'conclave_live_deliveries_total',
    'Messages handed to subscriptions from memory.',
    ['kind'],
  );
  readonly replayedMessages = this.#counter(
    'conclave_replayed_messages_total',
    'Messages that subscriptions read from the log.',
    [],
  );
  readonly keptPages = this.#counter(
    'conclave_kept_pages_total',
    'Pages of a group that were answered from memory.',
    [],
  );
  readonly subscriberOverflows = this.#counter(
    'conclave_subscriber_overflows_total',
    'Times that a slow subscription was sent back to the log.',
    [],
  );
  readonly subscribersAborted = this.#counter(
    'conclave_subscribers_aborted_total',
    'Subscriptions ended because nothing was read for too long.',
    [],
  );
  readonly subscribeWaves = this.#counter(
    'conclave_subscribe_waves_total',
    'Catch-up waves of mutable subscriptions (XIP-83).',
    [],
  );
  readonly chainCalls = this.#counter('conclave_chain_checks_total', 'Contract wallet signatures checked on a chain.', [
    'outcome',
  ]);
  readonly chainCacheHits = this.#counter(
    'conclave_chain_cache_hits_total',
    'Contract wallet answers found in memory.',
    [],
  );
  readonly chainSeconds = new Histogram({
    name: 'conclave_chain_check_duration_seconds',
    help: 'Time that a chain takes to answer.',
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.registry],
  });
  readonly identityUpdates = this.#counter(
    'conclave_identity_updates_total',
    'Identity updates by what became of them.',
    ['outcome'],
  );
  readonly historyFiles = this.#counter('conclave_history_files_total', 'History files taken and given.', [
    'direction',
  ]);
  readonly historyBytes = this.#counter('conclave_history_bytes_total', 'Bytes of history files taken and given.', [
    'direction',
  ]);
  readonly tlsReloads = this.#counter('conclave_tls_reloads_total', 'Times that the certificate was read again.', [
    'outcome',
  ]);
  readonly tlsExpiry = this.#gauge(
    'conclave_tls_certificate_expiry_seconds',
    'When the certificate ends, Unix time.',
    [],
  );
  readonly appendedMessages = this.#hotCounter(
    'conclave_log_messages_total',
    'Messages by what the log made of them.',
    ['kind', 'outcome'],
  );
  readonly logSeconds = new HotHistogram(
    {
      name: 'conclave_log_call_duration_seconds',
      help: 'Time that a call on the log takes; for a write until it is on disk.',
      labelNames: ['call'],
    },
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    this.registry,
  );
  readonly logFailures = this.#counter('conclave_log_failures_total', 'Calls on the log that failed.', [
    'call',
    'code',
  ]);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.#gauge('conclave_build_info', 'Always 1; the labels say what runs.', ['version', 'node']).set(
      { version: NODE_VERSION, node: process.version },
      1,
    );
  }

  /** Reads these values at every collection from now on. */
  observe(read: () => ObservedNode): void {
    const ready = this.#gauge('conclave_ready', '1 while the node takes calls.', []);
    const healthy = this.#gauge('conclave_log_healthy', '1 while the log reads and writes.', ['engine']);
    const topics = this.#gauge('conclave_topics_listened', 'Topics that somebody listens to.', []);
    const addresses = this.#gauge('conclave_rate_limit_addresses', 'Addresses with tokens missing.', []);
    // One of the gauges reads for all: prom-client collects every metric before it prints any.
    new Gauge({
      name: 'conclave_subscriptions_open',
      help: 'Subscriptions that are open now.',
      registers: [this.registry],
      collect() {
        const node = read();
        this.set(node.subscriptions);
        ready.set(node.isReady ? 1 : 0);
        healthy.set({ engine: node.engine }, node.isLogHealthy ? 1 : 0);
        topics.set(node.topics);
        addresses.set(node.limitedAddresses);
      },
    });
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #hotCounter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): HotCounter<Label> {
    return new HotCounter({ name, help, labelNames }, this.registry);
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }
}
