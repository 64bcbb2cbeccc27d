/** What the user decided, and states of inboxes; counters of calls. On the page. */

import type { Refusal } from '@conclave/client';
import type {
  ApiStats,
  AsyncStreamProxy,
  Consent,
  ConsentEntityType,
  ConsentState,
  GroupSyncSummary,
  IdentityStats,
  InboxState,
  UserPreferenceUpdate,
} from '@conclave/sdk';
import type { PageSession } from './page-session.js';
import { openPageStream, type StreamOptions } from './streams.js';

/** Made by `Client`. */
export class Preferences {
  readonly #session: PageSession;

  constructor(session: PageSession) {
    this.#session = session;
  }

  /** Brings in what the user decided on other installations. */
  sync(): Promise<GroupSyncSummary> {
    return this.#session.preferences.call('sync');
  }

  /** The own inbox, as stored. */
  inboxState(): Promise<InboxState> {
    return this.#session.preferences.call('inboxState');
  }

  /** The own inbox, fetched first. */
  fetchInboxState(): Promise<InboxState> {
    return this.#session.preferences.call('fetchInboxState');
  }

  /** Inboxes as stored. @throws ClientError `client/unknown-inbox` */
  getInboxStates(inboxIds: string[]): Promise<InboxState[]> {
    return this.#session.preferences.call('getInboxStates', inboxIds);
  }

  /** Inboxes, fetched first. @throws ClientError `client/unknown-inbox` */
  fetchInboxStates(inboxIds: string[]): Promise<InboxState[]> {
    return this.#session.preferences.call('fetchInboxStates', inboxIds);
  }

  setConsentStates(records: Consent[]): Promise<void> {
    return this.#session.preferences.call('setConsentStates', records);
  }

  /** `Unknown` when nothing was decided. */
  getConsentState(entityType: ConsentEntityType, entity: string): Promise<ConsentState> {
    return this.#session.preferences.call('getConsentState', entityType, entity);
  }

  /** Decisions as they are made, in whichever tab; those of one moment together. */
  streamConsent(options?: StreamOptions<Consent[]>): Promise<AsyncStreamProxy<Consent[]>> {
    return this.#stream('consent', options);
  }

  /** Decisions and new push keys as they come, those of one moment together. */
  streamPreferences(
    options?: StreamOptions<UserPreferenceUpdate[]>,
  ): Promise<AsyncStreamProxy<UserPreferenceUpdate[]>> {
    return this.#stream('preferences', options);
  }

  #stream<T>(of: 'consent' | 'preferences', options: StreamOptions<T> | undefined): Promise<AsyncStreamProxy<T>> {
    const { link } = this.#session;
    return openPageStream<T, T>(link, { subject: { of }, sync: async () => {}, map: (value) => value }, options);
  }
}

/** Counters of calls to the node. Made by `Client`. */
export class DebugInformation {
  readonly #session: PageSession;

  constructor(session: PageSession) {
    this.#session = session;
  }

  apiStatistics(): Promise<ApiStats> {
    return this.#session.statistics.call('apiStatistics');
  }

  apiIdentityStatistics(): Promise<IdentityStats> {
    return this.#session.statistics.call('apiIdentityStatistics');
  }

  /** All of them, for people. */
  apiAggregateStatistics(): Promise<string> {
    return this.#session.statistics.call('apiAggregateStatistics');
  }

  /** What was refused of what came from outside since the worker began, the most frequent first. Not in the original. */
  refusals(): Promise<readonly Refusal[]> {
    return this.#session.statistics.call('refusals');
  }

  clearAllStatistics(): Promise<void> {
    return this.#session.statistics.call('clearAllStatistics');
  }
}
