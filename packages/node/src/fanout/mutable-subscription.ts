/**
 * A stream whose set of topics the client changes while it runs (XIP-83). Each change is a *wave*: history of the topics that
 * were added, tagged with the change's id, then TopicsLive, then CatchupComplete; live messages of these topics, tagged 0,
 * only after that. Waves are caught up one after the other, in the order asked.
 *
 * The pieces are those of the immutable subscription: a high-water mark per topic merges replay and live; a topic of which the
 * log knows more is *behind*; messages of such a topic need not be kept, since the read that catches up starts later.
 *
 * Memory: the topics, the buffer, one page of replay, and what the transport holds.
 */
import { NodeError } from '../errors.js';
import type { NodeLimits } from '../limits.js';
import type { MessageLog, Replay, TopicKind } from '../log/log.js';
import type { Hub, Subscriber } from './hub.js';
import type { LiveMessage } from './live-message.js';
import type { StreamSink } from './sink.js';
import { controlFrame, messagesFrame } from './subscribe-frames.js';
import type { SubscriptionMetrics } from './subscription.js';
import { topicKey, topicOf } from './topic.js';
import { untilDrained } from './until-drained.js';

/** What one round of replay reads. */
const REPLAY_MESSAGES = 500;
const REPLAY_BYTES = 1024 * 1024;
const REPLAY_TOPICS = 1000;
/** Pings of the client whose answers it has not read; it sends one now and then. */
const UNREAD_PONGS = 256;
const KINDS: readonly TopicKind[] = ['group', 'welcome'];
const KIND_BYTE: Readonly<Record<TopicKind, number>> = { group: 0, welcome: 1 };

/** A topic that a change adds. */
export interface AddedTopic {
  readonly kind: TopicKind;
  /** Read and not kept. */
  readonly name: Uint8Array;
  readonly after: bigint;
}

/** One change. */
export interface Mutation {
  /** Applied first, so that a topic in both is read again from its new cursor. */
  readonly removes: readonly Pick<AddedTopic, 'kind' | 'name'>[];
  readonly adds: readonly AddedTopic[];
  readonly historyOnly: boolean;
  readonly mutateId: bigint;
}

interface Topic {
  readonly key: string;
  readonly kind: TopicKind;
  /** Id of the last message sent. */
  mark: bigint;
  /** The wave that catches it up; undefined once it is live. */
  wave: Wave | undefined;
  /** Where `wave` reads history alone: the later one that makes it live. */
  next: Wave | undefined;
}

interface Wave {
  readonly mutateId: bigint;
  readonly historyOnly: boolean;
  /** Every topic that the change named, for TopicsLive. */
  readonly topics: Set<Topic>;
  /** Those of them with something left to read. */
  readonly behind: Map<string, Topic>;
}

/** What it reads from and is bounded by. */
export interface MutableSubscriptionContext {
  readonly log: Pick<MessageLog, 'replay'>;
  readonly hub: Hub;
  readonly metrics?: SubscriptionMetrics;
  readonly limits: Pick<
    NodeLimits,
    | 'subscriberMessages'
    | 'subscriberBytes'
    | 'subscriberStallMs'
    | 'topicsPerSubscribe'
    | 'wavesPerSubscribe'
    | 'subscribePingMs'
  >;
}

/** One stream. `mutate`, `ping`, `pong` and `halfClose` are called as requests arrive, `run` serves. */
export class MutableSubscription implements Subscriber {
  readonly #context: MutableSubscriptionContext;
  readonly #sink: StreamSink;
  readonly #topics = new Map<string, Topic>();
  readonly #waves: Wave[] = [];
  /** Live topics whose buffered messages were let go: read again from the log, still as live ones. */
  readonly #behind = new Map<string, Topic>();
  readonly #control: Uint8Array[] = [];
  #buffer: LiveMessage[] = [];
  #bufferBytes = 0;
  #full = false;
  #idle = false;
  #isHalfClosed = false;
  /** Served no longer: requests that still come change nothing. */
  #isClosed = false;
  #awaitedPong: bigint | undefined;
  #pings = 0n;
  #wake: () => void = () => undefined;
  #ended: NodeError | undefined;

