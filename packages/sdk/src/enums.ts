/**
 * The numbers that applications compile in (the original's are `const enum`s, so the values are the interface).
 * Source: @xmtp/node-bindings 1.10.0.
 */
export { ActionStyle, ReactionAction, ReactionSchema } from '@conclave/content';

/** Ethereum address or passkey. */
export const IdentifierKind = { Ethereum: 0, Passkey: 1 } as const;
export type IdentifierKind = (typeof IdentifierKind)[keyof typeof IdentifierKind];

/** What the user decided about a conversation or an inbox. */
export const ConsentState = { Unknown: 0, Allowed: 1, Denied: 2 } as const;
export type ConsentState = (typeof ConsentState)[keyof typeof ConsentState];

/** What a consent record is about. */
export const ConsentEntityType = { GroupId: 0, InboxId: 1 } as const;
export type ConsentEntityType = (typeof ConsentEntityType)[keyof typeof ConsentEntityType];

/** Kind of a conversation; `Sync` and `Oneshot` are the clients’ own. */
export const ConversationType = { Dm: 0, Group: 1, Sync: 2, Oneshot: 3 } as const;
export type ConversationType = (typeof ConversationType)[keyof typeof ConversationType];

/** How far an own message has come. */
export const DeliveryStatus = { Unpublished: 0, Published: 1, Failed: 2 } as const;
export type DeliveryStatus = (typeof DeliveryStatus)[keyof typeof DeliveryStatus];

/** Written by a member, or derived from a commit. */
export const GroupMessageKind = { Application: 0, MembershipChange: 1 } as const;
export type GroupMessageKind = (typeof GroupMessageKind)[keyof typeof GroupMessageKind];

/** This inbox in a conversation. */
export const GroupMembershipState = { Allowed: 0, Rejected: 1, Pending: 2, Restored: 3, PendingRemove: 4 } as const;
export type GroupMembershipState = (typeof GroupMembershipState)[keyof typeof GroupMembershipState];

/** The preset that a group’s policies amount to. */
export const GroupPermissionsOptions = { Default: 0, AdminOnly: 1, CustomPolicy: 2 } as const;
export type GroupPermissionsOptions = (typeof GroupPermissionsOptions)[keyof typeof GroupPermissionsOptions];

/** Highest role of a member. */
export const PermissionLevel = { Member: 0, Admin: 1, SuperAdmin: 2 } as const;
export type PermissionLevel = (typeof PermissionLevel)[keyof typeof PermissionLevel];

/** Who may do something; `Other` is a condition that has no number. */
export const PermissionPolicy = { Allow: 0, Deny: 1, Admin: 2, SuperAdmin: 3, DoesNotExist: 4, Other: 5 } as const;
export type PermissionPolicy = (typeof PermissionPolicy)[keyof typeof PermissionPolicy];

/** What `updatePermission` changes. */
export const PermissionUpdateType = {
  AddMember: 0,
  RemoveMember: 1,
  AddAdmin: 2,
  RemoveAdmin: 3,
  UpdateMetadata: 4,
} as const;
export type PermissionUpdateType = (typeof PermissionUpdateType)[keyof typeof PermissionUpdateType];

/** Attribute of a group. */
export const MetadataField = {
  AppData: 0,
  Description: 1,
  GroupName: 2,
  GroupImageUrlSquare: 3,
  MessageExpirationFromNs: 4,
  MessageExpirationInNs: 5,
} as const;
export type MetadataField = (typeof MetadataField)[keyof typeof MetadataField];

/** Order of a list of messages. */
export const SortDirection = { Ascending: 0, Descending: 1 } as const;
export type SortDirection = (typeof SortDirection)[keyof typeof SortDirection];

/** By which time messages are ordered. */
export const MessageSortBy = { SentAt: 0, InsertedAt: 1 } as const;
export type MessageSortBy = (typeof MessageSortBy)[keyof typeof MessageSortBy];

/** By which time conversations are ordered, newest first. */
export const ListConversationsOrderBy = { CreatedAt: 0, LastActivity: 1 } as const;
export type ListConversationsOrderBy = (typeof ListConversationsOrderBy)[keyof typeof ListConversationsOrderBy];

/** Filter of message queries. */
export const ContentType = {
  Actions: 0,
  Attachment: 1,
  Custom: 2,
  GroupMembershipChange: 3,
  GroupUpdated: 4,
  Intent: 5,
  LeaveRequest: 6,
  Markdown: 7,
  MultiRemoteAttachment: 8,
  Reaction: 9,
  ReadReceipt: 10,
  RemoteAttachment: 11,
  Reply: 12,
  Text: 13,
  TransactionReference: 14,
  WalletSendCalls: 15,
} as const;
export type ContentType = (typeof ContentType)[keyof typeof ContentType];

/** Least severe level that is logged. */
export const LogLevel = {
  Off: 'Off',
  Error: 'Error',
  Warn: 'Warn',
  Info: 'Info',
  Debug: 'Debug',
  Trace: 'Trace',
} as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/** What an archive holds. */
export const BackupElementSelectionOption = { Messages: 'Messages', Consent: 'Consent' } as const;
export type BackupElementSelectionOption =
  (typeof BackupElementSelectionOption)[keyof typeof BackupElementSelectionOption];

/** Who deleted a message. */
export const DeletedBy = { Sender: 'Sender', Admin: 'Admin' } as const;
export type DeletedBy = (typeof DeletedBy)[keyof typeof DeletedBy];
