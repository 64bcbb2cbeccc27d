/**
 * One connected period of a client: a welcome stream and streams of its groups, until the first of them fails.
 *
 * The node's filters cannot change, so a new group means a further stream; a few of them are then merged into one, which is open
 * before they are closed. What one group cannot take now is fetched again for that group alone: the others go on.
 */
import { ConclaveError, fromHex, toHex } from '@conclave/crypto';
import {
  create,
  type GroupMessage_V1,
  SubscribeGroupMessagesRequest_FilterSchema,
  SubscribeGroupMessagesRequestSchema,
  SubscribeWelcomeMessagesRequest_FilterSchema,
  SubscribeWelcomeMessagesRequestSchema,
} from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError, isStorageFailure } from '../errors.js';
import { groupStopped } from '../groups/group-stopped.js';
import { groupLock } from '../groups/live-groups.js';
import { takeStreamed } from '../groups/streamed-envelope.js';
import { syncGroup } from '../groups/sync.js';
import { hasPassed, NS_PER_SECOND, shortId } from '../host.js';
import { requirePosition } from '../network/positions.js';
import { malformedAnswer } from '../refusals.js';
import { listSubscribable } from '../store/conversation-query.js';
import { getConversation } from '../store/conversations.js';
import { getCursor, groupReadCursor } from '../store/cursors.js';
import { receiveStreamedWelcome } from '../welcomes/receive.js';

/** Waits before a group is asked for again that could not be taken, in milliseconds; grows to the last. */
const CATCH_UP_WAITS_MS = [0, 1000, 4000, 15_000, 60_000] as const;

/** Envelopes of one group that wait for it; it is asked for as a whole when there are more. */
export const MAX_WAITING = 256;

/** An envelope, and what its stream had given of the group before it. */
interface StreamedEnvelope {
  readonly message: GroupMessage_V1;
  readonly givenBefore: bigint;
}

/** The streams of one period. */
export class Connection {
  readonly #ctx: ClientContext;
  readonly #abort = new AbortController();
  /** Groups that some stream brings. */
  readonly #subscribed = new Set<string>();
  readonly #groupStreams = new Set<AbortController>();
  /** Envelopes that wait for their group, by group; those of the first are being taken. */
  readonly #waiting = new Map<string, StreamedEnvelope[]>();
  /** Groups that are being asked for; what their streams bring meanwhile is among the answers. */
  readonly #behind = new Set<string>();
  /** Id of the newest envelope that any stream gave, by group. */
  readonly #newest = new Map<string, bigint>();
  /** When a group was last asked for because of what a stream gave. */
  readonly #askedAtNs = new Map<string, bigint>();
  readonly #parts = new Set<Promise<void>>();
  #error: ClientError | undefined;
  #broughtNews = false;

  constructor(ctx: ClientContext) {
    this.#ctx = ctx;
  }

  /** Whether a stream gave anything that it had not given before. */
  get broughtNews(): boolean {
    return this.#broughtNews;
  }

