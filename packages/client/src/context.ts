/**
 * What every function of this package works with, built in one place.
 *
 * A `Directory` knows inboxes and needs no installation; on a database in memory it serves questions that an
 * application asks before it has a client. A `ClientContext` is a Directory with an installation.
 */
import type { CryptoProvider } from '@conclave/crypto';
import {
  type ContractWalletVerifier,
  contractWalletVerifier,
  DEFAULT_NONCE,
  type Identifier,
  inboxIdOf,
  isMember,
  type JsonRpcCall,
  SignatureCache,
  sameIdentifier,
} from '@conclave/identity';
import { type CipherSuite, getCipherSuite, type VerifiedTrees } from '@conclave/mls';
import type { Database } from '@conclave/sqlite';
import type { HistoryTransfer } from './device-sync/transfer.js';
import { ClientError } from './errors.js';
import { ClientEvents } from './events.js';
import { IntentFailures } from './groups/intent-failures.js';
import { Interrupted } from './groups/interrupted.js';
import { Invitations } from './groups/invitations.js';
import { LiveGroups } from './groups/live-groups.js';
import { MemberChecks } from './groups/member-checks.js';
import { MessageGaps } from './groups/message-gaps.js';
import { resumePaused } from './groups/paused.js';
import { Warming } from './groups/warmth.js';
import { type Host, shortId } from './host.js';
import { InboxLog } from './identity/inbox-log.js';
import { InboxLookup } from './identity/inbox-lookup.js';
import { XMTP_CIPHER_SUITE } from './identity/key-package.js';
import { createOwnIdentity, loadOwnIdentity, type OwnIdentity } from './identity/own-identity.js';
import { KeyedMutex } from './mutex.js';
import { MAX_NETWORK_MESSAGE_BYTES, type Network } from './network/network.js';
import { withRetries } from './network/retry.js';
import { Refusals } from './refusals.js';
import { type SharedVerification, xmtpSuite } from './shared-verification.js';
import { openStore } from './store/migrate.js';
import { deployedInboxId } from './takeover/deployed-tables.js';
import type { TakeOver } from './takeover/take-over.js';
import { TypingState } from './typing/typing-state.js';
import { OWN_PROTOCOL_VERSION } from './validation/version.js';

/** Figures that an application may change; the defaults are those of libxmtp 1.10.0. */
export interface ClientOptions {
  /** The version that a conversation's `minimum_supported_protocol_version` is compared with. */
  readonly protocolVersion: string;
  /** Failed attempts after which an intent is given up. */
  readonly maxPublishAttempts: number;
  /** How long a call waits for its intent to be settled, milliseconds. */
  readonly intentDeadlineMs: number;
  /**
   * Bytes that a commit which lets people in should not be longer than: more people are let in by several commits. Ordered payloads of
   * XMTP's decentralised backend hold 200,000. At least one inbox goes into each.
   */
  readonly maxCommitBytes: number;
  /** Conversations synchronised at the same time. */
  readonly syncConcurrency: number;
  /** Group streams side by side before they are merged into one; browsers have few connections. */
  readonly maxGroupStreams: number;
  /** MLS groups kept in memory. */
  readonly liveGroupLimit: number;
  /** Commits paths in large groups so that later commits are short (`groups/warming.ts`). */
  readonly treeWarming: boolean;
  /** How often the commit logs are read and written, milliseconds; 0 for never. */
  readonly commitLogIntervalMs: number;
  /** Asks to be added again where this installation has forked. Deployed clients do so only when an application wants it. */
  readonly requestReadds: boolean;
  /** As a super admin, adds members again who ask for it. */
  readonly answerReadds: boolean;
  /**
   * Tells the other installations of this inbox what the user decides, answers them, and follows what they say. The SDKs switch it on, as
   * the deployed client does.
   */
  readonly deviceSync: boolean;
}

/** What holds where the host says nothing. */
export const DEFAULT_CLIENT_OPTIONS: ClientOptions = {
  protocolVersion: OWN_PROTOCOL_VERSION,
  maxPublishAttempts: 3,
  intentDeadlineMs: 60_000,
  maxCommitBytes: MAX_NETWORK_MESSAGE_BYTES - 64 * 1024,
  syncConcurrency: 10,
  maxGroupStreams: 8,
  liveGroupLimit: 100,
  treeWarming: true,
  commitLogIntervalMs: 300_000,
  requestReadds: true,
  answerReadds: true,
  deviceSync: false,
};

