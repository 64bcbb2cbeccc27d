/**
 * What stands between a client and its node in the simulator: it delays, loses requests and answers, repeats requests, shows an older
 * state of a topic than there is, breaks streams, and can cut the line. It cannot forge.
 *
 * Order is kept where a real network keeps it: within one stream, and within one topic. Everything else overtakes freely.
 */
import {
  GRPC_STATUS,
  type Network,
  NetworkError,
  type StreamCall,
  type SubscribeOptions,
  type UnaryCall,
  type UnaryMethod,
} from '@conclave/client';
import {
  create,
  type GroupMessage,
  QueryGroupMessagesResponseSchema,
  QueryWelcomeMessagesResponseSchema,
  type WelcomeMessage,
} from '@conclave/proto';
import type { SeededRandom } from '../seeded-random.js';
import type { VirtualTime } from '../virtual-time.js';

/** How bad a line is. Probabilities from 0 to 1, times in milliseconds. */
export interface NetworkFaults {
  /** Longest delay of a request, of an answer and of a streamed message. */
  readonly latencyMs: number;
  /** A request gets lost: the node never sees it. */
  readonly dropRequest: number;
  /** An answer gets lost: the node has done what was asked. */
  readonly dropAnswer: number;
  /** A request arrives twice. */
  readonly duplicate: number;
  /** Queries show topics as they were this long ago at most: the node answers from a copy that lags. */
  readonly lagMs: number;
  /** A stream breaks with a message. */
  readonly breakStream: number;
  /** A stream delivers again what it has delivered before. */
  readonly replay: number;
}

/** A line without faults and without delay. */
export const PERFECT_LINE: NetworkFaults = {
  latencyMs: 0,
  dropRequest: 0,
  dropAnswer: 0,
  duplicate: 0,
  lagMs: 0,
  breakStream: 0,
  replay: 0,
};

/** After this long without an answer a client gives a call up, milliseconds. */
const CALL_DEADLINE_MS = 1000;

/** The line of one process to the node. */
export class Adversary {
  readonly #inner: Network;
  readonly #time: VirtualTime;
  readonly #random: SeededRandom;
  readonly #streams = new Set<() => void>();
  #isCut = false;
  #isEnding = false;
  #isAlive = true;
  /** Nothing that was stored after `fromNs` is shown before `untilNs`. */
  #withheld = { fromNs: 0n, untilNs: 0n };
  faults: NetworkFaults;
  /** Called with the name of each call that a client makes; may throw what the client shall see. */
  onCall: ((method: UnaryMethod, request: unknown) => void) | undefined;
  /** What is not shown: an envelope that becomes visible late, or that a proxy loses on its way. */
  hides: ((message: GroupMessage | WelcomeMessage, way: 'stream' | 'query') => boolean) | undefined;
  /** What a stream brings behind the next that it brings. */
  isOvertaken: ((message: GroupMessage | WelcomeMessage) => boolean) | undefined;
  /** Calls made, answered or not. */
  calls = 0;
  /** From a call on (counted from 1) none gets through, or none is answered although the node does what it asks for. */
  outage: { readonly fromCall: number; readonly lost: 'requests' | 'answers' } | undefined;

  constructor(inner: Network, time: VirtualTime, random: SeededRandom, faults: NetworkFaults = PERFECT_LINE) {
    this.#inner = inner;
    this.#time = time;
    this.#random = random;
    this.faults = faults;
  }

