/**
 * Fan-out over a NATS cluster: each committed batch goes out as bytes, so that other processes need not read it from the
 * database. Core NATS, at most once: it keeps nothing, and whatever it loses the tail reads from the log.
 *
 * Subjects are `conclave.LOG.KIND.SHARD.LAST_ID`. LOG names the database, so that several networks may share a cluster.
 * Whoever may publish there can delay messages and show false ones to live streams (never to a query): the cluster is as
 * trusted as the database, with a login and TLS of its own.
 */

import type { Logger } from '../../logger.js';
import type { Committed, TopicKind } from '../log.js';
import { decodeBatch, encodeBatch } from './batch-codec.js';
import type { FanOutListener } from './fan-out.js';
import type { NatsConnection } from './nats-client.js';

/** How to reach the cluster, and whom to tell. */
export interface NatsFanOutOptions {
  /** `nats://USER:PASSWORD@HOST:PORT` or `tls://…`; one is enough, the others are learned from it. */
  readonly urls: readonly string[];
  /** Of the database, from its settings. */
  readonly logId: string;
  readonly listener: FanOutListener;
  readonly logger: Logger | undefined;
  /** Called when a connection is there, the first as well as later ones. */
  readonly onConnected: () => void;
}

/** Servers take 1 MiB by default. */
const PART_BYTES = 512 * 1024;
const RECONNECT_MS = 250;

/** Announces and hears. A cluster that is away is tried again for ever; nothing waits for it. */
export class NatsFanOut {
  readonly #options: NatsFanOutOptions;
  readonly #prefix: string;
  #connection: NatsConnection | undefined;
  #connected = false;
  #closed = false;
  #warned = false;

  constructor(options: NatsFanOutOptions) {
    this.#options = options;
    this.#prefix = `conclave.${options.logId}`;
    void this.#open();
  }

  /** This process has committed a batch: ascending ids of one kind and shard, at least one. Never throws. */
  announce(kind: TopicKind, shard: number, batch: readonly Committed[]): void {
    // The client would keep what it cannot send, without a bound.
    if (this.#connection === undefined || !this.#connected) return;
    const maxBytes = Math.min(PART_BYTES, this.#connection.info?.max_payload ?? PART_BYTES);
    try {
      for (const { lastId, bytes } of encodeBatch(batch, maxBytes)) {
        this.#connection.publish(`${this.#prefix}.${kind}.${shard}.${lastId}`, bytes);
      }
    } catch {
      // Closed meanwhile; the others look at the counters.
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#connected = false;
    await this.#connection?.close();
    // A first connection that is still being tried ends itself when it sees that nobody wants it.
  }

  async #open(): Promise<void> {
    // Loaded here, since most nodes are told of no NATS.
    const { connectNats } = await import('./nats-client.js');
    while (!this.#closed) {
      try {
        const connection = await connectNats(this.#options.urls, {
          name: 'conclave-node',
          noEcho: true,
          maxReconnectAttempts: -1,
          reconnectTimeWait: RECONNECT_MS,
          pingInterval: 10_000,
          maxPingOut: 2,
          timeout: 5_000,
        });
        if (this.#closed) return await connection.close();
        this.#connection = connection;
        this.#listen(connection);
        return;
      } catch (error) {
        this.#isConnected(false, reasonOf(error));
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS).unref());
      }
    }
  }

  #listen(connection: NatsConnection): void {
    connection.subscribe(`${this.#prefix}.>`, {
      callback: (error, message) => {
        if (error === null) this.#onMessage(message.subject, message.data);
      },
    });
    this.#isConnected(true);
    void (async () => {
      for await (const status of connection.status()) {
        if (status.type === 'disconnect') this.#isConnected(false, 'disconnected');
        else if (status.type === 'reconnect') this.#isConnected(true);
      }
    })();
    void connection.closed().then((error) => {
      this.#isConnected(false, error === undefined ? undefined : reasonOf(error));
      // The client gives up on a login that is refused; a new connection tries again.
      if (!this.#closed) void this.#open();
    });
  }

  #onMessage(subject: string, data: Uint8Array): void {
    const match = /\.(group|welcome)\.(\d{1,2})\.(\d{1,18})$/.exec(subject);
    if (match === null) return;
    const kind = match[1] as TopicKind;
    const shard = Number(match[2]);
    const batch = data.length === 0 ? undefined : decodeBatch(kind, data);
    if (batch === undefined) this.#options.listener.heard(kind, shard, BigInt(match[3] as string));
    else this.#options.listener.committed(kind, shard, batch);
  }

  #isConnected(connected: boolean, reason?: string): void {
    const changed = connected !== this.#connected;
    this.#connected = connected;
    if (this.#closed) return;
    if (connected && changed) {
      this.#warned = false;
      this.#options.logger?.info({ event: 'nats-connected' });
      this.#options.onConnected();
    } else if (!connected && !this.#warned) {
      this.#warned = true;
      this.#options.logger?.warn({ event: 'nats-lost', reason });
    }
  }
}

/** The client's errors name a class and, sometimes, a server; never a login. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
