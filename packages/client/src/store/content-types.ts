/**
 * The kinds of content that queries tell apart, as column `messages.content_type` (numbers of libxmtp 1.10.0's
 * database). The full ContentTypeId is in the content.
 */
import { storedNames } from './columns.js';

/** A kind of content; `custom` is everything that is not built in. */
export type StoredContentType =
  | 'custom'
  | 'text'
  | 'membership-change'
  | 'group-updated'
  | 'reaction'
  | 'read-receipt'
  | 'reply'
  | 'attachment'
  | 'remote-attachment'
  | 'transaction-reference'
  | 'wallet-send-calls'
  | 'leave-request'
  | 'markdown'
  | 'actions'
  | 'intent'
  | 'multi-remote-attachment'
  | 'delete-message'
  | 'edit-message';

/** Numbers of column `messages.content_type`. */
export const CONTENT_TYPES = storedNames<StoredContentType>('messages.content_type', {
  custom: 0,
  text: 1,
  'membership-change': 2,
  'group-updated': 3,
  reaction: 4,
  'read-receipt': 5,
  reply: 6,
  attachment: 7,
  'remote-attachment': 8,
  'transaction-reference': 9,
  'wallet-send-calls': 10,
  'leave-request': 11,
  markdown: 12,
  actions: 13,
  intent: 14,
  'multi-remote-attachment': 15,
  'delete-message': 16,
  'edit-message': 17,
});

const BY_TYPE_ID: Readonly<Record<string, StoredContentType>> = {
  text: 'text',
  group_membership_change: 'membership-change',
  group_updated: 'group-updated',
  reaction: 'reaction',
  readReceipt: 'read-receipt',
  reply: 'reply',
  attachment: 'attachment',
  remoteStaticAttachment: 'remote-attachment',
  transactionReference: 'transaction-reference',
  walletSendCalls: 'wallet-send-calls',
  leave_request: 'leave-request',
  markdown: 'markdown',
  actions: 'actions',
  intent: 'intent',
  multiRemoteStaticAttachment: 'multi-remote-attachment',
  deleteMessage: 'delete-message',
  editMessage: 'edit-message',
};

/** The kind of a ContentTypeId's `type_id`; its authority is not looked at, as in the deployed client. */
export function contentTypeOf(typeId: string): StoredContentType {
  return Object.hasOwn(BY_TYPE_ID, typeId) ? (BY_TYPE_ID[typeId] as StoredContentType) : 'custom';
}

/** What `messages()` of an application never shows by itself: it belongs to other messages. */
export const HIDDEN_CONTENT_TYPES: readonly StoredContentType[] = [
  'reaction',
  'read-receipt',
  'delete-message',
  'edit-message',
];
