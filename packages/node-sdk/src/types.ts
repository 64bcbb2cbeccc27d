/** Option objects and records of the SDK's surface. */
import type { ContentCodec } from '@conclave/content';
import type { XmtpEnv } from './constants.js';
import type {
  ConsentEntityType,
  ConsentState,
  ContentType,
  ConversationType,
  DeliveryStatus,
  GroupMessageKind,
  GroupPermissionsOptions,
  IdentifierKind,
  ListConversationsOrderBy,
  LogLevel,
  MessageSortBy,
  PermissionLevel,
  PermissionPolicy,
  SortDirection,
} from './enums.js';

/** `0x…` */
export type HexString = `0x${string}`;

/** Something outside XMTP that owns an inbox. */
export interface Identifier {
  /** Address, or hex of a passkey's public key. */
  identifier: string;
  identifierKind: IdentifierKind;
}

/** A wallet of one private key. */
export interface EOASigner {
  type: 'EOA';
  getIdentifier: () => Identifier | Promise<Identifier>;
  /** EIP-191 signature, 65 bytes. */
  signMessage: (message: string) => Uint8Array | Promise<Uint8Array>;
}

/** A contract wallet. */
export interface SCWSigner {
  type: 'SCW';
  getIdentifier: () => Identifier | Promise<Identifier>;
  signMessage: (message: string) => Uint8Array | Promise<Uint8Array>;
  getChainId: () => bigint;
  getBlockNumber?: () => bigint;
}

export type Signer = EOASigner | SCWSigner;

/** Which node. */
export interface NetworkOptions {
  /** Default `dev`. */
  env?: XmtpEnv;
  /** A node's address; overrides `env`. */
  apiUrl?: string;
  /** Not spoken yet: refused with a clear error. */
  gatewayHost?: string;
  /** Sent with every call, `name/version`. */
  appVersion?: string;
}

/** Where the database is. */
export interface StorageOptions {
  /** Default `./xmtp-{env}-{inboxId}.db3`; null: in memory; a function gets the inbox id. */
  dbPath?: string | null | ((inboxId: string) => string);
  /** 32 bytes or hex; without it the file is not encrypted. */
  dbEncryptionKey?: Uint8Array | HexString;
  /** Refuse to run on an unencrypted file. Default: true when a key is given. */
  requireEncryption?: boolean;
}

/** Further options. */
export interface OtherOptions {
  codecs?: ContentCodec[];
  loggingLevel?: LogLevel;
  structuredLogging?: boolean;
  /** Do not register in `create`. */
  disableAutoRegister?: boolean;
  /** Inbox id nonce, default 1. */
  nonce?: bigint;
  disableDeviceSync?: boolean;
  /** Accepted and ignored, as in the original since 6.0. */
  historySyncUrl?: string | null;
  /** Sentences for the person who runs this, each once (a missing native engine, an unencrypted file). Default: to stderr. */
  onNotice?: (sentence: string) => void;
}

export type ClientOptions = NetworkOptions & StorageOptions & OtherOptions;

/** Both numbers in nanoseconds. */
export interface MessageDisappearingSettings {
  fromNs: bigint;
  inNs: bigint;
}

/** Who may do what. */
export interface PermissionPolicySet {
  addMemberPolicy: PermissionPolicy;
  removeMemberPolicy: PermissionPolicy;
  addAdminPolicy: PermissionPolicy;
  removeAdminPolicy: PermissionPolicy;
  updateGroupNamePolicy: PermissionPolicy;
  updateGroupDescriptionPolicy: PermissionPolicy;
  updateGroupImageUrlSquarePolicy: PermissionPolicy;
  updateMessageDisappearingPolicy: PermissionPolicy;
  updateAppDataPolicy: PermissionPolicy;
}

export interface CreateGroupOptions {
  permissions?: GroupPermissionsOptions;
  customPermissionPolicySet?: PermissionPolicySet;
  groupName?: string;
  groupDescription?: string;
  groupImageUrlSquare?: string;
  appData?: string;
  messageDisappearingSettings?: MessageDisappearingSettings;
}

export interface CreateDmOptions {
  messageDisappearingSettings?: MessageDisappearingSettings;
}

export interface ListConversationsOptions {
  consentStates?: ConsentState[];
  conversationType?: ConversationType;
  createdAfterNs?: bigint;
  createdBeforeNs?: bigint;
  includeDuplicateDms?: boolean;
  limit?: number;
  orderBy?: ListConversationsOrderBy;
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

export interface SendMessageOpts {
  shouldPush?: boolean;
  optimistic?: boolean;
  idempotencyKey?: string;
}

/** Last argument of `sendX`: the boolean of 6.0 or the object of later versions. */
export type SendOpts = boolean | { optimistic?: boolean; idempotencyKey?: string };

export interface GroupMember {
  inboxId: string;
  accountIdentifiers: Identifier[];
  installationIds: string[];
  permissionLevel: PermissionLevel;
  consentState: ConsentState;
}

export interface GroupMetadata {
  creatorInboxId: string;
  conversationType: string;
}

export interface GroupPermissions {
  policyType: GroupPermissionsOptions;
  policySet: PermissionPolicySet;
}

export interface Installation {
  id: string;
  bytes: Uint8Array;
  clientTimestampNs?: bigint;
}

export interface InboxState {
  inboxId: string;
  recoveryIdentifier: Identifier;
  identifiers: Identifier[];
  installations: Installation[];
}

export interface Consent {
  entityType: ConsentEntityType;
  entity: string;
  state: ConsentState;
}

export interface HmacKey {
  key: Uint8Array;
  epoch: bigint;
}

export interface GroupSyncSummary {
  numEligible: number;
  numSynced: number;
}

export interface KeyPackageStatus {
  lifetime?: { notBefore: bigint; notAfter: bigint };
  validationError?: string;
}
