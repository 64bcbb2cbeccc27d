/** What a client has asked of its node. */
import type { Client as CoreClient, Refusal } from '@conclave/client';
import type { CallCounts } from './transport/call-counts.js';
import type { ApiStats, IdentityStats } from './types.js';

/** Headings of the aggregate, the words in its lines (the original's), and the rpc that each counts. */
const AGGREGATE: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'Api Stats',
    [
      ['UploadKeyPackage', 'UploadKeyPackage'],
      ['FetchKeyPackage', 'FetchKeyPackages'],
      ['SendGroupMessages', 'SendGroupMessages'],
      ['SendWelcomeMessages', 'SendWelcomeMessages'],
      ['QueryGroupMessages', 'QueryGroupMessages'],
      ['QueryWelcomeMessages', 'QueryWelcomeMessages'],
      ['NewestGroupMessages', 'GetNewestGroupMessage'],
    ],
  ],
  [
    'Identity',
    [
      ['PublishIdentityUpdate', 'PublishIdentityUpdate'],
      ['GetIdentityUpdatesV2', 'GetIdentityUpdates'],
      ['GetInboxIds', 'GetInboxIds'],
      ['VerifySCWSignatures', 'VerifySmartContractWalletSignatures'],
    ],
  ],
  [
    'Stream',
    [
      ['SubscribeMessages', 'SubscribeGroupMessages'],
      ['SubscribeWelcomes', 'SubscribeWelcomeMessages'],
    ],
  ],
  [
    'Commit Log',
    [
      ['PublishCommitLog', 'BatchPublishCommitLog'],
      ['QueryCommitLog', 'BatchQueryCommitLog'],
    ],
  ],
];
const NAME_WIDTH = 24;

/** Counters of calls. Made by `Client`. */
export class DebugInformation {
  readonly #counts: CallCounts;
  readonly #core: Pick<CoreClient, 'debugInfo'>;

  constructor(counts: CallCounts, core: Pick<CoreClient, 'debugInfo'>) {
    this.#counts = counts;
    this.#core = core;
  }

  apiStatistics(): ApiStats {
    const counts = this.#counts;
    return {
      uploadKeyPackage: counts.of('UploadKeyPackage'),
      fetchKeyPackage: counts.of('FetchKeyPackages'),
      sendGroupMessages: counts.of('SendGroupMessages'),
      sendWelcomeMessages: counts.of('SendWelcomeMessages'),
      queryGroupMessages: counts.of('QueryGroupMessages'),
      queryWelcomeMessages: counts.of('QueryWelcomeMessages'),
      subscribeMessages: counts.of('SubscribeGroupMessages'),
      subscribeWelcomes: counts.of('SubscribeWelcomeMessages'),
    };
  }

  apiIdentityStatistics(): IdentityStats {
    const counts = this.#counts;
    return {
      publishIdentityUpdate: counts.of('PublishIdentityUpdate'),
      getIdentityUpdatesV2: counts.of('GetIdentityUpdates'),
      getInboxIds: counts.of('GetInboxIds'),
      verifySmartContractWalletSignature: counts.of('VerifySmartContractWalletSignatures'),
    };
  }

  /** All of them, for people. */
  apiAggregateStatistics(): string {
    const lines = AGGREGATE.flatMap(([heading, rows]) => [
      `============ ${heading} ============`,
      ...rows.map(([name, rpc]) => `${name.padEnd(NAME_WIDTH)}${this.#counts.of(rpc)}`),
    ]);
    return `${lines.join('\n')}\n`;
  }

  /**
   * What was refused of what came from outside since this process began, the most frequent first: envelopes, invitations, identity logs, and
   * answers of the node that break the protocol. Not in the original.
   */
  refusals(): readonly Refusal[] {
    return this.#core.debugInfo().refusals;
  }

  clearAllStatistics(): void {
    this.#counts.clear();
  }
}
