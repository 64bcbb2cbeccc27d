/** Records of the SDK's surface. */
import type { EncodedContent } from '@conclave/content';
import type {
  BackupElementSelectionOption,
  ConsentEntityType,
  ConsentState,
  ConversationType,
  DeletedBy,
  DeliveryStatus,
  GroupMessageKind,
  GroupPermissionsOptions,
  IdentifierKind,
  PermissionLevel,
  PermissionPolicy,
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

/** A passkey (WebAuthn, P-256): the challenge is the text itself. Not in the original. */
export interface PasskeySigner {
  type: 'PASSKEY';
  getIdentifier: () => Identifier | Promise<Identifier>;
  signMessage: (message: string) => PasskeySignature | Promise<PasskeySignature>;
}

/** Whoever signs for an account. */
export type Signer = EOASigner | SCWSigner | PasskeySigner;

/** What a signer gives. */
export type SignerOutput = Awaited<ReturnType<Signer['signMessage']>>;

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

/** A member and its installations. */
export interface GroupMember {
  inboxId: string;
  accountIdentifiers: Identifier[];
  installationIds: string[];
  permissionLevel: PermissionLevel;
  consentState: ConsentState;
}

/** What never changes in a conversation. */
export interface GroupMetadata {
  creatorInboxId: string;
  conversationType: ConversationType;
}

/** The policies of a group, and the preset that they amount to. */
export interface GroupPermissions {
  policyType: GroupPermissionsOptions;
  policySet: PermissionPolicySet;
}

/** An installation of an inbox; `id` is the hex of `bytes`. */
export interface Installation {
  id: string;
  bytes: Uint8Array;
  clientTimestampNs?: bigint;
}

/** What an inbox consists of. */
export interface InboxState {
  inboxId: string;
  recoveryIdentifier: Identifier;
  identifiers: Identifier[];
  installations: Installation[];
}

/** A decision about a conversation (`entity` is its id) or an inbox. */
export interface Consent {
  entityType: ConsentEntityType;
  entity: string;
  state: ConsentState;
}

/** A push key and its period, 30 days each. */
export interface HmacKey {
  key: Uint8Array;
  epoch: bigint;
}

/** How many conversations were looked at, and how many had something new. */
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

/** Somebody else is writing, or has stopped. Holds for `TYPING_EXPIRES_MS`, until he is heard again or his message comes. Not in the original. */
export interface TypingNotice {
  readonly conversationId: string;
  readonly inboxId: string;
  readonly isTyping: boolean;
}
