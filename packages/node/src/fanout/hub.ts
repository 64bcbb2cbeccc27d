/**
 * The hub: hears the log's tail and hands each committed message to the subscriptions of its topic, from memory. It
 * holds no message itself; what a subscription cannot take at once is bounded there.
 *
 * Cost of a message: one map lookup, plus one call per subscriber of its topic.
 */
import { NodeError, toNodeError } from '../errors.js';
import type { MessageLog, TopicKind } from '../log/log.js';
import type { HotSeries } from '../metrics/hot-metrics.js';
import type { NodeMetrics } from '../metrics/node-metrics.js';
import { LiveMessage } from './live-message.js';

/** Something that wants live messages. Neither method blocks. One that throws is ended: its fault is its own, not that of the writer or of others. */
export interface Subscriber {
  offer(message: LiveMessage): void;
  /** The hub is closing; the subscription ends with this error. */
  end(error: NodeError): void;
}

/** Who listens to what. One per node. */
export class Hub {
  readonly #topics = new Map<string, Set<Subscriber>>();
  readonly #everything = new Set<Subscriber>();
  readonly #open = new Set<Subscriber>();
  readonly #log: Pick<MessageLog, 'tail'>;
  #stopTail: (() => void) | undefined;
  readonly #counters:
    | Readonly<Record<TopicKind, { readonly messages: HotSeries; readonly deliveries: HotSeries }>>
    | undefined;
  #closed = false;

  constructor(log: Pick<MessageLog, 'tail'>, metrics?: Pick<NodeMetrics, 'liveMessages' | 'liveDeliveries'>) {
    const counters = ({ liveMessages, liveDeliveries }: Pick<NodeMetrics, 'liveMessages' | 'liveDeliveries'>) => ({
      group: { messages: liveMessages.series({ kind: 'group' }), deliveries: liveDeliveries.series({ kind: 'group' }) },
      welcome: {
        messages: liveMessages.series({ kind: 'welcome' }),
        deliveries: liveDeliveries.series({ kind: 'welcome' }),
      },
    });
    this.#counters = metrics && counters(metrics);
    this.#log = log;
  }

  /**
   * From the next commit on, offers the messages of these topics; `keys` undefined means every topic.
   * @returns a function that takes the subscriber out again
   * @throws NodeError `node/shutting-down`
   */
  subscribe(subscriber: Subscriber, keys: readonly string[] | undefined): () => void {
    if (this.#closed) throw new NodeError('node/shutting-down');
    this.#open.add(subscriber);
    // Before anybody listens nothing is read for him: processes that share a database need not read what the others write.
    this.#stopTail ??= this.#log.tail((batch) => {
      for (const committed of batch) this.#dispatch(new LiveMessage(committed));
    });
    if (keys === undefined) this.#everything.add(subscriber);
    for (const key of keys ?? []) this.listen(subscriber, key);
    return () => {
      this.#open.delete(subscriber);
      this.#everything.delete(subscriber);
      for (const key of keys ?? []) this.unlisten(subscriber, key);
      if (this.#open.size === 0) this.#leaveTail();
    };
  }

  /** Offers the messages of one more topic to a subscriber that is open. */
  listen(subscriber: Subscriber, key: string): void {
    const subscribers = this.#topics.get(key);
    if (subscribers === undefined) this.#topics.set(key, new Set([subscriber]));
    else subscribers.add(subscriber);
  }

  /** No longer offers a topic's messages to it. */
  unlisten(subscriber: Subscriber, key: string): void {
    const subscribers = this.#topics.get(key);
    if (subscribers?.delete(subscriber) && subscribers.size === 0) this.#topics.delete(key);
  }

  /** Subscriptions that are open now. */
  get subscriptionCount(): number {
    return this.#open.size;
  }

  /** Topics that somebody listens to now. */
  get topicCount(): number {
    return this.#topics.size;
  }

  /** Ends every subscription with UNAVAILABLE and takes no new one. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leaveTail();
    for (const subscriber of [...this.#open]) this.#end(subscriber, new NodeError('node/shutting-down'));
  }

  #leaveTail(): void {
    this.#stopTail?.();
    this.#stopTail = undefined;
  }

  #dispatch(message: LiveMessage): void {
    const subscribers = this.#topics.get(message.key);
    if (subscribers !== undefined) {
      const counters = this.#counters?.[message.kind];
      if (counters !== undefined) {
        counters.messages.value++;
        counters.deliveries.value += subscribers.size;
      }
      for (const subscriber of subscribers) this.#offer(subscriber, message);
    }
    for (const subscriber of this.#everything) this.#offer(subscriber, message);
  }

  #offer(subscriber: Subscriber, message: LiveMessage): void {
    try {
      subscriber.offer(message);
    } catch (thrown) {
      this.unlisten(subscriber, message.key);
      this.#everything.delete(subscriber);
      this.#end(subscriber, toNodeError(thrown));
    }
  }

  #end(subscriber: Subscriber, error: NodeError): void {
    try {
      subscriber.end(error);
    } catch {
      // It hears nothing any more; there is nobody else to tell.
    }
  }
}
