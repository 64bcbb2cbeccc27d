/** Options of the SDK's calls. */
import type { InviteProgress } from '@conclave/client';
import type { ContentCodec } from '@conclave/content';
import type { BackendOptions, NetworkOptions } from './backend.js';
import type {
  BackupElementSelectionOption,
  ConsentState,
  ContentType,
  ConversationType,
  DeliveryStatus,
  GroupMessageKind,
  GroupPermissionsOptions,
  ListConversationsOrderBy,
  LogLevel,
  MessageSortBy,
  SortDirection,
} from './enums.js';
import type { OnInstallationLimit } from './installation-limits.js';
import type { MessageDisappearingSettings, PermissionPolicySet } from './types.js';

/** The exchange with the other installations of the inbox. */
export interface DeviceSyncOptions {
  /** Accepted and ignored, as in the original since 6.0. */
  historySyncUrl?: string | null;
  /** Consent, push keys and requests of other installations are neither told nor followed by themselves; calls by hand work. Default false. */
  disableDeviceSync?: boolean;
}

/** Content types of the application. */
export interface ContentOptions {
  codecs?: ContentCodec[];
}

/** Further options. */
export interface OtherOptions {
  /** Lines of the log as JSON. Default false. */
  structuredLogging?: boolean;
  /** Least severe level that is written. Default `Off`. */
  loggingLevel?: LogLevel;
  /** Do not register in `create`. */
  disableAutoRegister?: boolean;
  /**
   * When the inbox has its ten installations: `fail` with `client/too-many-installations`, or revoke the oldest and take its place, which the
   * signer, who must be the recovery account, is asked for in one signature more. Default `fail`. Not in the original.
   */
  onInstallationLimit?: OnInstallationLimit;
  /**
   * JSON-RPC endpoints by EIP-155 chain id, `{ '8453': 'https://…' }`: contract wallets on these chains are checked there and not by the node's
   * word. On Node the variables `CHAIN_RPC_<id>` say the same; an option comes before a variable.
   */
  chains?: Readonly<Record<string, string>>;
  /** Inbox id nonce, default 1. */
  nonce?: bigint;
  /**
   * Clients of one process that say so share what was found good: signatures (of wallets, installations and leaves), identity logs and trees of
   * groups, so that many of them in the same large groups check each once. About 160 MiB at most, for all. Default false. Not in the original.
   */
  shareVerified?: boolean;
  /**
   * Bytes that a commit which lets people in should not be longer than; more people are let in by several commits, one after the other.
   * Default: what one call holds, 25 MiB. Ordered payloads of XMTP's decentralised backend hold 200,000. Not in the original.
   */
  maxCommitBytes?: number;
  /** Sentences for the person who runs this, each once (a missing native engine, an unencrypted file). Default: a warning. */
  onNotice?: (sentence: string) => void;
}

/** What `Client.create` and `Client.build` take on every platform; where the database lies is the platform's. */
export type ClientOptions = (NetworkOptions | BackendOptions) & DeviceSyncOptions & ContentOptions & OtherOptions;

/** A new group. `customPermissionPolicySet` goes with `permissions: CustomPolicy`. */
export interface CreateGroupOptions {
  permissions?: GroupPermissionsOptions;
  customPermissionPolicySet?: PermissionPolicySet;
  groupName?: string;
  groupDescription?: string;
  groupImageUrlSquare?: string;
  appData?: string;
  messageDisappearingSettings?: MessageDisappearingSettings;
}

/** Told how far an invitation has come; not in the original. Not for browsers, where a callback does not reach the worker. */
export interface InviteOptions {
  /** Called for each page of key packages, each commit and each call of welcomes; what it throws is uncaught. */
  onProgress?: (progress: InviteProgress) => void;
}

/** A new DM. */
export interface CreateDmOptions {
  messageDisappearingSettings?: MessageDisappearingSettings;
}

/** Which conversations, in which order. Bounds are strict; denied ones are left out unless `consentStates` names them. */
export interface ListConversationsOptions {
  consentStates?: ConsentState[];
  conversationType?: ConversationType;
  createdAfterNs?: bigint;
  createdBeforeNs?: bigint;
  includeDuplicateDms?: boolean;
  limit?: number;
  orderBy?: ListConversationsOrderBy;
}

/** Which messages a search looks at. */
export interface SearchMessagesOptions {
  conversationId?: string;
  /** Strictly earlier: the time of the last message of the page before. */
  sentBeforeNs?: bigint;
  /** Default 50, at most 1,000. */
  limit?: number;
}

/** All time bounds are strict. */
export interface ListMessagesOptions {
  sentAfterNs?: bigint;
  sentBeforeNs?: bigint;
  insertedAfterNs?: bigint;
  insertedBeforeNs?: bigint;
  limit?: number;
  deliveryStatus?: DeliveryStatus;
  direction?: SortDirection;
  sortBy?: MessageSortBy;
  contentTypes?: ContentType[];
  excludeContentTypes?: ContentType[];
  kind?: GroupMessageKind;
  excludeSenderInboxIds?: string[];
}

/** How encoded content is sent. */
export interface SendMessageOpts {
  shouldPush?: boolean;
  optimistic?: boolean;
  idempotencyKey?: string;
}

/** Last argument of `sendX`: the boolean of 6.0 or the object of later versions. */
export type SendOpts = boolean | { optimistic?: boolean; idempotencyKey?: string };

/** What goes into an archive. */
export interface ArchiveOptions {
  startNs?: bigint;
  endNs?: bigint;
  elements: BackupElementSelectionOption[];
  excludeDisappearingMessages: boolean;
}

/** How the log is written. */
export interface LogOptions {
  structured?: boolean;
  level?: LogLevel;
}
