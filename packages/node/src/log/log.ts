/**
 * The log: what the node stores and in which order, behind one interface. Everything above it is the same whatever
 * database lies below, and whether this process has the database to itself or shares it with others.
 *
 * - `append` and the other writers resolve once the data is durable. A call is stored whole or not at all.
 * - Ids are dense per kind, start at 1, and are given in commit order: a reader that asks for `id > last` misses nothing.
 *   A store may spread topics over several shards, each with counters of its own; a topic never leaves its shard, and
 *   what is said of a kind then holds within each shard. Identity updates are never spread.
 * - `createdNs` never decreases within a topic, whichever process wrote.
 *
 * Every method rejects with NodeError `node/storage-failed`, `node/disk-full`, `node/overloaded` (writers) or
 * `node/shutting-down` (after close), and then nothing was stored. `node/storage-unavailable` leaves open whether a
 * write was stored: the connection to the database broke before its answer came. All but `appendCommitLog` may be
 * repeated then, and store nothing twice.
 */

/** Which of the two message logs; a group's messages or an installation's welcomes. */
export type TopicKind = 'group' | 'welcome';

/** A group message before it has an id. `topic` is the group id. */
export interface GroupMessageEntry {
  readonly kind: 'group';
  readonly topic: Uint8Array;
  readonly data: Uint8Array;
  readonly senderHmac: Uint8Array;
  readonly shouldPush: boolean;
  readonly isCommit: boolean;
}

/** A welcome before it has an id. `topic` is an installation key or the random destination of a pointee. */
export interface WelcomeEntry {
  readonly kind: 'welcome';
  readonly topic: Uint8Array;
  /** `v1` carries a welcome in `data`, `pointer` an encrypted pointer to one. */
  readonly form: 'v1' | 'pointer';
  readonly data: Uint8Array;
  readonly hpkePublicKey: Uint8Array;
  /** Number of the enum that belongs to the form. */
  readonly wrapperAlgorithm: number;
  /** Empty for a pointer. */
  readonly welcomeMetadata: Uint8Array;
}

/** What the log stores under a topic. */
export type MessageEntry = GroupMessageEntry | WelcomeEntry;

/** The place that an entry got. */
export interface Position {
  readonly id: bigint;
  readonly createdNs: bigint;
}

/** An entry with its place. */
export interface Committed extends Position {
  readonly entry: MessageEntry;
}

/** A stored message, encoded as the GroupMessage or WelcomeMessage that clients read. */
export interface Stored extends Position {
  readonly message: Uint8Array;
}

/** A page of one topic. */
export interface PageRequest {
  readonly kind: TopicKind;
  readonly topic: Uint8Array;
  readonly direction: 'ascending' | 'descending';
  /** Exclusive; 0 starts at the edge. */
  readonly cursor: bigint;
  readonly maxMessages: number;
  /** A page ends before the message that would exceed this, but never before its first. */
  readonly maxBytes: number;
}

/** Some items in order. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** True when the page ended because it is full; there may be more. */
  readonly full: boolean;
}

/** A topic and the last id already seen of it. */
export interface TopicCursor {
  readonly topic: Uint8Array;
  readonly after: bigint;
}

