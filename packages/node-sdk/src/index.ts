/**
 * Drop-in for `@xmtp/node-sdk` 6 (the common paths; the rest of its surface follows).
 *
 * ```ts
 * import { Client, createEOASigner } from '@conclave/node-sdk';
 * const client = await Client.create(createEOASigner(), { env: 'local', dbPath: null });
 * const group = await client.conversations.createGroup([], { groupName: 'Garden' });
 * await group.sendText('hello');
 * await client.close();
 * ```
 */
export type { ContentCodec, ContentTypeId, EncodedContent, GroupUpdated, Reaction, Reply } from '@conclave/content';
export { Client } from './client.js';
export { ApiUrls, HistorySyncUrls, type XmtpEnv } from './constants.js';
export { Conversation } from './conversations/conversation.js';
export { Conversations, type StreamAllMessagesOptions } from './conversations/conversations.js';
export { DecodedMessage } from './conversations/decoded-message.js';
export { Dm } from './conversations/dm.js';
export { Group } from './conversations/group.js';
export {
  ConsentEntityType,
  ConsentState,
  ContentType,
  ConversationType,
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
export { Preferences } from './preferences.js';
export { createEOASigner, type PrivateKeySigner } from './signers.js';
export type { AsyncStreamProxy } from './streams/async-stream.js';
export type { StreamOptions } from './streams/stream.js';
export type {
  ClientOptions,
  Consent,
  CreateDmOptions,
  CreateGroupOptions,
  EOASigner,
  GroupMember,
  GroupMetadata,
  GroupPermissions,
  GroupSyncSummary,
  HexString,
  HmacKey,
  Identifier,
  InboxState,
  Installation,
  ListConversationsOptions,
  ListMessagesOptions,
  MessageDisappearingSettings,
  NetworkOptions,
  OtherOptions,
  PermissionPolicySet,
  SCWSigner,
  SendMessageOpts,
  SendOpts,
  Signer,
  StorageOptions,
} from './types.js';
