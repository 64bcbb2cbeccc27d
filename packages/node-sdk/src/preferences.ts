/** What the user decided, and states of inboxes. */
import type { ConsentEntityType, ConsentState } from './enums.js';
import type { Session } from './session.js';
import type { Consent, InboxState } from './types.js';
import { consentStateOf, consentText, toInboxState } from './values.js';

const ENTITY = ['conversation', 'inbox'] as const;

/** Made by `Client`. */
export class Preferences {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The own inbox, as stored. */
  async inboxState(): Promise<InboxState> {
    const { client } = this.#session;
    return toInboxState(client.identity.localInboxView(client.inboxId));
  }

  /** The own inbox, fetched first. */
  async fetchInboxState(): Promise<InboxState> {
    const [state] = await this.fetchInboxStates([this.#session.client.inboxId]);
    return state as InboxState;
  }

  /** Inboxes as stored. */
  async getInboxStates(inboxIds: string[]): Promise<InboxState[]> {
    return (await this.#session.client.identity.inboxViews(inboxIds, { refresh: false })).map(toInboxState);
  }

  /** Inboxes, fetched first. */
  async fetchInboxStates(inboxIds: string[]): Promise<InboxState[]> {
    return (await this.#session.client.identity.inboxViews(inboxIds, { refresh: true })).map(toInboxState);
  }

  async setConsentStates(consents: Consent[]): Promise<void> {
    this.#session.client.preferences.setConsentStates(
      consents.map(({ entityType, entity, state }) => ({
        entityType: ENTITY[entityType],
        entity,
        state: consentText(state),
      })),
    );
  }

  /** `Unknown` when nothing was decided. */
  async getConsentState(entityType: ConsentEntityType, entity: string): Promise<ConsentState> {
    return consentStateOf(this.#session.client.preferences.consentState(ENTITY[entityType], entity));
  }
}
