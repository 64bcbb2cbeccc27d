/**
 * The engine room: one installation of one inbox over a database, a network and a host that are handed in.
 *
 * ```ts
 * import { Client } from '@conclave/client';
 * const client = await Client.open({ db, network, crypto, host }, { identifier });
 * const request = await client.identity.registrationRequest();
 * if (request !== undefined) { request.addEip191(await wallet.sign(request.text)); await client.identity.apply(request); }
 * ```
 */

export type { ArchiveCallOptions, ArchiveProgress } from './archive/export.js';
export type { ArchiveImport, ArchiveSource } from './archive/import.js';
export {
  type ArchiveElement,
  type ArchiveMetadata,
  type ArchiveOptions,
  UNKNOWN_ARCHIVE_VERSION,
} from './archive/options.js';
export { ARCHIVE_KEY_LENGTH, MAX_ARCHIVE_RECORD_BYTES } from './archive/records.js';
export { MAX_ZSTD_WINDOW_BYTES } from './archive/zstd-frame.js';
export { Archives } from './archives.js';
export { Client, type ClientDebugInfo } from './client.js';
export {
  type ClientContext,
  type ClientDeps,
  type ClientOptions,
  DEFAULT_CLIENT_OPTIONS,
  type Directory,
  openDirectory,
  resolveInboxId,
  type Who,
} from './context.js';
export { Conversation, type ConversationDebugInfo, type ConversationMessageQuery } from './conversation.js';
export {
  type ConversationEntry,
  Conversations,
  type SyncAllSummary,
} from './conversations.js';
export type { AvailableArchive } from './device-sync/take-archive.js';
export { type HistoryTransfer, isHistoryUrl, MAX_DOWNLOADED_ARCHIVE_BYTES } from './device-sync/transfer.js';
export { DeviceSync } from './device-sync-api.js';
export { CLIENT_ERRORS, ClientError, type ClientErrorCode } from './errors.js';
export type { ClientEvent } from './events.js';
export type { CreateGroupOptions } from './groups/create.js';
export type { InviteListener, InviteOptions, InviteProgress, InviteStage } from './groups/invitations.js';
export type { Member } from './groups/members.js';
export type { SendOptions } from './groups/send-message.js';
export type { Host, LogFields, Logger } from './host.js';
export { publishSignatureRequest, revokeInstallationsRequest } from './identity/account-requests.js';
export { isUnclaimed } from './identity/inbox-lookup.js';
export type { KeyPackageStatus } from './identity/key-package-status.js';
export { parseIdentifier } from './identity/parse-identifier.js';
export type { RegistrationStatus } from './identity/registration.js';
export type { ContractWalletAssertion, PasskeyAssertion, SignatureRequest } from './identity/signature-request.js';
export { IdentityApi, type InboxView, inboxViews } from './identity-api.js';
export { decodeInvite } from './invites/invite-link.js';
export { INVITE_RULES, type InviteRule } from './invites/invite-rules.js';
export type { InviteSlots, OpenInvite, OpenInviteOptions } from './invites/open-invite.js';
export type { MessageCompanions } from './messages/companions.js';
export type { HmacKey } from './messages/hmac.js';
export { MAX_SEARCH_LENGTH, type MessageSearch } from './messages/search.js';
export { answerTooLarge, GRPC_STATUS, type GrpcStatus, NetworkError, readAnswer } from './network/errors.js';
export {
  MAX_NETWORK_MESSAGE_BYTES,
  type Network,
  type StreamCall,
  type SubscribeOptions,
  type UnaryCall,
  type UnaryMethod,
} from './network/network.js';
export type { ConversationType, ImmutableMetadata } from './payloads/immutable-metadata.js';
export { type AdminListChange, ATTRIBUTE, type DisappearingSettings } from './payloads/mutable-metadata.js';
export type { BasePolicy, PolicySet, PolicyTarget } from './payloads/permissions.js';
export {
  type CustomPolicies,
  customPolicies,
  inferPreset,
  type PolicyPreset,
  presetPolicies,
} from './payloads/policy-presets.js';
export { Preferences } from './preferences.js';
export type { Refusal, RefusedThing } from './refusals.js';
export { SharedVerification } from './shared-verification.js';
export type { CommitLogResult, LocalCommitLogEntry, RemoteCommitLogEntry } from './store/commit-logs.js';
export type { ConsentEntityType, ConsentRecord, ConsentState } from './store/consent.js';
export type { StoredContentType } from './store/content-types.js';
export { HIDDEN_CONTENT_TYPES } from './store/content-types.js';
export type { ConversationQuery } from './store/conversation-query.js';
export type { ConversationKind, ConversationRow, MembershipState } from './store/conversations.js';
export type { MessageDeletion } from './store/message-deletions.js';
export type { DeliveryStatus, MessageKind, StoredMessage } from './store/messages.js';
export { openStore, readSchemaVersion } from './store/migrate.js';
export type { RejectedEnvelope } from './store/rejected-envelopes.js';
export { SCHEMA_VERSION } from './store/schema.js';
export type { StreamState } from './streams/node-subscription.js';
export type { MessageStreamFilter, StreamOptions } from './streams/streams.js';
export { deployedInboxId } from './takeover/deployed-tables.js';
export { type TakeOver, takeOver } from './takeover/take-over.js';
export { MAX_TYPING_MEMBERS, TYPING_EXPIRES_MS, TYPING_INTERVAL_MS } from './typing/typing-state.js';
export { COMMIT_RULES } from './validation/commit-rule-table.js';
export { JOIN_RULES } from './validation/join-rules.js';
export type { PermissionLevel } from './validation/roles.js';
export { OWN_PROTOCOL_VERSION } from './validation/version.js';
