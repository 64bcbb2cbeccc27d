/** Option objects and records of the SDK's surface. */
import type { ContentCodec, EncodedContent } from '@conclave/content';
import type { Backend } from './backend.js';
import type { XmtpEnv } from './constants.js';
import type {
  BackupElementSelectionOption,
  ConsentEntityType,
  ConsentState,
  ContentType,
  ConversationType,
  DeletedBy,
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
  /** Not spoken yet: a client of such a backend is refused with a clear error. */
  gatewayHost?: string;
  /** Sent with every call, `name/version`. */
  appVersion?: string;
}

/** A node named by what `createBackend` made. Excludes the network options. */
export interface BackendOptions {
  backend?: Backend;
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

/** The exchange with the other installations of the inbox. */
export interface DeviceSyncOptions {
  /** Accepted and ignored, as in the original since 6.0. */
  historySyncUrl?: string | null;
  /** Accepted; there is no device sync yet. */
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
  /** Least severe level that is written to stderr. Default `Off`. */
  loggingLevel?: LogLevel;
  /** Do not register in `create`. */
  disableAutoRegister?: boolean;
  /** Inbox id nonce, default 1. */
  nonce?: bigint;
  /** Sentences for the person who runs this, each once (a missing native engine, an unencrypted file). Default: to stderr. */
  onNotice?: (sentence: string) => void;
}

export type ClientOptions = (NetworkOptions | BackendOptions) &
  DeviceSyncOptions &
  StorageOptions &
  ContentOptions &
  OtherOptions;

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
  conversationType: ConversationType;
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

/** Unix seconds. */
export interface Lifetime {
  notBefore: bigint;
  notAfter: bigint;
}

/** Whether an installation can be added to conversations. */
export interface KeyPackageStatus {
  lifetime?: Lifetime;
  /** Why it cannot. */
  validationError?: string;
}

/** How far a conversation was read: originator 0 orders commits, 10 application messages. */
export interface Cursor {
  originatorId: number;
  sequenceId: number;
}

/** For people who look into a conversation that behaves oddly. */
export interface ConversationDebugInfo {
  epoch: bigint;
  maybeForked: boolean;
  forkDetails: string;
  isCommitLogForked?: boolean;
  /** What commits did here, one a line. */
  localCommitLog: string;
  /** What other members say that they did, one a line. */
  remoteCommitLog: string;
  cursor: Cursor[];
}

/** A stored message before its content is decoded. */
export interface Message {
  id: string;
  sentAtNs: bigint;
  convoId: string;
  senderInboxId: string;
  content: EncodedContent;
  kind: GroupMessageKind;
  deliveryStatus: DeliveryStatus;
  insertedAtNs: bigint;
}

/** A change that `streamPreferences` tells of. */
export type UserPreferenceUpdate =
  | { type: 'ConsentUpdate'; consent: Consent }
  | { type: 'HmacKeyUpdate'; key: Uint8Array };

/** A passkey's assertion over the request's text (WebAuthn). Bytes as numbers. */
export interface PasskeySignature {
  /** SEC1 compressed. */
  publicKey: number[];
  /** ASN.1 DER. */
  signature: number[];
  authenticatorData: number[];
  clientDataJson: number[];
}

/** What shows in place of a deleted message. */
export interface DeletedMessage {
  deletedBy: DeletedBy;
  /** Who, when it was a super admin. */
  adminInboxId?: string;
}

/** Calls to the node since the client opened, or since they were cleared. */
export interface ApiStats {
  uploadKeyPackage: bigint;
  fetchKeyPackage: bigint;
  sendGroupMessages: bigint;
  sendWelcomeMessages: bigint;
  queryGroupMessages: bigint;
  queryWelcomeMessages: bigint;
  subscribeMessages: bigint;
  subscribeWelcomes: bigint;
}

/** As `ApiStats`, for the calls about inboxes. */
export interface IdentityStats {
  publishIdentityUpdate: bigint;
  getIdentityUpdatesV2: bigint;
  getInboxIds: bigint;
  verifySmartContractWalletSignature: bigint;
}

/** What goes into an archive. */
export interface ArchiveOptions {
  startNs?: bigint;
  endNs?: bigint;
  elements: BackupElementSelectionOption[];
  excludeDisappearingMessages: boolean;
}

/** What an archive says of itself. */
export interface ArchiveMetadata {
  backupVersion: number;
  elements: BackupElementSelectionOption[];
  exportedAtNs: bigint;
  startNs?: bigint;
  endNs?: bigint;
}

/** An archive that another installation offers. */
export interface AvailableArchiveInfo {
  pin: string;
  metadata: ArchiveMetadata;
  sentByInstallation: Uint8Array;
}

/** How the log is written. */
export interface LogOptions {
  structured?: boolean;
  level?: LogLevel;
}