  /** Nothing gets through any more, and open streams break. */
  cut(): void {
    this.#isCut = true;
    this.breakStreams();
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** The line is whole again. */
  mend(): void {
    this.#isCut = false;
  }

  /** The node keeps back what is stored from now on, for so long: queries and streams end at this moment. It takes what it is given. */
  withhold(ms: number): void {
    const fromNs = this.#time.nowNs();
    this.#withheld = { fromNs, untilNs: fromNs + BigInt(Math.round(ms)) * 1_000_000n };
  }

  /** Breaks every open stream, as a node does that restarts. */
  breakStreams(): void {
    for (const breakStream of [...this.#streams]) breakStream();
  }

  /** Ends every open stream without an error, as some nodes do to slow readers. */
  endStreams(): void {
    this.#isEnding = true;
    this.breakStreams();
    this.#isEnding = false;
  }

  /** The process at this end is gone: what was under way is never heard of again. */
  die(): void {
    this.#isAlive = false;
    this.breakStreams();
  }

  /** The Network that the client is given. */
  get network(): Network {
    const inner = this.#inner;
    return {
      uploadKeyPackage: this.#unary('uploadKeyPackage', inner.uploadKeyPackage),
      fetchKeyPackages: this.#unary('fetchKeyPackages', inner.fetchKeyPackages),
      sendGroupMessages: this.#unary('sendGroupMessages', inner.sendGroupMessages),
      sendWelcomeMessages: this.#unary('sendWelcomeMessages', inner.sendWelcomeMessages),
      queryGroupMessages: this.#unary('queryGroupMessages', inner.queryGroupMessages, (answer) =>
        create(QueryGroupMessagesResponseSchema, { ...answer, messages: this.#asOfEarlier(answer.messages) }),
      ),
      queryWelcomeMessages: this.#unary('queryWelcomeMessages', inner.queryWelcomeMessages, (answer) =>
        create(QueryWelcomeMessagesResponseSchema, { ...answer, messages: this.#asOfEarlier(answer.messages) }),
      ),
      publishCommitLog: this.#unary('publishCommitLog', inner.publishCommitLog),
      queryCommitLog: this.#unary('queryCommitLog', inner.queryCommitLog),
      newestGroupMessages: this.#unary('newestGroupMessages', inner.newestGroupMessages),
      publishIdentityUpdate: this.#unary('publishIdentityUpdate', inner.publishIdentityUpdate),
      getIdentityUpdates: this.#unary('getIdentityUpdates', inner.getIdentityUpdates),
      getInboxIds: this.#unary('getInboxIds', inner.getInboxIds),
      verifySmartContractWalletSignatures: this.#unary(
        'verifySmartContractWalletSignatures',
        inner.verifySmartContractWalletSignatures,
      ),
      subscribeGroupMessages: this.#stream(inner.subscribeGroupMessages),
      subscribeWelcomeMessages: this.#stream(inner.subscribeWelcomeMessages),
    };
  }

  #unary<Request, Response>(
    method: UnaryMethod,
    call: UnaryCall<Request, Response>,
    distort: (response: Response) => Response = (response) => response,
  ): UnaryCall<Request, Response> {
    return async (request, signal) => {
      await this.#whileAlive();
      this.calls += 1;
      this.onCall?.(method, request);
      const lost = this.#lostNow();
      if (this.#isCut || lost === 'requests') throw unavailable(method, 'the line is cut');
      await this.#travel();
      if (this.#isCut || this.#random.chance(this.faults.dropRequest)) await this.#lost(method);
      const first = call(request, signal);
      const answer = this.#random.chance(this.faults.duplicate) ? await this.#twice(first, call, request) : await first;
      if (lost === 'answers') throw unavailable(method, 'the answer was lost');
      await this.#travel();
      if (this.#isCut || this.#random.chance(this.faults.dropAnswer)) await this.#lost(method);
      await this.#whileAlive();
      return distort(answer);
    };
  }

  #lostNow(): 'requests' | 'answers' | undefined {
    return this.outage !== undefined && this.calls >= this.outage.fromCall ? this.outage.lost : undefined;
  }

  /** The second arrival may be refused (an identity update is a replay); the client hears the first answer. */
  async #twice<Request, Response>(
    first: Promise<Response>,
    call: UnaryCall<Request, Response>,
    request: Request,
  ): Promise<Response> {
    const answer = await first;
    await call(request).catch(() => undefined);
    return answer;
  }

  async #lost(method: UnaryMethod): Promise<never> {
    await this.#time.delay(CALL_DEADLINE_MS);
    await this.#whileAlive();
    throw new NetworkError(GRPC_STATUS.DEADLINE_EXCEEDED, { method });
  }

  async #travel(): Promise<void> {
    if (this.faults.latencyMs > 0) await this.#time.delay(this.#random.fraction() * this.faults.latencyMs);
  }

  /** A dead process does not go on: its calls stay open for ever. */
  #whileAlive(): Promise<void> | undefined {
    return this.#isAlive ? undefined : new Promise(() => {});
  }

  /** A page without its newest messages, as of some moment not long ago. */
  #asOfEarlier<Message extends GroupMessage | WelcomeMessage>(messages: readonly Message[]): Message[] {
    const momentNs = this.#shownUntilNs();
    const visible = messages.filter((message) => this.hides?.(message, 'query') !== true);
    if (momentNs === undefined) return visible;
    return visible.filter(({ version }) => (version.value?.createdNs ?? 0n) <= momentNs);
  }

