/** What the user decided, and states of inboxes. */
import { ConsentEntityType, type ConsentState } from './enums.js';
import type { Session } from './session.js';
import type { AsyncStreamProxy } from './streams/async-stream.js';
import { consentSource, preferenceSource } from './streams/sources.js';
import { openLocalStream, type StreamOptions } from './streams/stream.js';
import type { Consent, GroupSyncSummary, InboxState, UserPreferenceUpdate } from './types.js';
import { consentStateOf, consentText, toInboxState } from './values.js';

const ENTITY = { [ConsentEntityType.GroupId]: 'conversation', [ConsentEntityType.InboxId]: 'inbox' } as const;

/** Made by `Client`. */
export class Preferences {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Tells the other installations what was decided here, and takes in what they decided. */
  async sync(): Promise<GroupSyncSummary> {
    const { eligible, synced } = await this.#session.client.deviceSync.sync();
    return { numEligible: eligible, numSynced: synced };
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

  /** Inboxes as stored. @throws ClientError `client/unknown-inbox` */
  async getInboxStates(inboxIds: string[]): Promise<InboxState[]> {
    return (await this.#session.client.identity.inboxViews(inboxIds, { refresh: false })).map(toInboxState);
  }

  /** Inboxes, fetched first. @throws ClientError `client/unknown-inbox`; NetworkError */
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

  /** Decisions as they are made, those of one moment together. Tells of this installation's own. */
  streamConsent(options?: StreamOptions<Consent[]>): Promise<AsyncStreamProxy<Consent[]>> {
    return openLocalStream(consentSource(this.#session), options);
  }

  /** Decisions and new push keys as they come, those of one moment together. */
  streamPreferences(
    options?: StreamOptions<UserPreferenceUpdate[]>,
  ): Promise<AsyncStreamProxy<UserPreferenceUpdate[]>> {
    return openLocalStream(preferenceSource(this.#session), options);
  }
}
