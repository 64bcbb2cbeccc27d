/**
 * One stream of a fixed set of topics: subscribe, then replay, then live, without a gap and without a duplicate.
 *
 * ```
 *            all topics read to their end
 *   behind ────────────────────────────────▶ live
 *      ▲                                       │
 *      └───────────────────────────────────────┘
 *          the buffer overflowed; its messages are read from the log again
 * ```
 *
 * The subscription hears live messages from its first moment. Each topic has a high-water mark, the id of the last
 * message sent; whatever is not above it was sent already and is dropped, which merges replay and live. A topic that
 * has messages only the log knows of is `dirty`; live messages of a dirty topic need not be kept, since the read that
 * cleans it starts after they were committed.
 *
 * Memory per subscription: the buffer, one page of replay, and what the transport holds. A client that leaves a write
 * unread for the stall time is aborted; one that reads slowly is served from the log for as long as it likes.
 */
import type { NodeError } from '../errors.js';
import { framesOf } from '../frame.js';
import type { NodeLimits } from '../limits.js';
import type { MessageLog, Replay, TopicCursor, TopicKind } from '../log/log.js';
import type { NodeMetrics } from '../metrics/node-metrics.js';
import type { Hub, Subscriber } from './hub.js';
import type { LiveMessage } from './live-message.js';
import type { StreamSink } from './sink.js';
import { topicKey, topicOf } from './topic.js';
import { untilDrained } from './until-drained.js';

/** What one round of replay reads, however many topics are behind. */
const REPLAY_MESSAGES = 500;
const REPLAY_BYTES = 1024 * 1024;
/** How much of it is handed to the transport at once, bytes. */
const REPLAY_WRITE_BYTES = 64 * 1024;
/** Topics named in one round; bounds the request, not the number of topics. */
const REPLAY_TOPICS = 1000;

/** Of its name the key is kept alone: the cursors' arrays are views of a request, which may be far larger and is not counted any more. */
interface Topic {
  /** Id of the last message sent. */
  mark: bigint;
}

/** What is counted of subscriptions. */
export type SubscriptionMetrics = Pick<NodeMetrics, 'replayedMessages' | 'subscriberOverflows' | 'subscribersAborted'>;

/** What a subscription reads from and is bounded by. */
export interface SubscriptionContext {
  readonly log: Pick<MessageLog, 'replay'>;
  readonly hub: Hub;
  readonly metrics?: SubscriptionMetrics;
  readonly limits: Pick<NodeLimits, 'subscriberMessages' | 'subscriberBytes' | 'subscriberStallMs'>;
}

/**
 * Serves the stream until the client leaves (resolves) or the node ends it (rejects).
 *
 * @param cursors one per topic, `after` exclusive; a topic named twice is served from its lower cursor
 * @throws NodeError `node/slow-subscriber`, `node/shutting-down`, or what reading the log failed with
 */
export function serveSubscription(
  context: SubscriptionContext,
  kind: TopicKind,
  cursors: readonly TopicCursor[],
  sink: StreamSink,
): Promise<void> {
  return new Subscription(context, kind, cursors, sink).run();
}

class Subscription implements Subscriber {
  readonly #context: SubscriptionContext;
  readonly #kind: TopicKind;
  readonly #sink: StreamSink;
  readonly #topics = new Map<string, Topic>();
  readonly #dirty: Map<string, Topic>;
  #buffer: LiveMessage[] = [];
  #bufferBytes = 0;
  /** True from a write that the sink wants to be the last for now until it has drained. */
  #full = false;
  /** True while `run` waits for work; then a message may go straight to the sink. */
  #idle = false;
  #wake: () => void = () => undefined;
  #ended: NodeError | undefined;

  constructor(context: SubscriptionContext, kind: TopicKind, cursors: readonly TopicCursor[], sink: StreamSink) {
    this.#context = context;
    this.#kind = kind;
    this.#sink = sink;
    for (const { topic, after } of cursors) {
      const key = topicKey(kind, topic);
      const known = this.#topics.get(key);
      if (known === undefined) this.#topics.set(key, { mark: after });
      else if (after < known.mark) known.mark = after;
    }
    this.#dirty = new Map(this.#topics);
  }

