/**
 * The client's one subscription at the node, whatever the number of streams above it: the own welcomes and all groups. It runs while
 * somebody holds it, takes what comes through the same functions as a sync, and reconnects after a loss from the stored cursors,
 * so that nothing is missed and nothing is taken twice.
 */
import { ConclaveError } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import type { ClientError } from '../errors.js';
import { syncAllGroups } from '../groups/sync-all.js';
import { hasPassed, NS_PER_SECOND } from '../host.js';
import { isAnswerTooLarge } from '../network/errors.js';
import { listSubscribable } from '../store/conversation-query.js';
import { syncWelcomes } from '../welcomes/receive.js';
import { Connection } from './connection.js';

/** What a holder is told. After a loss the subscription reconnects by itself. */
export type StreamState = { readonly kind: 'open' } | { readonly kind: 'lost'; readonly error: ClientError };

type Listener = (state: StreamState) => void;

const RECONNECT_WAITS_MS = [200, 1000, 2000, 4000, 8000, 16_000, 30_000, 60_000] as const;

/** Open for so long, a connection counts as a good one. */
const STEADY_NS = 10n * NS_PER_SECOND;

/** The subscription and those who hold it. */
export class NodeSubscription {
  readonly #ctx: ClientContext;
  readonly #listeners = new Set<Listener>();
  #abort: AbortController | undefined;
  /** Ends the wait before the next attempt. */
  #endWait: () => void = () => {};
  /** Resolves when nothing runs any more, of this run and of those before it. */
  #ended: Promise<void> = Promise.resolve();
  #isOpen = false;
  #isPaused = false;

  constructor(ctx: ClientContext) {
    this.#ctx = ctx;
  }

  /** Holds the subscription; it is opened for the first holder. @returns lets go */
  hold(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#isOpen) listener({ kind: 'open' });
    this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    };
  }

  /** Listens no more until `resume`; who holds it goes on holding it, and misses nothing. Resolves when nothing runs any more. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    this.#stop();
    await this.#ended;
  }

  resume(): void {
    this.#isPaused = false;
    this.#start();
  }

  /** Where it waits after a loss, it is opened now. */
  reconnectNow(): void {
    this.#endWait();
  }

  /** Ends it for all holders; resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#listeners.clear();
    this.#stop();
    await this.#ended;
  }

  #start(): void {
    if (this.#abort !== undefined || this.#isPaused || this.#listeners.size === 0) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.#ended = this.#run(abort.signal, this.#ended);
  }

  #stop(): void {
    this.#abort?.abort();
    this.#abort = undefined;
    this.#isOpen = false;
  }

  #tell(state: StreamState): void {
    this.#isOpen = state.kind === 'open';
    for (const listener of [...this.#listeners]) listener(state);
  }

  async #run(signal: AbortSignal, before: Promise<void>): Promise<void> {
    await before;
    for (let failures = 0; !signal.aborted; ) {
      const connection = new Connection(this.#ctx);
      let openedAtNs: bigint | undefined;
      const error = await connection.run(signal, () => {
        openedAtNs = this.#ctx.host.nowNs();
        if (failures > 0) this.#ctx.interrupted.nodeIsBack();
        this.#tell({ kind: 'open' });
      });
      if (signal.aborted) return;
      this.#tell({ kind: 'lost', error });
      // One that was accepted, brought nothing and did not last is no better than one that was refused.
      const hasLasted = openedAtNs !== undefined && hasPassed(openedAtNs, STEADY_NS, this.#ctx.host.nowNs());
      if (hasLasted || connection.broughtNews) failures = 0;
      if (isAnswerTooLarge(error)) await this.#passOver();
      const waitMs = RECONNECT_WAITS_MS[Math.min(failures, RECONNECT_WAITS_MS.length - 1)] as number;
      failures += 1;
      await this.#wait(waitMs, signal);
    }
  }

  /** A stream brings what is too large again and again; queries pass it over. Whatever fails is met again by the next streams. */
  async #passOver(): Promise<void> {
    try {
      await syncWelcomes(this.#ctx);
      await syncAllGroups(this.#ctx, listSubscribable(this.#ctx.db));
    } catch (error) {
      if (!(error instanceof ConclaveError)) throw error;
      this.#ctx.host.log?.debug('pass-over-failed', { code: error.code });
    }
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    const hurry = new AbortController();
    this.#endWait = () => hurry.abort();
    await this.#ctx.host.delay(ms, AbortSignal.any([signal, hurry.signal])).catch(() => {});
    this.#endWait = () => {};
  }
}
