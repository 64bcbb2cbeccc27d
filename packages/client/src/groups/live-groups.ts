/**
 * The MLS groups in memory: bounded, least recently used first out. A group that is not here is opened from its rows, which
 * reads one header; an object whose transaction failed is dropped, so that memory never runs ahead of the database.
 */
import { equalBytes, type SignaturePrivateKey } from '@conclave/crypto';
import { type CipherSuite, type MlsConfig, MlsGroup, type StagedCommit } from '@conclave/mls';
import type { Database } from '@conclave/sqlite';
import { xmtpTypes } from '../app-data/components.js';
import { GroupPayloads } from '../app-data/group-payloads.js';
import { ClientError } from '../errors.js';
import type { ConversationKind } from '../store/conversations.js';
import { hasMlsRows, mlsRowReader } from '../store/mls-rows.js';

/** An MLS group with its decoded payloads. */
export class LiveGroup {
  readonly id: string;
  readonly mls: MlsGroup;
  /** Id up to which queries have given everything since this object was made, so that nothing before it is looked for again. */
  readThrough = 0n;
  /** What conversation it is, once somebody asked (`conversation-kind.ts`). */
  kind: ConversationKind | undefined;
  #payloads: GroupPayloads | undefined;
  #ownCommit: { readonly payloadHash: Uint8Array; readonly staged: StagedCommit } | undefined;

  constructor(id: string, mls: MlsGroup) {
    this.id = id;
    this.mls = mls;
  }

  /** Payloads of the current epoch. Cost: constant while the epoch's extensions are the same object. */
  get payloads(): GroupPayloads {
    const { extensions } = this.mls.context;
    if (this.#payloads?.extensions !== extensions) this.#payloads = new GroupPayloads(extensions, this.#payloads);
    return this.#payloads;
  }

  /**
   * Forgets the proposals that came where deployed clients may be, which is everywhere without app data: they keep none, so that they
   * cannot follow a commit that names one, and nor may we.
   */
  forgetProposals(): void {
    if (this.payloads.dictionary === undefined) this.mls.forgetProposals();
  }

  /** Keeps a commit of our own until it comes back, beside the stored one, which for a large group takes long to read. */
  keepOwnCommit(payloadHash: Uint8Array, staged: StagedCommit): void {
    this.#ownCommit = { payloadHash, staged };
  }

  /** The commit that was kept with this hash of its message, once. */
  takeOwnCommit(payloadHash: Uint8Array | undefined): StagedCommit | undefined {
    const kept = this.#ownCommit;
    this.#ownCommit = undefined;
    return kept !== undefined && payloadHash !== undefined && equalBytes(kept.payloadHash, payloadHash)
      ? kept.staged
      : undefined;
  }
}

/**
 * How the engine works in groups of XMTP: the deployed rules, app data where a group has them, and commits by which somebody joins, which
 * are let through to it only in groups that are open (`receive.ts`).
 */
export function groupConfig(suite: CipherSuite): Partial<MlsConfig> {
  return { policy: xmtpTypes(suite.provider).policy, acceptOutsiders: true };
}

/** What opening a group takes. */
export interface LiveGroupsOptions {
  readonly db: Database;
  readonly suite: CipherSuite;
  readonly signatureKey: SignaturePrivateKey;
  /** Groups kept in memory. */
  readonly capacity: number;
}

/** Name of a group's lock: one publishes or receives at a time. */
export function groupLock(id: string): string {
  return `group:${id}`;
}

/** The cache. */
export class LiveGroups {
  readonly #options: LiveGroupsOptions;
  /** In order of use, the least recent first. */
  readonly #groups = new Map<string, LiveGroup>();

  constructor(options: LiveGroupsOptions) {
    this.#options = options;
  }

  /** The group, opened if need be; undefined when the database has no MLS state for it. */
  find(id: string): LiveGroup | undefined {
    const known = this.#groups.get(id);
    if (known !== undefined) {
      this.#groups.delete(id);
      this.#groups.set(id, known);
      return known;
    }
    const { db, suite, signatureKey } = this.#options;
    if (!hasMlsRows(db, id)) return undefined;
    return this.adopt(
      id,
      MlsGroup.load({ suite, reader: mlsRowReader(db, id), signatureKey, config: groupConfig(suite) }),
    );
  }

  /** @throws ClientError `client/group-restored` when there is no MLS state */
  get(id: string): LiveGroup {
    const group = this.find(id);
    if (group === undefined) throw new ClientError('client/group-restored', { id });
    return group;
  }

  /** The groups in memory, the least recently used first; none is opened for it. */
  all(): LiveGroup[] {
    return [...this.#groups.values()];
  }

  /** Takes in a group that was just created or joined. */
  adopt(id: string, mls: MlsGroup): LiveGroup {
    const group = new LiveGroup(id, mls);
    this.keep(group);
    return group;
  }

  /** Makes the object the one for its group: it has just written the rows. */
  keep(group: LiveGroup): void {
    this.#groups.delete(group.id);
    this.#groups.set(group.id, group);
    if (this.#groups.size > this.#options.capacity) {
      const [oldest] = this.#groups.keys();
      this.#groups.delete(oldest as string);
    }
  }

  /** Forgets all of them: somebody else may have written into the database. */
  clear(): void {
    this.#groups.clear();
  }

  /** Forgets the object; the next use reads the database. */
  drop(id: string): void {
    this.#groups.delete(id);
  }
}
