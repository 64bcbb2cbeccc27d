/** Options of message lists, in the words of the client below. */
import type { ConversationMessageQuery, StoredContentType } from '@conclave/client';
import { ContentType, DeliveryStatus, GroupMessageKind, MessageSortBy, SortDirection } from '../enums.js';
import type { ListMessagesOptions } from '../options.js';

const STATUS = {
  [DeliveryStatus.Unpublished]: 'unpublished',
  [DeliveryStatus.Published]: 'published',
  [DeliveryStatus.Failed]: 'failed',
} as const;
const KIND = {
  [GroupMessageKind.Application]: 'application',
  [GroupMessageKind.MembershipChange]: 'membership-change',
} as const;
const STORED_TYPE: Readonly<Record<ContentType, StoredContentType>> = {
  [ContentType.Actions]: 'actions',
  [ContentType.Attachment]: 'attachment',
  [ContentType.Custom]: 'custom',
  [ContentType.GroupMembershipChange]: 'membership-change',
  [ContentType.GroupUpdated]: 'group-updated',
  [ContentType.Intent]: 'intent',
  [ContentType.LeaveRequest]: 'leave-request',
  [ContentType.Markdown]: 'markdown',
  [ContentType.MultiRemoteAttachment]: 'multi-remote-attachment',
  [ContentType.Reaction]: 'reaction',
  [ContentType.ReadReceipt]: 'read-receipt',
  [ContentType.RemoteAttachment]: 'remote-attachment',
  [ContentType.Reply]: 'reply',
  [ContentType.Text]: 'text',
  [ContentType.TransactionReference]: 'transaction-reference',
  [ContentType.WalletSendCalls]: 'wallet-send-calls',
};

/** @param hidden - types that are left out whatever the options say */
export function messageQuery(
  options: ListMessagesOptions,
  hidden: readonly StoredContentType[] = [],
): ConversationMessageQuery {
  const { deliveryStatus, direction, sortBy, contentTypes, excludeContentTypes = [], kind, ...bounds } = options;
  return {
    ...bounds,
    ...(deliveryStatus === undefined ? {} : { deliveryStatus: STATUS[deliveryStatus] }),
    direction: direction === SortDirection.Descending ? 'descending' : 'ascending',
    sortBy: sortBy === MessageSortBy.InsertedAt ? 'inserted-at' : 'sent-at',
    ...(contentTypes === undefined ? {} : { contentTypes: contentTypes.map((type) => STORED_TYPE[type]) }),
    excludeContentTypes: [...new Set([...excludeContentTypes.map((type) => STORED_TYPE[type]), ...hidden])],
    ...(kind === undefined ? {} : { kind: KIND[kind] }),
  };
}