/** What the host hands over. The client owns `db` from then on; nobody else may write to it. */
export interface ClientDeps {
  readonly db: Database;
  readonly network: Network;
  readonly crypto: CryptoProvider;
  readonly host: Host;
  /** Endpoints of chains by chain id: contract wallets on them are checked there, not by the node's word. */
  readonly chains?: ReadonlyMap<bigint, JsonRpcCall> | undefined;
  /** What several clients of one process share of what they have verified; those with the same suite have one provider. Default: nothing. */
  readonly verified?: Partial<SharedVerification> | undefined;
  /** How archives reach other installations; without it they cannot be sent or taken. */
  readonly history?: HistoryTransfer | undefined;
  /** Makes a database of the deployed client ours (`takeOver`); without it such a one is refused. */
  readonly takeOver?: TakeOver | undefined;
  readonly options?: Partial<ClientOptions> | undefined;
}

/** Inboxes and what is known of them. */
export interface Directory {
  readonly db: Database;
  /** With retries. */
  readonly network: Network;
  /** Chains that are asked directly about contract wallets. */
  readonly chains: ContractWalletVerifier | undefined;
  readonly signatureCache: SignatureCache;
  readonly crypto: CryptoProvider;
  readonly host: Host;
  readonly events: ClientEvents;
  /** By name: `groupLock` of a group while it is published or received; `identity`, `key-packages` and the like. */
  readonly locks: KeyedMutex;
  readonly inboxLog: InboxLog;
  readonly inboxLookup: InboxLookup;
  /** What was refused since the start. */
  readonly refusals: Refusals;
}

/** One installation at work. */
export interface ClientContext extends Directory {
  readonly options: ClientOptions;
  readonly identity: OwnIdentity;
  /** MLS groups in memory. */
  readonly liveGroups: LiveGroups;
  readonly history: HistoryTransfer | undefined;
  /** Why changes were given up, for those who wait for them in this process. */
  readonly intentFailures: IntentFailures;
  /** When this process opened the client. */
  readonly openedAtNs: bigint;
  /** Who waits for people to be let in. */
  readonly invitations: Invitations;
  readonly memberChecks: MemberChecks;
  readonly interrupted: Interrupted;
  readonly warming: Warming;
  readonly typing: TypingState;
  /** When the node said that nobody has our inbox; absent when it was not asked that. */
  readonly unclaimedAtNs: bigint | undefined;
  /** Messages that are known to be missing. */
  readonly gaps: MessageGaps;
  /** The suite of every group. */
  readonly suite: CipherSuite;
  /** Trees that others of this process have verified; absent when nothing is shared. */
  readonly verifiedTrees: VerifiedTrees | undefined;
}

/** Who opens a client. */
export interface Who {
  readonly identifier: Identifier;
  /** Of the inbox id, when the identifier has no inbox yet. Default 1. */
  readonly nonce?: bigint | undefined;
  /** Known already: then the network is not asked. */
  readonly inboxId?: string | undefined;
  /** When the node said that nobody has it (`isUnclaimed`), ns: who registers soon afterwards does not ask again. */
  readonly unclaimedAtNs?: bigint | undefined;
}

/**
 * Brings the database up to date and builds a Directory over it. Does not use the network.
 * @throws ClientError `client/database-newer`, `client/database-damaged`
 */
export function openDirectory(deps: ClientDeps): Directory {
  const { db, crypto, host } = deps;
  openStore(db);
  const events = new ClientEvents();
  const refusals = new Refusals();
  const network = withRetries(deps.network, host, refusals);
  const signatureCache = deps.verified?.signatureCache ?? new SignatureCache();
  const verifiedLogs = deps.verified?.identityLogs;
  const chains = deps.chains && contractWalletVerifier(deps.chains);
  const inboxLog = new InboxLog({ db, network, chains, signatureCache, verifiedLogs, crypto, host, events, refusals });
  const inboxLookup = new InboxLookup({ db, network, host, inboxLog, refusals });
  return {
    db,
    network,
    chains,
    signatureCache,
    crypto,
    host,
    events,
    locks: new KeyedMutex(),
    inboxLog,
    inboxLookup,
    refusals,
  };
}

