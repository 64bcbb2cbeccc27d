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
import { topicKey } from './topic.js';

/** What one round of replay reads. */
const REPLAY_MESSAGES = 500;
const REPLAY_BYTES = 1024 * 1024;
const REPLAY_TOPICS = 1000;
const KINDS: readonly TopicKind[] = ['group', 'welcome'];
const KIND_BYTE: Readonly<Record<TopicKind, number>> = { group: 0, welcome: 1 };

/** A topic that a change adds. */
export interface AddedTopic {
  readonly kind: TopicKind;
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
  readonly name: Uint8Array;
  /** Id of the last message sent. */
  mark: bigint;
  /** The wave that catches it up; undefined once it is live. */
  wave: Wave | undefined;
}

interface Wave {
  readonly mutateId: bigint;
  readonly historyOnly: boolean;
  /** Every topic that the change named, for TopicsLive. */
  readonly topics: Topic[];
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
    const { topicsPerSubscribe, wavesPerSubscribe } = this.#context.limits;
    if (adds.length > 0 && mutateId === 0n) throw new NodeError('node/invalid-mutation', { reason: 'mutate_id is 0' });
    if (this.#waves.some((wave) => wave.mutateId === mutateId)) {
      throw new NodeError('node/invalid-mutation', { reason: 'mutate_id names a wave that is not complete' });
    }
    if (this.#waves.length >= wavesPerSubscribe)
      throw new NodeError('node/batch-too-large', { max: wavesPerSubscribe });
    if (this.#topics.size + adds.length > topicsPerSubscribe) {
      throw new NodeError('node/batch-too-large', {
        elements: this.#topics.size + adds.length,
        max: topicsPerSubscribe,
      });
    }
    for (const { kind, name } of removes) this.#remove(topicKey(kind, name));
    const wave: Wave = { mutateId, historyOnly, topics: [], behind: new Map() };
    for (const added of adds) this.#add(added, wave);
    this.#waves.push(wave);
    this.#rouse();
  }

  /** The client asks whether the node is there. */
  ping(nonce: bigint): void {
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
    const topic = this.#topics.get(message.key) as Topic;
    if (topic.wave !== undefined) {
      topic.wave.behind.set(topic.key, topic);
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
   * @throws NodeError `node/slow-subscriber`, `node/silent-subscriber`, `node/shutting-down`, what reading the log failed with
   */
  async run(): Promise<void> {
    const { signal } = this.#sink;
    if (signal.aborted) return;
    const leave = this.#context.hub.subscribe(this, []);
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
      for (const key of [...this.#topics.keys()]) this.#remove(key);
      leave();
      this.#clearBuffer();
    }
  }

  #add({ kind, name, after }: AddedTopic, wave: Wave): void {
    const key = topicKey(kind, name);
    const known = this.#topics.get(key);
    if (known !== undefined) {
      // Its floor stays: what was sent is not sent again until the topic is removed.
      if (known.wave === wave && after < known.mark) known.mark = after;
      if (!wave.topics.includes(known)) wave.topics.push(known);
      return;
    }
    const topic: Topic = { key, kind, name, mark: after, wave };
    this.#topics.set(key, topic);
    wave.topics.push(topic);
    wave.behind.set(key, topic);
    // Heard from now on, so that nothing falls between replay and live; history alone needs no ear.
    if (!wave.historyOnly) this.#context.hub.listen(this, key);
  }

  #remove(key: string): void {
    const topic = this.#topics.get(key);
    if (topic === undefined) return;
    this.#topics.delete(key);
    this.#behind.delete(key);
    topic.wave?.behind.delete(key);
    this.#context.hub.unlisten(this, key);
    if (this.#buffer.some((message) => message.key === key)) {
      this.#buffer = this.#buffer.filter((message) => message.key !== key);
      this.#bufferBytes = this.#buffer.reduce((sum, { frame }) => sum + frame.length, 0);
    }
  }

  /** One round of a wave, or its end. */
  async #advance(wave: Wave): Promise<void> {
    if (wave.behind.size > 0) return this.#replay(wave.behind, wave.mutateId);
    this.#waves.shift();
    const live = wave.historyOnly ? [] : wave.topics.filter(({ key }) => this.#topics.has(key));
    if (live.length > 0) {
      const topics = live.map(({ kind, name }) => Buffer.concat([Buffer.of(KIND_BYTE[kind]), name]));
      this.#write(controlFrame({ case: 'topicsLive', value: { topics } as never }));
    }
    this.#write(controlFrame({ case: 'catchupComplete', value: { mutateId: wave.mutateId } as never }));
    for (const topic of wave.topics) {
      if (topic.wave !== wave) continue;
      topic.wave = undefined;
      if (wave.historyOnly) this.#topics.delete(topic.key);
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
        cursors: round.map(({ name, mark }) => ({ topic: name, after: mark })),
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
      this.#sendLive(this.#topics.get(message.key) as Topic, message);
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
    let stalled: NodeJS.Timeout | undefined;
    const stall = new Promise<never>((_, reject) => {
      const { subscriberStallMs } = this.#context.limits;
      stalled = setTimeout(() => reject(new NodeError('node/slow-subscriber')), subscriberStallMs);
    });
    const over = new Promise<void>((resolve) => {
      this.#wake = () => this.#over() && resolve();
    });
    try {
      await Promise.race([this.#sink.drained(), over, stall]);
      this.#full = false;
    } finally {
      clearTimeout(stalled);
    }
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
