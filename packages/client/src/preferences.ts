/** What the user decided, and what is known of people's inboxes. */
import type { ClientContext } from './context.js';
import { decide } from './device-sync/decisions.js';
import type { ClientEvent, ClientEventName } from './events.js';
import { type ConsentEntityType, type ConsentRecord, type ConsentState, getConsentState } from './store/consent.js';
import { transact } from './store/transact.js';
import type { NodeSubscription } from './streams/node-subscription.js';

/** Consent records of this inbox. */
export class Preferences {
  readonly #ctx: ClientContext;
  readonly #subscription: NodeSubscription;

  constructor(ctx: ClientContext, subscription: NodeSubscription) {
    this.#ctx = ctx;
    this.#subscription = subscription;
  }

  /** `unknown` when nothing was decided. `entity` is a conversation's id or an inbox id. */
  consentState(entityType: ConsentEntityType, entity: string): ConsentState {
    return getConsentState(this.#ctx.db, entityType, entity);
  }

  /** Decides; subscribers are told of what changed. */
  setConsentStates(records: readonly Omit<ConsentRecord, 'consentedAtNs'>[]): void {
    const consentedAtNs = this.#ctx.host.nowNs();
    transact(this.#ctx, (emit) => {
      decide(
        this.#ctx,
        records.map((record) => ({ ...record, consentedAtNs })),
        emit,
      );
    });
  }

  /** Changes as they happen, here or through other installations; ends with the signal. */
  async *streamConsent(signal: AbortSignal): AsyncGenerator<readonly ConsentRecord[]> {
    for await (const { records } of this.#watch(['consent-changed'], signal)) yield records;
  }

  /** Consent records and push keys as they change; ends with the signal. */
  streamChanges(signal: AbortSignal): AsyncIterable<ClientEvent<'consent-changed' | 'hmac-root-changed'>> {
    return this.#watch(['consent-changed', 'hmac-root-changed'], signal);
  }

  /** Events while the subscription at the node is held, which brings what other installations say. */
  #watch<Name extends ClientEventName>(names: readonly Name[], signal: AbortSignal): AsyncIterable<ClientEvent<Name>> {
    const events = this.#ctx.events.subscribe(names, signal);
    const release = this.#subscription.hold(() => {});
    signal.addEventListener('abort', release, { once: true });
    if (signal.aborted) release();
    return (async function* () {
      try {
        yield* events;
      } finally {
        signal.removeEventListener('abort', release);
        release();
        events.close();
      }
    })();
  }
}