  constructor(context: MutableSubscriptionContext, sink: StreamSink) {
    this.#context = context;
    this.#sink = sink;
    const keepaliveIntervalMs = context.limits.subscribePingMs;
    this.#control.push(controlFrame({ case: 'started', value: { keepaliveIntervalMs, capabilities: [] } as never }));
  }

  /**
   * Changes the topics, whole or not at all.
   * @throws NodeError `node/invalid-mutation`, `node/batch-too-large`
   */
  mutate({ removes, adds, historyOnly, mutateId }: Mutation): void {
    if (this.#isClosed) return;
    const { topicsPerSubscribe, wavesPerSubscribe } = this.#context.limits;
    if (adds.length > 0 && mutateId === 0n) throw new NodeError('node/invalid-mutation', { reason: 'mutate_id is 0' });
    if (this.#waves.some((wave) => wave.mutateId === mutateId)) {
      throw new NodeError('node/invalid-mutation', { reason: 'mutate_id names a wave that is not complete' });
    }
    if (this.#waves.length >= wavesPerSubscribe)
      throw new NodeError('node/batch-too-large', { max: wavesPerSubscribe });
    const inFlight = this.#waves.reduce((sum, { topics }) => sum + topics.size, 0);
    const elements = Math.max(this.#topics.size, inFlight) + adds.length;
    if (elements > topicsPerSubscribe)
      throw new NodeError('node/batch-too-large', { elements, max: topicsPerSubscribe });
    this.#removeAll(removes.map(({ kind, name }) => topicKey(kind, name)));
    const wave: Wave = { mutateId, historyOnly, topics: new Set(), behind: new Map() };
    for (const added of adds) this.#add(added, wave);
    this.#waves.push(wave);
    this.#rouse();
  }

  /** The client asks whether the node is there. One that leaves too many answers unread is ended. */
  ping(nonce: bigint): void {
    if (this.#isClosed) return;
    if (this.#control.length >= UNREAD_PONGS) {
      this.end(new NodeError('node/too-many-pings'));
      return;
    }
    this.#control.push(controlFrame({ case: 'pong', value: { nonce } as never }));
    this.#rouse();
  }

  /** The client answers. */
  pong(nonce: bigint): void {
    if (nonce === this.#awaitedPong) this.#awaitedPong = undefined;
  }

  /** The client sends no more: what it asked for is caught up, then the stream ends. */
  halfClose(): void {
    this.#isHalfClosed = true;
    this.#rouse();
  }

  offer(message: LiveMessage): void {
    const topic = this.#topics.get(message.key);
    if (topic === undefined) return;
    const wave = topic.next ?? topic.wave;
    if (wave !== undefined) {
      wave.behind.set(topic.key, topic);
      return;
    }
    if (this.#behind.has(topic.key)) return;
    if (this.#idle && !this.#full) {
      if (!this.#sendLive(topic, message)) this.#rouse();
      return;
    }
    this.#buffer.push(message);
    this.#bufferBytes += message.frame.length;
    const { subscriberMessages, subscriberBytes } = this.#context.limits;
    if (this.#buffer.length <= subscriberMessages && this.#bufferBytes <= subscriberBytes) return;
    this.#context.metrics?.subscriberOverflows.inc();
    for (const { key } of this.#buffer) {
      const each = this.#topics.get(key);
      if (each !== undefined) this.#behind.set(key, each);
    }
    this.#clearBuffer();
  }

  end(error: NodeError): void {
    this.#ended ??= error;
    this.#rouse();
  }

  /**
   * Serves until the client leaves or has half-closed and everything is caught up (resolves), or the node ends it (rejects).
   * @throws NodeError `node/slow-subscriber`, `node/silent-subscriber`, `node/too-many-pings`, `node/shutting-down`, what reading the log failed with
   */
  async run(): Promise<void> {
    const { signal } = this.#sink;
    if (signal.aborted) return this.#close();
    const leave = this.#subscribe();
    const onAbort = () => this.#rouse();
    signal.addEventListener('abort', onAbort, { once: true });
    const pinger = setInterval(() => this.#askClient(), this.#context.limits.subscribePingMs);
    try {
      this.#sink.open();
      while (await this.#writable()) {
        if (this.#control.length > 0) this.#write(this.#control.shift() as Uint8Array);
        else if (this.#waves.length > 0) await this.#advance(this.#waves[0] as Wave);
        else if (this.#behind.size > 0) await this.#replay(this.#behind, 0n);
        else if (this.#buffer.length > 0) this.#drainBuffer();
        else if (this.#isHalfClosed) return;
        else await this.#sleep();
      }
    } finally {
      clearInterval(pinger);
      signal.removeEventListener('abort', onAbort);
      leave();
      this.#close();
    }
  }

  /** @throws NodeError `node/shutting-down` */
  #subscribe(): () => void {
    try {
      return this.#context.hub.subscribe(this, []);
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  #close(): void {
    this.#isClosed = true;
    this.#clearBuffer();
    this.#removeAll([...this.#topics.keys()]);
    this.#waves.length = 0;
    this.#control.length = 0;
  }

  #add({ kind, name, after }: AddedTopic, wave: Wave): void {
    const key = topicKey(kind, name);
    const known = this.#topics.get(key);
    if (known !== undefined) {
      // Its floor stays: what was sent is not sent again until the topic is removed.
      if (known.wave === wave && after < known.mark) known.mark = after;
      wave.topics.add(known);
      if (!wave.historyOnly && known.wave?.historyOnly) this.#makeLive(known, wave);
      return;
    }
    const topic: Topic = { key, kind, mark: after, wave, next: undefined };
    this.#topics.set(key, topic);
    wave.topics.add(topic);
    wave.behind.set(key, topic);
    // Heard from now on, so that nothing falls between replay and live; history alone needs no ear.
    if (!wave.historyOnly) this.#context.hub.listen(this, key);
  }

  /** A topic whose history alone is being read goes live with a later wave, which reads what came until it was heard. */
  #makeLive(topic: Topic, wave: Wave): void {
    if (topic.next !== undefined) return;
    topic.next = wave;
    wave.behind.set(topic.key, topic);
    this.#context.hub.listen(this, topic.key);
  }

  #removeAll(keys: readonly string[]): void {
    for (const key of keys) this.#remove(key);
    if (keys.length === 0 || this.#buffer.length === 0) return;
    this.#buffer = this.#buffer.filter(({ key }) => this.#topics.has(key));
    this.#bufferBytes = this.#buffer.reduce((sum, { frame }) => sum + frame.length, 0);
  }

  #remove(key: string): void {
    const topic = this.#topics.get(key);
    if (topic === undefined) return;
    this.#topics.delete(key);
    this.#behind.delete(key);
    topic.wave?.behind.delete(key);
    topic.next?.behind.delete(key);
    this.#context.hub.unlisten(this, key);
  }

  /** One round of a wave, or its end. */
  async #advance(wave: Wave): Promise<void> {
    if (wave.behind.size > 0) return this.#replay(wave.behind, wave.mutateId);
    this.#waves.shift();
    // A topic that was removed and added again is another one, of a later wave.
    const wanted = [...wave.topics].filter((topic) => this.#topics.get(topic.key) === topic);
    const live = wave.historyOnly ? [] : wanted;
    if (live.length > 0) {
      const topics = live.map(({ key, kind }) => Buffer.concat([Buffer.of(KIND_BYTE[kind]), topicOf(key)]));
      this.#write(controlFrame({ case: 'topicsLive', value: { topics } as never }));
    }
    this.#write(controlFrame({ case: 'catchupComplete', value: { mutateId: wave.mutateId } as never }));
    for (const topic of wanted) {
      if (topic.wave !== wave) continue;
      if (wave.historyOnly && topic.next === undefined) this.#topics.delete(topic.key);
      topic.wave = topic.next;
      topic.next = undefined;
    }
  }

  /** Reads one round of one kind from the log. What turns up meanwhile makes its topic behind again. */
  async #replay(behind: Map<string, Topic>, mutateId: bigint): Promise<void> {
    for (const kind of KINDS) {
      const round = [...behind.values()].filter((topic) => topic.kind === kind).slice(0, REPLAY_TOPICS);
      if (round.length === 0) continue;
      for (const { key } of round) behind.delete(key);
      const { items, exhausted } = await this.#context.log.replay({
        kind,
        cursors: round.map(({ key, mark }) => ({ topic: topicOf(key), after: mark })),
        maxMessages: REPLAY_MESSAGES,
        maxBytes: REPLAY_BYTES,
      });
      for (const topic of round.slice(exhausted))
        if (this.#topics.get(topic.key) === topic) behind.set(topic.key, topic);
      const fresh = this.#take(items, round);
      this.#context.metrics?.replayedMessages.inc(fresh.length);
      if (fresh.length > 0 && (await this.#writable())) this.#write(messagesFrame(kind, fresh, mutateId));
      return;
    }
  }

  /** The messages that were not sent yet, of topics that are still wanted, ascending. */
  #take(items: Replay['items'], round: readonly Topic[]): Uint8Array[] {
    const fresh = items.filter(({ cursorIndex, id }) => {
      const topic = round[cursorIndex] as Topic;
      return this.#topics.get(topic.key) === topic && id > topic.mark;
    });
    for (const { cursorIndex, id } of fresh) (round[cursorIndex] as Topic).mark = id;
    return [...fresh].sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ message }) => message);
  }

  #drainBuffer(): void {
    let sent = 0;
    for (const message of this.#buffer) {
      if (this.#full || this.#over()) break;
      this.#bufferBytes -= message.frame.length;
      const topic = this.#topics.get(message.key);
      if (topic !== undefined) this.#sendLive(topic, message);
      sent++;
    }
    this.#buffer.splice(0, sent);
  }

  /** False when the sink wants a pause. */
  #sendLive(topic: Topic, message: LiveMessage): boolean {
    if (message.id <= topic.mark) return true;
    topic.mark = message.id;
    this.#write(message.subscribeFrame);
    return !this.#full;
  }

  #write(frame: Uint8Array): void {
    if (!this.#sink.write(frame)) this.#full = true;
  }

  #askClient(): void {
    if (this.#awaitedPong !== undefined) {
      this.end(new NodeError('node/silent-subscriber'));
      return;
    }
    this.#awaitedPong = ++this.#pings;
    this.#control.push(controlFrame({ case: 'ping', value: { nonce: this.#awaitedPong } as never }));
    this.#rouse();
  }

  async #writable(): Promise<boolean> {
    if (!this.#over() && this.#full) await this.#waitForSink();
    if (this.#ended !== undefined) throw this.#ended;
    return !this.#sink.signal.aborted;
  }

  async #waitForSink(): Promise<void> {
    const over = new Promise<void>((resolve) => {
      this.#wake = () => this.#over() && resolve();
    });
    await untilDrained(this.#sink, over, this.#context.limits, this.#context.metrics);
    this.#full = false;
  }

  async #sleep(): Promise<void> {
    if (this.#over()) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#idle = true;
    });
    this.#idle = false;
  }

  #rouse(): void {
    this.#idle = false;
    this.#wake();
  }

  #over(): boolean {
    return this.#ended !== undefined || this.#sink.signal.aborted;
  }

  #clearBuffer(): void {
    this.#buffer = [];
    this.#bufferBytes = 0;
  }
}