  #shownUntilNs(): bigint | undefined {
    const nowNs = this.#time.nowNs();
    const { fromNs, untilNs } = this.#withheld;
    if (nowNs < untilNs) return fromNs;
    if (this.faults.lagMs === 0) return undefined;
    return nowNs - BigInt(Math.floor(this.#random.fraction() * this.faults.lagMs * 1e6));
  }

  /** Waits as long as the node keeps a streamed message back. */
  async #whileWithheld(createdNs: bigint): Promise<void> {
    const { fromNs, untilNs } = this.#withheld;
    const leftNs = untilNs - this.#time.nowNs();
    if (createdNs > fromNs && leftNs > 0n) await this.#time.delay(Number(leftNs / 1_000_000n) + 1);
  }

  #stream<Request, Response extends GroupMessage | WelcomeMessage>(
    call: StreamCall<Request, Response>,
  ): StreamCall<Request, Response> {
    const self = this;
    return async function* (request: Request, options: SubscribeOptions) {
      await self.#whileAlive();
      await self.#travel();
      if (options.signal.aborted) return;
      if (self.#isCut) throw unavailable('subscribe', 'the line is cut');
      const ended = new AbortController();
      let endsQuietly = false;
      const stop = (): void => {
        endsQuietly = self.#isEnding;
        ended.abort();
      };
      options.signal.addEventListener('abort', stop, { once: true });
      self.#streams.add(stop);
      try {
        const { onOpen } = options;
        const inner = call(request, { signal: ended.signal, ...(onOpen === undefined ? {} : { onOpen }) });
        const delivered: Response[] = [];
        const overtaken: Response[] = [];
        for await (const message of inner) {
          await self.#whileWithheld(message.version.value?.createdNs ?? 0n);
          await self.#travel();
          if (ended.signal.aborted) break;
          if (self.hides?.(message, 'stream') === true) continue;
          if (self.#random.chance(self.faults.breakStream)) throw unavailable('subscribe', 'the stream broke');
          if (self.isOvertaken?.(message) === true) {
            overtaken.push(message);
            continue;
          }
          yield message;
          yield* overtaken.splice(0);
          if (self.faults.replay === 0) continue;
          delivered.push(message);
          if (self.#random.chance(self.faults.replay)) yield self.#random.pick(delivered) as Response;
        }
        await self.#whileAlive();
        if (!options.signal.aborted && !endsQuietly) throw unavailable('subscribe', 'the stream broke');
      } finally {
        self.#streams.delete(stop);
        options.signal.removeEventListener('abort', stop);
        ended.abort();
      }
    };
  }
}

/** What a client sees of a node that is not there. */
export function unavailable(method: string, reason: string): NetworkError {
  return new NetworkError(GRPC_STATUS.UNAVAILABLE, { method, reason });
}
