/**
 * Drop-in for `@xmtp/node-sdk` 6: its names, numbers and shapes, and what it lacks.
 *
 * ```ts
 * import { Client, createEOASigner } from '@conclave/node-sdk';
 * const client = await Client.create(createEOASigner(), { env: 'local', dbPath: null });
 * const group = await client.conversations.createGroup([], { groupName: 'Garden' });
 * await group.sendText('hello');
 * await client.close();
 * ```
 */
export type {
  Action,
  Actions,
  Attachment,
  ContentCodec,
  ContentTypeId,
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
  Backend,
  BackendBuilder,
  type BackendChoice,
  type BackendEnv,
  type BackendOptions,
  createBackend,
  envToString,
  type NetworkOptions,
} from './backend.js';
export { Client } from './client.js';
export { ApiUrls, HistorySyncUrls, type XmtpEnv } from './constants.js';
export { decryptAttachment, encryptAttachment } from './content/attachments.js';
export type { BuiltInContentTypes, ExtractCodecContentTypes } from './content/built-in-content-types.js';
export {
  contentTypeActions,
  contentTypeAttachment,
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
} from './content/content-types.js';
export {
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
} from './content/encoders.js';
export type { EnrichedReply } from './content/enriched-reply.js';
export {
  isActions,
  isAttachment,
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
} from './content/guards.js';
export { Conversation } from './conversations/conversation.js';
export { Conversations, type StreamAllMessagesOptions } from './conversations/conversations.js';
export { DecodedMessage } from './conversations/decoded-message.js';
export { Dm } from './conversations/dm.js';
export { Group } from './conversations/group.js';
export { DebugInformation } from './debug-information.js';
export { generateInboxId, getInboxIdForIdentifier } from './directory.js';
export {
  ActionStyle,
  BackupElementSelectionOption,
  ConsentEntityType,
  ConsentState,
  ContentType,
  ConversationType,
  DeletedBy,
  DeliveryStatus,
  GroupMembershipState,
  GroupMessageKind,
  GroupPermissionsOptions,
  IdentifierKind,
  ListConversationsOrderBy,
  LogLevel,
  MessageSortBy,
  MetadataField,
  PermissionLevel,
  PermissionPolicy,
  PermissionUpdateType,
  ReactionAction,
  ReactionSchema,
  SortDirection,
} from './enums.js';
export {
  AccountAlreadyAssociatedError,
  ClientNotInitializedError,
  InboxReassignError,
  MissingContentTypeError,
  SDK_ERRORS,
  SdkError,
  type SdkErrorCode,
  SignerUnavailableError,
  StreamFailedError,
  StreamInvalidRetryAttemptsError,
} from './errors.js';
export { isHexString, validHex } from './hex-string.js';
export type {
  ArchiveOptions,
  ClientOptions,
  ContentOptions,
  CreateDmOptions,
  CreateGroupOptions,
  DeviceSyncOptions,
  ListConversationsOptions,
  ListMessagesOptions,
  LogOptions,
  OtherOptions,
  SendMessageOpts,
  SendOpts,
  StorageOptions,
} from './options.js';
export { Preferences } from './preferences.js';
export { SignatureRequestHandle } from './signature-request.js';
export { createEOASigner, type PrivateKeySigner } from './signers.js';
export type { AsyncStreamProxy } from './streams/async-stream.js';
export {
  DEFAULT_RETRY_ATTEMPTS,
  DEFAULT_RETRY_DELAY,
  type LocalStreamOptions,
  type StreamOptions,
} from './streams/stream.js';
export type {
  ApiStats,
  ArchiveMetadata,
  AvailableArchiveInfo,
  Consent,
  ConversationDebugInfo,
  Cursor,
  DeletedMessage,
  EOASigner,
  GroupMember,
  GroupMetadata,
  GroupPermissions,
  GroupSyncSummary,
  HexString,
  HmacKey,
  Identifier,
  IdentityStats,
  InboxState,
  Installation,
  KeyPackageStatus,
  Lifetime,
  Message,
  MessageDisappearingSettings,
  PasskeySignature,
  PermissionPolicySet,
  SCWSigner,
  Signer,
  UserPreferenceUpdate,
} from './types.js';