  offer(message: LiveMessage): void {
    if (this.#dirty.has(message.key)) return;
    if (this.#idle) {
      if (this.#send(message.key, message.id, message.frame)) return;
      // The sink is full: `run` takes over and waits for it.
      this.#idle = false;
      this.#wake();
      return;
    }
    this.#buffer.push(message);
    this.#bufferBytes += message.frame.length;
    const { subscriberMessages, subscriberBytes } = this.#context.limits;
    if (this.#buffer.length <= subscriberMessages && this.#bufferBytes <= subscriberBytes) return;
    this.#context.metrics?.subscriberOverflows.inc();
    for (const { key } of this.#buffer) this.#dirty.set(key, this.#topics.get(key) as Topic);
    this.#clearBuffer();
  }

  end(error: NodeError): void {
    this.#ended ??= error;
    this.#wake();
  }

  async run(): Promise<void> {
    const { signal } = this.#sink;
    if (signal.aborted) return;
    const leave = this.#context.hub.subscribe(this, [...this.#topics.keys()]);
    const onAbort = () => this.#wake();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#sink.open();
      // The sink may still be full from a direct send of `offer`, hence the wait first.
      while (await this.#writable()) {
        if (this.#dirty.size > 0) await this.#replay();
        else if (this.#buffer.length > 0) this.#drainBuffer();
        else await this.#sleep();
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      leave();
      this.#clearBuffer();
    }
  }

  /** Waits until the sink takes more. False when the client left; throws when the node ended the stream. */
  async #writable(): Promise<boolean> {
    if (!this.#over() && !this.#full) return true;
    if (!this.#over()) await this.#waitForSink();
    if (this.#ended !== undefined) throw this.#ended;
    return !this.#sink.signal.aborted;
  }

  async #waitForSink(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await untilDrained(this.#sink, woken, this.#context.limits, this.#context.metrics);
    this.#full = false;
  }

  /**
   * A round over topics that are behind, until the log has no more of them. The next page is read while one is sent. Live messages that
   * come meanwhile wait in the buffer, which is not touched before this returns.
   */
  async #replay(): Promise<void> {
    let round = [...this.#dirty].slice(0, REPLAY_TOPICS);
    // Clean before the read begins: a message that is dropped from now on makes its topic dirty again.
    for (const [key] of round) this.#dirty.delete(key);
    let page = await this.#read(round, new Map());
    for (;;) {
      const { items, exhausted } = page;
      this.#context.metrics?.replayedMessages.inc(items.length);
      const rest = round.slice(exhausted);
      const read = new Map(items.map(({ cursorIndex, id }) => [(round[cursorIndex] as [string, Topic])[1], id]));
      const next = rest.length === 0 ? undefined : this.#read(rest, read);
      // Whoever leaves while it is read does not hear how that ended.
      next?.catch(() => undefined);
      await this.#sendReplayed(items, round);
      if (next === undefined || this.#over()) return;
      page = await next;
      round = rest;
    }
  }

  /** Reads from where each topic stands, or from what was read of it since. */
  #read(round: readonly [string, Topic][], read: ReadonlyMap<Topic, bigint>): Promise<Replay> {
    return this.#context.log.replay({
      kind: this.#kind,
      cursors: round.map(([key, topic]) => ({ topic: topicOf(key), after: read.get(topic) ?? topic.mark })),
      maxMessages: REPLAY_MESSAGES,
      maxBytes: REPLAY_BYTES,
    });
  }

  /** Sends what was read in writes of some size: a write for every message would cost more than the reading. */
  async #sendReplayed(items: Replay['items'], round: readonly [string, Topic][]): Promise<void> {
    let batch: Uint8Array[] = [];
    let bytes = 0;
    for (const [index, { cursorIndex, id, message }] of items.entries()) {
      const topic = (round[cursorIndex] as [string, Topic])[1];
      if (id > topic.mark) {
        topic.mark = id;
        batch.push(message);
        bytes += message.length;
      }
      if (batch.length === 0 || (bytes < REPLAY_WRITE_BYTES && index < items.length - 1)) continue;
      if (!(await this.#writable())) return;
      if (!this.#sink.write(framesOf(batch))) this.#full = true;
      batch = [];
      bytes = 0;
    }
  }

  /** Sends from the buffer until it is empty or the sink is full. */
  #drainBuffer(): void {
    let sent = 0;
    for (const { key, id, frame } of this.#buffer) {
      if (this.#full || this.#over()) break;
      this.#bufferBytes -= frame.length;
      this.#send(key, id, frame);
      sent++;
    }
    this.#buffer.splice(0, sent);
  }

  async #sleep(): Promise<void> {
    // The end may have come since `#writable` looked; nobody would wake this up again.
    if (this.#over()) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#idle = true;
    });
    this.#idle = false;
  }

  /** Sends unless it was sent before. False when the sink wants a pause. */
  #send(key: string, id: bigint, frame: Uint8Array): boolean {
    const topic = this.#topics.get(key) as Topic;
    if (id <= topic.mark) return true;
    topic.mark = id;
    if (this.#sink.write(frame)) return true;
    this.#full = true;
    return false;
  }

  #over(): boolean {
    return this.#ended !== undefined || this.#sink.signal.aborted;
  }

  #clearBuffer(): void {
    this.#buffer = [];
    this.#bufferBytes = 0;
  }
}