/**
 * The inbox of an identifier: the one it is found in, else the one it would create.
 * @throws NetworkError
 */
export async function resolveInboxId(
  directory: Directory,
  identifier: Identifier,
  nonce: bigint = DEFAULT_NONCE,
  signal?: AbortSignal,
): Promise<string> {
  return (await directory.inboxLookup.inboxIdOf(identifier, signal)) ?? inboxIdOf(identifier, nonce);
}

/**
 * Opens the installation in the database, or makes its keys in a new one. Uses the network only when the inbox is
 * neither stored nor given. A database of the deployed client is taken over (`takeover/`) where that is given.
 *
 * @throws ClientError `client/wrong-inbox` when the database belongs to another inbox than the identifier's;
 *   `client/database-newer`, `client/database-damaged`; `client/takeover-unfinished`, `client/takeover-unreadable`; NetworkError
 */
export async function openContext(deps: ClientDeps, who: Who, signal?: AbortSignal): Promise<ClientContext> {
  takeOverDeployed(deps, who);
  const directory = openDirectory(deps);
  const { db, crypto, host } = directory;
  const stored = loadOwnIdentity(db, crypto);
  if (stored !== undefined) await checkBelongs(directory, stored, who, signal);
  const identity =
    stored ??
    createOwnIdentity(db, crypto, host.random, {
      inboxId: who.inboxId ?? (await resolveInboxId(directory, who.identifier, who.nonce, signal)),
      identifier: who.identifier,
      nonce: who.nonce ?? DEFAULT_NONCE,
      nowNs: host.nowNs(),
    });
  const options = { ...DEFAULT_CLIENT_OPTIONS, ...deps.options };
  const suite = deps.verified?.suite ?? xmtpSuite(crypto);
  const { signatureKey } = identity;
  const liveGroups = new LiveGroups({ db, suite, signatureKey, capacity: options.liveGroupLimit });
  // A new installation has no groups.
  if (stored !== undefined) resumePaused(db, options.protocolVersion);
  return {
    ...directory,
    options,
    identity,
    suite,
    verifiedTrees: deps.verified?.trees,
    liveGroups,
    history: deps.history,
    intentFailures: new IntentFailures(),
    openedAtNs: host.nowNs(),
    unclaimedAtNs: stored === undefined ? who.unclaimedAtNs : undefined,
    invitations: new Invitations(),
    memberChecks: new MemberChecks(),
    interrupted: new Interrupted(),
    warming: new Warming(),
    typing: new TypingState(),
    gaps: new MessageGaps(db),
  };
}

/** A database that the deployed client wrote becomes ours: opened by the identifier that made the inbox, or by another whose inbox the caller knows. */
function takeOverDeployed({ db, crypto, host, takeOver }: ClientDeps, who: Who): void {
  const inboxId = deployedInboxId(db);
  if (inboxId === undefined) return;
  if (takeOver === undefined) throw new ClientError('client/takeover-unreadable', { reason: 'not read here' });
  const { identifier, nonce = DEFAULT_NONCE } = who;
  const given = who.inboxId ?? inboxIdOf(identifier, nonce);
  if (given !== inboxId) throw new ClientError('client/wrong-inbox', { stored: inboxId, given });
  const suite = getCipherSuite(XMTP_CIPHER_SUITE, crypto);
  takeOver({ db, crypto, suite, owner: { inboxId, identifier, nonce, nowNs: host.nowNs() } });
  host.log?.info('database-taken-over', { inboxId: shortId(inboxId) });
}

async function checkBelongs(directory: Directory, stored: OwnIdentity, who: Who, signal?: AbortSignal): Promise<void> {
  const wrong = (given: string) => new ClientError('client/wrong-inbox', { stored: stored.inboxId, given });
  if (who.inboxId !== undefined && who.inboxId !== stored.inboxId) throw wrong(who.inboxId);
  if (who.inboxId !== undefined || sameIdentifier(who.identifier, stored.identifier)) return;
  const known = directory.inboxLog.latest(stored.inboxId);
  if (known !== undefined && isMember(known.state, who.identifier)) return;
  // Another account of the same person, perhaps added on another device.
  const inboxId = await resolveInboxId(directory, who.identifier, who.nonce, signal);
  if (inboxId !== stored.inboxId) throw wrong(inboxId);
}
