/**
 * Every bound of the node with its default. What happens beyond each is in the package's README.
 *
 * Source of the figures that clients know: node API of xmtp-node-go, sections "Reading" and "Size and count limits".
 */
export interface NodeLimits {
  /** Largest request, bytes. Clients send at most 25 MiB. */
  readonly requestBytes: number;
  /** Largest single group message or welcome, bytes: the answer around it must stay below a client's 25 MiB. */
  readonly messageBytes: number;
  /** Largest page of a query or replay, bytes of messages; at least one message is always returned. */
  readonly pageBytes: number;
  /** Largest answer to a lookup of many things at once, bytes; a client receives at most 25 MiB. */
  readonly answerBytes: number;
  /** Messages per page. */
  readonly pageMessages: number;
  /** Bytes of pages that several clients have read, kept in memory; a page above an eighth of that is not kept. */
  readonly keptPageBytes: number;
  /** How long such a page is kept, ms: so long may a message be read that has expired. */
  readonly keptPageMs: number;
  /** Longest group id or installation key, bytes: 16 and 32 in clients of this protocol; an index entry must hold it. */
  readonly topicBytes: number;
  /** Largest key package, bytes. */
  readonly keyPackageBytes: number;
  /** Largest identity update, bytes: room for a revocation of hundreds of installations by a contract wallet. */
  readonly identityUpdateBytes: number;
  /** Largest commit log entry with its signature, bytes; deployed ones have about 250. */
  readonly commitLogEntryBytes: number;
  /** Updates that the log of one inbox may hold. */
  readonly identityUpdatesPerInbox: number;
  /** Actions of one identity update; each may cost two signature verifications. */
  readonly identityActionsPerUpdate: number;
  /** Commit log entries per publish call. */
  readonly commitLogPublishes: number;
  /** Commit logs per query call. */
  readonly commitLogQueries: number;
  /** Keys, inboxes, identifiers, groups or filters named in one call. */
  readonly lookupsPerCall: number;
  /** Filters of one stream. */
  readonly filtersPerStream: number;
  /** Rows per transaction when waiting publishes are committed together, on SQLite, whose one writer they keep busy. */
  readonly commitRows: number;
  /** The same on PostgreSQL, where a transaction costs round trips. */
  readonly commitRowsPostgres: number;
  /** Rows that wait on SQLite before they enter the index together; about 500 bytes of memory each, up to one and a half times as many. */
  readonly indexRows: number;
  /** Bytes per transaction, on both. */
  readonly commitBytes: number;
  /** Bytes of publishes that may wait for the disk before further ones are refused. */
  readonly unwrittenBytes: number;
  /** How long PostgreSQL may work on one statement before it gives up, ms. */
  readonly statementTimeoutMs: number;
  /** How long a call waits for a PostgreSQL server that does not answer, while it restarts for example, ms. */
  readonly storageWaitMs: number;
  /** How late a message of another process may be noticed when PostgreSQL's notification of it was lost, ms. */
  readonly tailPollMs: number;
  /** Size that the database may reach, bytes; beyond it the disk counts as full. */
  readonly databaseBytes: number;
  /** Days for which group messages are kept, but for commits, which are kept for ever. Infinity keeps all. */
  readonly groupMessageDays: number;
  /** Days for which welcomes are kept. */
  readonly welcomeDays: number;
  /** Days for which a key package is kept after it was last uploaded or read. */
  readonly keyPackageDays: number;
  /** How often what is older is looked for, ms. */
  readonly pruneEveryMs: number;
  /** Rows that one step of pruning looks at; writers wait for one step at most. */
  readonly pruneRows: number;
  /** Live messages that wait for one subscriber before it is sent back to reading the log. */
  readonly subscriberMessages: number;
  /** The same in bytes. */
  readonly subscriberBytes: number;
  /** Live envelopes that wait for one push server (SubscribeAll). */
  readonly pushMessages: number;
  /** How long a subscriber may leave a write unread before its stream is aborted, and any caller a part of an answer, ms. */
  readonly subscriberStallMs: number;
  /** Largest history file, bytes. */
  readonly historyFileBytes: number;
  /** Largest wrapped state of a group that is kept for those who have its invitation, bytes: some 10,000 members. */
  readonly inviteStateBytes: number;
  /** States that one slot of an invitation keeps, the last ones. */
  readonly inviteStates: number;
  /** Days for which a slot is kept after it was last added to. */
  readonly inviteDays: number;
  /** Bytes of requests that may be on the way from all callers together. */
  readonly receivingBytes: number;
  /** Of these, those from one address. */
  readonly receivingBytesPerAddress: number;
  /** How long a request that has begun may bring nothing further, ms. */
  readonly requestIdleMs: number;
  /** How long a request may take to arrive, ms. */
  readonly requestMs: number;
  /** Connections per port; beyond it a new one is closed at once. */
  readonly connections: number;
  /** Streams that one HTTP/2 connection may have open. */
  readonly streamsPerConnection: number;
  /** How long a connection may take to say hello, its TLS handshake and the header of a request, ms. */
  readonly handshakeMs: number;
  /** How often the node asks an HTTP/2 client whether it is there, ms. */
  readonly pingIntervalMs: number;
  /** How long the client may take to answer that, ms. */
  readonly pingTimeoutMs: number;
  /** Writes that an address may make at once; a send costs the number of its messages. */
  readonly publishBurst: number;
  /** Writes that an address gets back per minute, evenly. */
  readonly publishPerMinute: number;
  /** All other calls that an address may make at once, opening a stream among them. */
  readonly readBurst: number;
  /** The same per minute. */
  readonly readPerMinute: number;
  /** Addresses whose limits are remembered; beyond it the one that was seen first is forgotten. */
  readonly limitedAddresses: number;
  /** How often processes on one PostgreSQL database tell each other what callers have used of their limits, ms. */
  readonly limitExchangeMs: number;
  /** Topics of one mutable subscription (XIP-83). */
  readonly topicsPerSubscribe: number;
  /** Topics added or removed by one change of it. */
  readonly topicsPerMutate: number;
  /** Changes of it whose catch-up is not complete. */
  readonly wavesPerSubscribe: number;
  /** How often the node asks the client of a mutable subscription whether it is there, ms; the answer has as long. */
  readonly subscribePingMs: number;
  /** How long a chain may take to answer about a contract wallet, ms. */
  readonly chainTimeoutMs: number;
  /** Contract wallet signatures of one call that are checked side by side. */
  readonly chainChecksAtOnce: number;
  /** Contract wallet signatures per call; each may cost two questions to a chain. */
  readonly chainChecksPerCall: number;
  /** Answers of chains that are remembered. */
  readonly chainAnswers: number;
  /** How long `stop` waits for calls in flight, ms. */
  readonly drainMs: number;
}

