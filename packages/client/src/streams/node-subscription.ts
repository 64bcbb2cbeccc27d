/**
 * The client's one subscription at the node, whatever the number of streams above it: the own welcomes and all groups. It runs while
 * somebody holds it, takes what comes through the same functions as a sync, and reconnects after a loss from the stored cursors,
 * so that nothing is missed and nothing is taken twice.
 *
 * The node's filters cannot change, so a new group means a further group stream; a few of them are then merged into one, which is
 * open before they are closed.
 */

import { fromHex, toHex } from '@conclave/crypto';
import {
  create,
  type GroupMessage_V1,
  SubscribeGroupMessagesRequest_FilterSchema,
  SubscribeGroupMessagesRequestSchema,
  SubscribeWelcomeMessagesRequest_FilterSchema,
  SubscribeWelcomeMessagesRequestSchema,
} from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { groupLock } from '../groups/live-groups.js';
import { receiveEnvelope } from '../groups/receive.js';
import { receiveSinceLastCommit, syncGroup } from '../groups/sync.js';
import { listSubscribable } from '../store/conversation-query.js';
import { getCursor, groupReadCursor } from '../store/cursors.js';
import { receiveStreamedWelcome } from '../welcomes/receive.js';

/** What a holder is told. After a loss the subscription reconnects by itself. */
export type StreamState = { readonly kind: 'open' } | { readonly kind: 'lost'; readonly error: ClientError };

type Listener = (state: StreamState) => void;

/** Group streams side by side before they are merged. */
const MAX_GROUP_STREAMS = 8;
const RECONNECT_WAITS_MS = [200, 1000, 2000, 4000, 8000, 16_000, 30_000, 60_000] as const;

/** The subscription and those who hold it. */
export class NodeSubscription {
  readonly #ctx: ClientContext;
  readonly #listeners = new Set<Listener>();
  #running: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined;
  #isOpen = false;

  constructor(ctx: ClientContext) {
    this.#ctx = ctx;
  }

  /** Holds the subscription; it is opened for the first holder. @returns lets go */
  hold(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#isOpen) listener({ kind: 'open' });
    if (this.#running === undefined) {
      const abort = new AbortController();
      this.#running = { abort, ended: this.#run(abort.signal) };
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    };
  }

  /** Ends it for all holders; resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#listeners.clear();
    const running = this.#running;
    this.#stop();
    await running?.ended;
  }

  #stop(): void {
    this.#running?.abort.abort();
    this.#running = undefined;
    this.#isOpen = false;
  }

  #tell(state: StreamState): void {
    this.#isOpen = state.kind === 'open';
    for (const listener of [...this.#listeners]) listener(state);
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      const connection = new Connection(this.#ctx, signal, () => {
        failures = 0;
        this.#tell({ kind: 'open' });
      });
      const error = await connection.ended;
      if (signal.aborted) return;
      this.#tell({ kind: 'lost', error });
      const waitMs = RECONNECT_WAITS_MS[Math.min(failures, RECONNECT_WAITS_MS.length - 1)] as number;
      failures += 1;
      await this.#ctx.host.delay(waitMs, signal).catch(() => {});
    }
  }
}

/** One connected period: a welcome stream and a group stream, until the first of them fails. */
class Connection {
  readonly #ctx: ClientContext;
  readonly #abort = new AbortController();
  readonly #subscribed = new Set<string>();
  readonly #groupStreams = new Set<AbortController>();
  #opened = 0;
  #fail: (error: ClientError) => void = () => {};
  /** Resolves with what ended it. */
  readonly ended: Promise<ClientError>;

  constructor(ctx: ClientContext, signal: AbortSignal, onOpen: () => void) {
    this.#ctx = ctx;
    const stop = (): void => this.#abort.abort();
    signal.addEventListener('abort', stop, { once: true });
    const countOpen = (): void => {
      this.#opened += 1;
      if (this.#opened === 2) onOpen();
    };
    this.ended = new Promise<ClientError>((resolve) => {
      this.#fail = resolve;
      signal.addEventListener('abort', () => resolve(new ClientError('client/cancelled')), { once: true });
    }).finally(stop);
    void this.#guard(this.#welcomes(countOpen));
    void this.#guard(this.#groups(countOpen));
    void this.#guard(this.#watchNewGroups());
  }

  /** A failure of any part ends the connection; a fault of ours is told as such. */
  async #guard(part: Promise<void>): Promise<void> {
    try {
      await part;
    } catch (error) {
      this.#fail(error instanceof ClientError ? error : new ClientError('client/stream-lost', {}, error));
    }
  }

  async #welcomes(onOpen: () => void): Promise<void> {
    const { installationId, installationIdBytes } = this.#ctx.identity;
    const idCursor = getCursor(this.#ctx.db, installationId, 'welcome');
    const filter = create(SubscribeWelcomeMessagesRequest_FilterSchema, {
      installationKey: installationIdBytes,
      idCursor,
    });
    const request = create(SubscribeWelcomeMessagesRequestSchema, { filters: [filter] });
    const stream = this.#ctx.network.subscribeWelcomeMessages(request, { signal: this.#abort.signal, onOpen });
    for await (const welcome of stream) await receiveStreamedWelcome(this.#ctx, welcome);
  }

  async #groups(onOpen: () => void): Promise<void> {
    const ids = listSubscribable(this.#ctx.db);
    if (ids.length === 0) onOpen();
    else await this.#readGroups(ids, onOpen);
  }

  /** New conversations get a stream of their own; beyond MAX_GROUP_STREAMS all are merged. */
  async #watchNewGroups(): Promise<void> {
    for await (const { groupId } of this.#ctx.events.subscribe(['conversation-added'], this.#abort.signal)) {
      if (this.#subscribed.has(groupId)) continue;
      const merging = this.#groupStreams.size >= MAX_GROUP_STREAMS;
      const before = merging ? [...this.#groupStreams] : [];
      const ids = merging ? listSubscribable(this.#ctx.db) : [groupId];
      void this.#guard(
        this.#readGroups(ids, () => {
          for (const stream of before) stream.abort();
        }),
      );
    }
  }

  async #readGroups(ids: readonly string[], onOpen: () => void): Promise<void> {
    const own = new AbortController();
    const signal = AbortSignal.any([this.#abort.signal, own.signal]);
    for (const id of ids) this.#subscribed.add(id);
    this.#groupStreams.add(own);
    const filters = ids.map((id) =>
      create(SubscribeGroupMessagesRequest_FilterSchema, {
        groupId: fromHex(id),
        idCursor: groupReadCursor(this.#ctx.db, id),
      }),
    );
    const request = create(SubscribeGroupMessagesRequestSchema, { filters });
    try {
      for await (const { version } of this.#ctx.network.subscribeGroupMessages(request, { signal, onOpen })) {
        if (version.case !== 'v1')
          throw new ClientError('client/node-answer-malformed', { rpc: 'SubscribeGroupMessages' });
        await this.#receive(version.value);
      }
    } finally {
      this.#groupStreams.delete(own);
    }
  }

  async #receive(message: GroupMessage_V1): Promise<void> {
    const id = toHex(message.groupId);
    const outcome = await this.#ctx.locks.run(groupLock(id), () =>
      receiveEnvelope(this.#ctx, id, message, () => receiveSinceLastCommit(this.#ctx, id)),
    );
    // It cannot be taken now (a member's log could not be fetched): the query from the cursor brings it again, in order.
    if (outcome.kind === 'stopped' && outcome.error.retryable) await syncGroup(this.#ctx, id);
  }
}