/** The next messages of many topics. */
export interface ReplayRequest {
  readonly kind: TopicKind;
  readonly cursors: readonly TopicCursor[];
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/** Messages of many topics, topic by topic in the order asked, ascending within each. */
export interface Replay {
  readonly items: readonly (Stored & { readonly cursorIndex: number })[];
  /** How many cursors, from the first, have nothing left to read. */
  readonly exhausted: number;
}

/** An update at its place in its inbox’s log. */
export interface IdentityLogEntry {
  readonly sequenceId: bigint;
  readonly serverTimestampNs: bigint;
  /** An encoded IdentityUpdate. */
  readonly update: Uint8Array;
}

/** The head of one inbox's log: enough to validate the next update without reading the log. */
export interface InboxHead {
  readonly sequenceId: bigint;
  readonly updateCount: number;
  /** An encoded AssociationState after `sequenceId`. */
  readonly state: Uint8Array;
}

/** An identifier as GetInboxIds names it: kind 1 Ethereum, 2 passkey. */
export interface IdentifierKey {
  readonly kind: number;
  readonly identifier: string;
}

/** A validated update, with what it changes. */
export interface IdentityUpdateEntry {
  /** 64 lower-case hex characters. */
  readonly inboxId: string;
  /** The head that the update was validated against; 0 for the first update. */
  readonly expectedSequenceId: bigint;
  readonly update: Uint8Array;
  readonly state: Uint8Array;
  readonly added: readonly IdentifierKey[];
  readonly removed: readonly IdentifierKey[];
}

/** A commit log record before it has an id. */
export interface CommitLogInput {
  readonly groupId: Uint8Array;
  readonly entry: Uint8Array;
  /** An encoded RecoverableEd25519Signature. */
  readonly signature: Uint8Array;
}

/** A commit log record at its place. */
export interface CommitLogStored {
  readonly sequenceId: bigint;
  readonly entry: Uint8Array;
  readonly signature: Uint8Array;
}

/** Group messages and welcomes. */
export interface MessageLog {
  /**
   * Stores the entries, all of one kind, in one transaction. An entry whose topic and content are already stored, by
   * whichever process, keeps its first place and is answered with undefined.
   */
  append(entries: readonly GroupMessageEntry[] | readonly WelcomeEntry[]): Promise<readonly (Position | undefined)[]>;
  /** One page of one topic. Cost: linear in the page. */
  page(request: PageRequest): Promise<Page<Stored>>;
  /** The next messages of many topics, for a subscription that catches up. Cost: linear in topics and messages. */
  replay(request: ReplayRequest): Promise<Replay>;
  /** The newest message of each group, positional; without content the message has no data, HMAC and push flag. */
  newest(groupIds: readonly Uint8Array[], includeContent: boolean): Promise<readonly (Stored | undefined)[]>;
  /**
   * Calls the listener with everything that is committed from now on, until the returned function is called: each
   * message once, in commit order, those of other processes too. What this process commits is heard before its writer is
   * answered, unless messages of another process stand before it and have to be read first.
   */
  tail(listener: (batch: readonly Committed[]) => void): () => void;
}

/** One current key package per installation. */
export interface KeyPackageStore {
  /** Uploading a key package is a use of it; so is reading it, noted once a day. */
  putKeyPackage(installationKey: Uint8Array, keyPackage: Uint8Array): Promise<void>;
  /**
   * Positional; undefined where the installation is unknown. Not consumed by reading.
   * @throws NodeError `node/answer-too-large`
   */
  keyPackages(installationKeys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]>;
}

/** Identity updates per inbox, and the lookup from identifiers to inboxes. */
export interface IdentityLog {
  /**
   * Positional; ascending entries above `after`, all of them.
   * @throws NodeError `node/answer-too-large`
   */
  identityUpdates(
    requests: readonly { readonly inboxId: string; readonly after: bigint }[],
  ): Promise<readonly (readonly IdentityLogEntry[])[]>;
  inboxHead(inboxId: string): Promise<InboxHead | undefined>;
  /**
   * Resolves to false, storing nothing, when the log has grown past `expectedSequenceId` with another update; with this
   * very update, the call is a repeated one and resolves to true.
   */
  appendIdentityUpdate(entry: IdentityUpdateEntry): Promise<boolean>;
  /** Positional; the inbox of the newest association that was not revoked. */
  inboxIds(identifiers: readonly IdentifierKey[]): Promise<readonly (string | undefined)[]>;
}

/** Signed records of commits per group. */
export interface CommitLog {
  appendCommitLog(entries: readonly CommitLogInput[]): Promise<void>;
  /** Positional; ascending, above `after`. */
  commitLogPages(
    requests: readonly { readonly groupId: Uint8Array; readonly after: bigint; readonly limit: number }[],
  ): Promise<readonly Page<CommitLogStored>[]>;
}

/** What expires: group messages but commits, welcomes, and key packages by their last use. */
export type ExpiringKind = 'group' | 'welcome' | 'key-package';

/** One bounded step of pruning. */
export interface PruneRequest {
  readonly kind: ExpiringKind;
  /** What is older goes; ns since 1970. */
  readonly beforeNs: bigint;
  /** Rows that the step looks at, which bounds how long writers wait for it. */
  readonly maxRows: number;
}

/** What a step did. */
export interface Pruned {
  readonly deleted: number;
  /** True when nothing older is left. */
  readonly done: boolean;
}

/** The end of what is not kept for ever. Commits, identity updates and commit logs are. */
export interface Expiry {
  /** One step, in a transaction of its own. Cost: linear in `maxRows`, whatever is stored. */
  prune(request: PruneRequest): Promise<Pruned>;
}

/** What was used of one caller's limit. */
export interface LimitUsage {
  /** Names the caller to processes that share a database, and to nobody else. */
  readonly bucket: string;
  /** Tokens. */
  readonly spent: number;
}

/** Where processes that share a database tell each other what callers have used. */
export interface UsageBoard {
  /** A secret of this database, 32 bytes: callers are named by what it makes of their addresses. */
  readonly key: Uint8Array;
  /**
   * Tells the others what was spent here, and gives what was spent there since the last call. Tried once; what could not be told is
   * not told again. One or two small statements, whatever is stored.
   */
  exchange(spent: readonly LimitUsage[]): Promise<readonly LimitUsage[]>;
}

/** The whole log. */
export interface Log extends MessageLog, KeyPackageStore, IdentityLog, CommitLog, Expiry {
  /** Name of the database engine, for the log of the node. */
  readonly engine: string;
  /** True while the log can read and write. */
  readonly healthy: boolean;
  /** Absent where a process has the database to itself. */
  readonly usageBoard?: UsageBoard;
  /** Writes what was accepted, then releases the database. */
  close(): Promise<void>;
}