  /**
   * Runs until a stream fails or the signal aborts, and everything it started has come to rest.
   * @param onOpen - called when the node has accepted the subscriptions to all that is known at the start
   * @returns what ended it
   */
  async run(signal: AbortSignal, onOpen: () => void): Promise<ClientError> {
    const stop = (): void => this.#end(new ClientError('client/cancelled'));
    signal.addEventListener('abort', stop, { once: true });
    let opened = 0;
    const countOpen = (): void => {
      opened += 1;
      if (opened === 2 && this.#error === undefined) onOpen();
    };
    this.#start(this.#welcomes(countOpen));
    this.#start(this.#groups(countOpen));
    this.#start(this.#watchNewGroups());
    if (signal.aborted) stop();
    while (this.#parts.size > 0) await Promise.all(this.#parts);
    signal.removeEventListener('abort', stop);
    return this.#error ?? new ClientError('client/stream-lost');
  }

  #end(error: ClientError): void {
    this.#error ??= error;
    this.#abort.abort();
    for (const stream of this.#groupStreams) stream.abort();
  }

  /** A failure of any part ends the period; a fault of ours is told as such. */
  #start(part: Promise<void>): void {
    const guarded = part
      .catch((error: unknown) => {
        const reason = error instanceof ConclaveError ? { reason: error.code } : {};
        this.#end(error instanceof ClientError ? error : new ClientError('client/stream-lost', reason, error));
      })
      .finally(() => this.#parts.delete(guarded));
    this.#parts.add(guarded);
  }

  async #welcomes(onOpen: () => void): Promise<void> {
    const { installationId, installationIdBytes } = this.#ctx.identity;
    const idCursor = getCursor(this.#ctx.db, installationId, 'welcome');
    const filter = create(SubscribeWelcomeMessagesRequest_FilterSchema, {
      installationKey: installationIdBytes,
      idCursor,
    });
    const request = create(SubscribeWelcomeMessagesRequestSchema, { filters: [filter] });
    const { signal } = this.#abort;
    for await (const welcome of this.#ctx.network.subscribeWelcomeMessages(request, { signal, onOpen })) {
      if (signal.aborted) return;
      await receiveStreamedWelcome(this.#ctx, welcome);
      this.#broughtNews = true;
    }
    // Some nodes end a stream without an error; nobody would listen any more.
    if (!signal.aborted) throw new ClientError('client/stream-lost', { stream: 'welcomes' });
  }

  async #groups(onOpen: () => void): Promise<void> {
    const ids = listSubscribable(this.#ctx.db);
    if (ids.length === 0) onOpen();
    else await this.#readGroups(ids, onOpen);
  }

  /** New conversations get a stream of their own; beyond `maxGroupStreams` all are merged. */
  async #watchNewGroups(): Promise<void> {
    for await (const { groupId } of this.#ctx.events.subscribe(['conversation-added'], this.#abort.signal)) {
      if (this.#subscribed.has(groupId)) {
        // We are in it again: what its stream brought while we were not was left where it was.
        this.#catchUp(groupId);
        continue;
      }
      const before = this.#groupStreams.size >= this.#ctx.options.maxGroupStreams ? [...this.#groupStreams] : [];
      const ids = before.length > 0 ? listSubscribable(this.#ctx.db) : [groupId];
      this.#start(
        this.#readGroups(ids, () => {
          for (const stream of before) stream.abort();
        }),
      );
    }
  }

