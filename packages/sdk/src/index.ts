/**
 * The SDK without a platform: what `@conclave/node-sdk` and `@conclave/browser-sdk` have in common. Each of them gives it a `Platform`
 * and adds how its clients are made.
 *
 * ```ts
 * import { openSession, Conversations } from '@conclave/sdk';
 * const { session, close } = await openSession(platform, identifier, { env: 'local' });
 * const group = await new Conversations(session).createGroup([], { groupName: 'Garden' });
 * ```
 */

export { MAX_TYPING_MEMBERS, TYPING_EXPIRES_MS, TYPING_INTERVAL_MS } from '@conclave/client';
export {
  type ApiAddresses,
  Backend,
  BackendBuilder,
  type BackendChoice,
  type BackendEnv,
  type BackendOptions,
  backendOf,
  chosenBackend,
  createBackend,
  envToString,
  type NetworkOptions,
  type TransportOptions,
} from './backend.js';
export { type ChainEndpoints, chainsOfVariables } from './chains.js';
export { InstallationClient } from './client.js';
export { HistorySyncUrls, type XmtpEnv } from './constants.js';
export type { BuiltInContentTypes, ExtractCodecContentTypes } from './content/built-in-content-types.js';
export type { Undecoded } from './content/content-decoder.js';
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
} from './content/guards.js';
export { Conversation } from './conversations/conversation.js';
export { type ConversationEntry, Conversations, type StreamAllMessagesOptions } from './conversations/conversations.js';
export { DecodedMessage, type DerivedParts, dateOf } from './conversations/decoded-message.js';
export { Dm } from './conversations/dm.js';
export { Group } from './conversations/group.js';
export { conversationSource } from './conversations/wrap-conversation.js';
export { DebugInformation } from './debug-information.js';
export { archiveKey, toArchiveMetadata, toCoreOptions } from './device-sync/archive-values.js';
export {
  canMessageFrom,
  generateInboxId,
  hasAddress,
  hasInstallation,
  inboxIdForIdentifier,
  inboxStatesFrom,
  revokeFrom,
  updateCountsFrom,
} from './directory.js';
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
export { installationsInTheWay, limitNoticesOf } from './installation-limits.js';
export { logText } from './log-text.js';
export { createLogger } from './logger.js';
export { type OpenSession, openSession } from './open-session.js';
export type {
  ArchiveOptions,
  ClientOptions,
  ContentOptions,
  CreateDmOptions,
  CreateGroupOptions,
  DeviceSyncOptions,
  InviteOptions,
  ListConversationsOptions,
  ListMessagesOptions,
  LogOptions,
  OtherOptions,
  SearchMessagesOptions,
  SendMessageOpts,
  SendOpts,
} from './options.js';
export { explanationOf } from './original-text.js';
export {
  type ClientStorage,
  connect,
  type NetworkAddress,
  type OpenNetwork,
  type Platform,
} from './platform.js';
export { Preferences } from './preferences.js';
export { Session, toCoreIdentifier } from './session.js';
export { addSignature, SignatureRequestHandle } from './signature-request.js';
export { createEOASigner, type PrivateKeySigner } from './signers.js';
export type { AsyncStreamProxy } from './streams/async-stream.js';
export { AsyncStream, asyncStreamProxy } from './streams/async-stream.js';
export {
  changeSource,
  consentSource,
  deletionSource,
  editSource,
  type MessageSourceFilter,
  messageSource,
  preferenceSource,
  typingSource,
} from './streams/sources.js';
export type { LocalStreamSource } from './streams/stream.js';
export {
  DEFAULT_RETRY_ATTEMPTS,
  DEFAULT_RETRY_DELAY,
  type LocalStreamOptions,
  openLocalStream,
  openStream,
  type StreamOptions,
  type StreamSource,
} from './streams/stream.js';
export { CallCounts } from './transport/call-counts.js';
export type { HttpFetch } from './transport/http-fetch.js';
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
  PasskeySigner,
  PermissionPolicySet,
  SCWSigner,
  Signer,
  SignerOutput,
  TypingNotice,
  UserPreferenceUpdate,
} from './types.js';
export { consentText, FIELD_NAMES, kindOf, metadataFieldName } from './values.js';
export { warnOnConsole } from './warn-on-console.js';
