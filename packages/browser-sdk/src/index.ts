/**
 * Drop-in for `@xmtp/browser-sdk` 7, for any number of tabs, with an encrypted database.
 *
 * ```ts
 * import { Client, createEOASigner } from '@conclave/browser-sdk';
 * const client = await Client.create(createEOASigner(), { env: 'local' });
 * const group = await client.conversations.createGroup([], { groupName: 'Garden' });
 * await group.sendText('hello');
 * ```
 */
export type { InviteRule, InviteSlots, OpenInvite, OpenInviteOptions } from '@conclave/client';
export type {
  Action,
  Actions,
  Attachment,
  ContentCodec,
  ContentTypeId,
  EditMessage,
  EncodedContent,
  EncryptedAttachment,
  GroupUpdated,
  InboxReference as Inbox,
  Intent,
  LeaveRequest,
  MetadataFieldChange,
  MultiRemoteAttachment,
  Reaction,
  ReadReceipt,
  RemoteAttachment,
  Reply,
  TransactionMetadata,
  TransactionReference,
  WalletCall,
  WalletSendCalls,
} from '@conclave/content';
export {
  AccountAlreadyAssociatedError,
  ActionStyle,
  type ApiStats,
  type AsyncStreamProxy,
  Backend,
  type BackendChoice,
  type BackendEnv,
  type BackendOptions,
  type BuiltInContentTypes,
  ClientNotInitializedError,
  type Consent,
  ConsentEntityType,
  ConsentState,
  type ContentOptions,
  ContentType,
  type ConversationDebugInfo,
  ConversationType,
  type CreateDmOptions,
  type CreateGroupOptions,
  type Cursor,
  DeletedBy,
  type DeletedMessage,
  DeliveryStatus,
  type DeviceSyncOptions,
  type EOASigner,
  type ExtractCodecContentTypes,
  type GroupMember,
  GroupMembershipState,
  GroupMessageKind,
  type GroupMetadata,
  type GroupPermissions,
  GroupPermissionsOptions,
  type GroupSyncSummary,
  type HexString,
  HistorySyncUrls,
  type HmacKey,
  type Identifier,
  IdentifierKind,
  type IdentityStats,
  InboxReassignError,
  type InboxState,
  type Installation,
  type KeyPackageStatus,
  type Lifetime,
  type ListConversationsOptions,
  ListConversationsOrderBy,
  type ListMessagesOptions,
  type LocalStreamOptions,
  type LogOptions,
  type Message,
  type MessageDisappearingSettings,
  MessageSortBy,
  MetadataField,
  type NetworkOptions,
  type PasskeySignature,
  type PasskeySigner,
  PermissionLevel,
  PermissionPolicy,
  type PermissionPolicySet,
  PermissionUpdateType,
  ReactionAction,
  ReactionSchema,
  type SCWSigner,
  SDK_ERRORS,
  SdkError,
  type SdkErrorCode,
  type SearchMessagesOptions,
  type SendMessageOpts,
  type SendOpts,
  type Signer,
  SignerUnavailableError,
  SortDirection,
  StreamFailedError,
  StreamInvalidRetryAttemptsError,
  TYPING_EXPIRES_MS,
  type TypingNotice,
  type UserPreferenceUpdate,
  type XmtpEnv,
} from '@conclave/sdk';
export { RemoteError } from './channel/wire-error.js';
export { ApiUrls } from './constants.js';
export {
  type ArchiveMetadata,
  type ArchiveOptions,
  BackupElementSelectionOption,
  LogLevel,
  WorkerKind,
} from './enums.js';
export {
  BROWSER_ERRORS,
  BrowserError,
  type BrowserErrorCode,
  GroupNotFoundError,
  OpfsInitializationError,
  OpfsNotInitializedError,
  StreamNotFoundError,
} from './errors.js';
export type {
  ClientOptions,
  OtherOptions,
  StorageOptions,
  VisibilityConfirmationOptions,
  WorkerConfigOptions,
  WorkerIntervalOverride,
  WorkerJitterOverride,
  WorkerOptions,
} from './options.js';
export type { ArchiveCall, AvailableArchiveInfo } from './page/client.js';
export { Client, type PreloadOptions, preload } from './page/client.js';
export {
  contentTypeActions,
  contentTypeAttachment,
  contentTypeEditMessage,
  contentTypeGroupUpdated,
  contentTypeIntent,
  contentTypeLeaveRequest,
  contentTypeMarkdown,
  contentTypeMultiRemoteAttachment,
  contentTypeReaction,
  contentTypeReadReceipt,
  contentTypeRemoteAttachment,
  contentTypeReply,
  contentTypeText,
  contentTypeTransactionReference,
  contentTypeWalletSendCalls,
  decryptAttachment,
  encodeActions,
  encodeAttachment,
  encodeIntent,
  encodeMarkdown,
  encodeMultiRemoteAttachment,
  encodeReaction,
  encodeReadReceipt,
  encodeRemoteAttachment,
  encodeText,
  encodeTransactionReference,
  encodeWalletSendCalls,
  encryptAttachment,
  metadataFieldName,
} from './page/content.js';
export {
  Conversation,
  type ConversationListItem,
  type HmacKeys,
  type LastReadTimes,
  type SafeConversation,
  toSafeConversation,
} from './page/conversation.js';
export { Conversations } from './page/conversations.js';
export {
  createStream,
  type StreamCallback,
  type StreamFunction,
  type StreamValueMutator,
} from './page/create-stream.js';
export { DecodedMessage, type EnrichedReply } from './page/decoded-message.js';
export { deleteDatabase } from './page/delete-database.js';
export { BackendBuilder, createBackend, generateInboxId, getInboxIdForIdentifier } from './page/directory.js';
export { Dm } from './page/dm.js';
export { Group } from './page/group.js';
export {
  isActions,
  isAttachment,
  isEditMessage,
  isGroupUpdated,
  isIntent,
  isLeaveRequest,
  isMarkdown,
  isMultiRemoteAttachment,
  isReaction,
  isReadReceipt,
  isRemoteAttachment,
  isReply,
  isText,
  isTextReply,
  isTransactionReference,
  isWalletSendCalls,
} from './page/guards.js';
export { Opfs } from './page/opfs.js';
export { databaseKeyFromPasskey, type PasskeyOptions } from './page/passkey-key.js';
export { DebugInformation, Preferences } from './page/preferences.js';
export {
  createEOASigner,
  createSCWSigner,
  type SafeSigner,
  type SignatureRequestHandle,
  toSafeSigner,
} from './page/signers.js';
export { DEFAULT_RETRY_ATTEMPTS, DEFAULT_RETRY_DELAY, type StreamOptions } from './page/streams.js';
export type { ArchiveShare } from './worker/client-calls.js';
