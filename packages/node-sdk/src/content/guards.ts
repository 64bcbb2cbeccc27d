/** What a message holds, told by its content type: authority and type id, whatever the version. */
import {
  type Actions,
  type Attachment,
  type ContentTypeId,
  contentTypesAreEqual,
  type GroupUpdated,
  type Intent,
  type LeaveRequest,
  type MultiRemoteAttachment,
  type Reaction,
  type ReadReceipt,
  type RemoteAttachment,
  type TransactionReference,
  type WalletSendCalls,
} from '@conclave/content';
import type { DecodedMessage } from '../conversations/decoded-message.js';
import {
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
} from './content-types.js';
import type { EnrichedReply } from './enriched-reply.js';

function guard<Content>(type: ContentTypeId) {
  return (message: DecodedMessage): message is DecodedMessage<Content> =>
    contentTypesAreEqual(message.contentType, type);
}

export const isText = guard<string>(contentTypeText());
export const isMarkdown = guard<string>(contentTypeMarkdown());
export const isReply = guard<EnrichedReply>(contentTypeReply());
export const isReaction = guard<Reaction>(contentTypeReaction());
export const isReadReceipt = guard<ReadReceipt>(contentTypeReadReceipt());
export const isAttachment = guard<Attachment>(contentTypeAttachment());
export const isRemoteAttachment = guard<RemoteAttachment>(contentTypeRemoteAttachment());
export const isMultiRemoteAttachment = guard<MultiRemoteAttachment>(contentTypeMultiRemoteAttachment());
export const isTransactionReference = guard<TransactionReference>(contentTypeTransactionReference());
export const isWalletSendCalls = guard<WalletSendCalls>(contentTypeWalletSendCalls());
export const isActions = guard<Actions>(contentTypeActions());
export const isIntent = guard<Intent>(contentTypeIntent());
export const isGroupUpdated = guard<GroupUpdated>(contentTypeGroupUpdated());
export const isLeaveRequest = guard<LeaveRequest>(contentTypeLeaveRequest());

/** A reply whose own content is text. */
export function isTextReply(message: DecodedMessage): message is DecodedMessage<EnrichedReply<string>> {
  return isReply(message) && typeof message.content?.content === 'string';
}