  async #readGroups(ids: readonly string[], onOpen: () => void): Promise<void> {
    const own = new AbortController();
    const { signal } = own;
    if (this.#abort.signal.aborted) own.abort();
    /** Id of the last envelope that this stream gave, by group. */
    const given = new Map(ids.map((id) => [id, groupReadCursor(this.#ctx.db, id)]));
    for (const id of ids) this.#subscribed.add(id);
    this.#groupStreams.add(own);
    const filters = [...given].map(([id, idCursor]) =>
      create(SubscribeGroupMessagesRequest_FilterSchema, { groupId: fromHex(id), idCursor }),
    );
    const request = create(SubscribeGroupMessagesRequestSchema, { filters });
    try {
      for await (const { version } of this.#ctx.network.subscribeGroupMessages(request, { signal, onOpen })) {
        if (signal.aborted) return;
        if (version.case !== 'v1') throw malformedAnswer(this.#ctx, { method: 'SubscribeGroupMessages' });
        requirePosition(this.#ctx, 'SubscribeGroupMessages', version.value);
        this.#receive(version.value, given);
      }
    } finally {
      this.#groupStreams.delete(own);
    }
    if (!signal.aborted) throw new ClientError('client/stream-lost', { stream: 'groups' });
  }

  /** Groups do not wait for each other: the node, or a call of the application, may keep one busy for minutes. */
  #receive(message: GroupMessage_V1, given: Map<string, bigint>): void {
    const id = toHex(message.groupId);
    const givenBefore = given.get(id);
    if (givenBefore === undefined) return;
    if (message.id > givenBefore) {
      given.set(id, message.id);
      this.#broughtNews = true;
    }
    if (message.id > (this.#newest.get(id) ?? 0n)) this.#newest.set(id, message.id);
    if (this.#behind.has(id)) return;
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) {
      const first = [{ message, givenBefore }];
      this.#waiting.set(id, first);
      this.#start(this.#takeWaiting(id, first));
    } else if (waiting.length < MAX_WAITING) {
      waiting.push({ message, givenBefore });
    } else {
      waiting.length = 0;
      this.#catchUp(id, true);
    }
  }

  /** Takes the envelopes of a group one after the other until none is left. */
  async #takeWaiting(id: string, waiting: StreamedEnvelope[]): Promise<void> {
    for (let next = waiting.shift(); next !== undefined && !this.#abort.signal.aborted; next = waiting.shift()) {
      // What came before it is being asked for, and so is this.
      if (!this.#behind.has(id)) await this.#take(id, next);
    }
    this.#waiting.delete(id);
  }

  async #take(id: string, { message, givenBefore }: StreamedEnvelope): Promise<void> {
    try {
      const stopped = await this.#ctx.locks.run(groupLock(id), () => takeStreamed(this.#ctx, id, message, givenBefore));
      if (stopped === undefined ? !this.#hasTaken(id, message.id) : stopped.retryable) this.#catchUp(id);
    } catch (error) {
      // What is wrong with an answer about one group is no reason to leave the others.
      if (!(error instanceof ClientError) || isStorageFailure(error)) throw error;
      this.#catchUp(id);
    }
  }

  /** Whether the cursor has come to where the streams are: a node may answer from a copy that lags behind what it streams. */
  #hasAll(groupId: string): boolean {
    return this.#hasTaken(groupId, this.#newest.get(groupId) ?? 0n);
  }

  #hasTaken(groupId: string, id: bigint): boolean {
    return groupReadCursor(this.#ctx.db, groupId) >= id;
  }

  /** Asks for what is new in a group until the node has given all of it; at once, or paused if it was asked for a moment ago. */
  #catchUp(groupId: string, atOnce = false): void {
    if (this.#behind.has(groupId)) return;
    this.#behind.add(groupId);
    // Anybody can write what has to be asked for, again and again.
    const asked = atOnce ? undefined : this.#askedAtNs.get(groupId);
    const isPaused = asked !== undefined && !hasPassed(asked, NS_PER_SECOND, this.#ctx.host.nowNs());
    this.#start(this.#askUntilAnswered(groupId, isPaused ? 1 : 0));
  }

  async #askUntilAnswered(groupId: string, firstTry: number): Promise<void> {
    const { signal } = this.#abort;
    const { host, db } = this.#ctx;
    for (let tries = firstTry; !signal.aborted; tries++) {
      const waitMs = CATCH_UP_WAITS_MS[Math.min(tries, CATCH_UP_WAITS_MS.length - 1)] as number;
      if (waitMs > 0) await host.delay(waitMs, signal).catch(() => {});
      if (signal.aborted) return;
      this.#askedAtNs.set(groupId, host.nowNs());
      try {
        await syncGroup(this.#ctx, groupId);
      } catch (error) {
        if (!(error instanceof ConclaveError)) throw error;
        host.log?.debug('group-behind', { group: shortId(groupId), code: error.code });
      }
      // In one step with what is looked at: what comes from now on is taken from the stream again.
      const conversation = getConversation(db, groupId);
      const isStopped = conversation === undefined || groupStopped(conversation) !== undefined;
      if (isStopped || this.#hasAll(groupId)) {
        this.#behind.delete(groupId);
        return;
      }
    }
  }
}
