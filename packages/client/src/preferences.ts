/** What the user decided, and what is known of people's inboxes. */
import type { ClientContext } from './context.js';
import type { ClientEvent } from './events.js';
import {
  type ConsentEntityType,
  type ConsentRecord,
  type ConsentState,
  getConsentState,
  setConsent,
} from './store/consent.js';
import { transact } from './store/transact.js';

/** Consent records of this inbox. */
export class Preferences {
  readonly #ctx: ClientContext;

  constructor(ctx: ClientContext) {
    this.#ctx = ctx;
  }

  /** `unknown` when nothing was decided. `entity` is a conversation's id or an inbox id. */
  consentState(entityType: ConsentEntityType, entity: string): ConsentState {
    return getConsentState(this.#ctx.db, entityType, entity);
  }

  /** Decides; subscribers are told of what changed. */
  setConsentStates(records: readonly Omit<ConsentRecord, 'consentedAtNs'>[]): void {
    const consentedAtNs = this.#ctx.host.nowNs();
    transact(this.#ctx, (emit) => {
      const changed = setConsent(
        this.#ctx.db,
        records.map((record) => ({ ...record, consentedAtNs })),
      );
      if (changed.length > 0) emit({ type: 'consent-changed', records: changed });
    });
  }

  /** Changes as they happen, here or through other installations; ends with the signal. */
  async *streamConsent(signal: AbortSignal): AsyncGenerator<readonly ConsentRecord[]> {
    for await (const { records } of this.#ctx.events.subscribe(['consent-changed'], signal)) yield records;
  }

  /** Consent records and push keys as they change; ends with the signal. */
  streamChanges(signal: AbortSignal): AsyncIterable<ClientEvent<'consent-changed' | 'hmac-root-changed'>> {
    return this.#ctx.events.subscribe(['consent-changed', 'hmac-root-changed'], signal);
  }
}