const MIB = 1024 * 1024;

/** The defaults. */
export const DEFAULT_LIMITS: NodeLimits = {
  requestBytes: 50 * MIB,
  messageBytes: 25 * MIB - 4096,
  pageBytes: 24 * MIB,
  answerBytes: 25 * MIB - 4096,
  pageMessages: 100,
  keptPageBytes: 32 * MIB,
  keptPageMs: 60_000,
  topicBytes: 256,
  keyPackageBytes: 64 * 1024,
  identityUpdateBytes: MIB,
  commitLogEntryBytes: 8 * 1024,
  identityUpdatesPerInbox: 256,
  identityActionsPerUpdate: 256,
  commitLogPublishes: 10,
  commitLogQueries: 20,
  lookupsPerCall: 10_000,
  filtersPerStream: 100_000,
  commitRows: 100,
  commitRowsPostgres: 500,
  indexRows: 8_192,
  commitBytes: 16 * MIB,
  unwrittenBytes: 256 * MIB,
  statementTimeoutMs: 10_000,
  storageWaitMs: 10_000,
  tailPollMs: 200,
  databaseBytes: Number.MAX_SAFE_INTEGER,
  groupMessageDays: 30,
  welcomeDays: 90,
  keyPackageDays: 90,
  pruneEveryMs: 3_600_000,
  pruneRows: 500,
  subscriberMessages: 1024,
  subscriberBytes: 8 * MIB,
  pushMessages: 4096,
  subscriberStallMs: 60_000,
  historyFileBytes: 256 * MIB,
  inviteStateBytes: 4 * MIB,
  inviteStates: 8,
  inviteDays: 90,
  receivingBytes: 1024 * MIB,
  receivingBytesPerAddress: 256 * MIB,
  requestIdleMs: 30_000,
  requestMs: 10 * 60_000,
  connections: 50_000,
  streamsPerConnection: 10_000,
  handshakeMs: 10_000,
  pingIntervalMs: 5 * 60_000,
  pingTimeoutMs: 20_000,
  publishBurst: 3_000,
  publishPerMinute: 600,
  readBurst: 20_000,
  readPerMinute: 4_000,
  limitedAddresses: 200_000,
  limitExchangeMs: 1_000,
  topicsPerSubscribe: 1_000_000,
  topicsPerMutate: 100_000,
  wavesPerSubscribe: 256,
  subscribePingMs: 30_000,
  chainTimeoutMs: 10_000,
  chainChecksAtOnce: 8,
  chainChecksPerCall: 100,
  chainAnswers: 10_000,
  drainMs: 5_000,
};
