/** What a message holds, told by its content type: authority and type id, whatever the version. */
import {
  type Actions,
  type Attachment,
  type ContentTypeId,
  contentTypesAreEqual,
  type EditMessage,
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
} from './content-types.js';
import type { EnrichedReply } from './enriched-reply.js';

function guard<Content>(type: ContentTypeId) {
  return (message: DecodedMessage): message is DecodedMessage<Content> =>
    contentTypesAreEqual(message.contentType, type);
}

/** Its content is the text. */
export const isText = guard<string>(contentTypeText());
/** Its content is the Markdown text. */
export const isMarkdown = guard<string>(contentTypeMarkdown());
/** Its content is an `EnrichedReply`. */
export const isReply = guard<EnrichedReply>(contentTypeReply());
/** Its content is a `Reaction`. */
export const isReaction = guard<Reaction>(contentTypeReaction());
/** Its time is up to when the sender has read. */
export const isReadReceipt = guard<ReadReceipt>(contentTypeReadReceipt());
/** Its content is an `Attachment`, the file itself. */
export const isAttachment = guard<Attachment>(contentTypeAttachment());
/** Its content is a `RemoteAttachment`, for `decryptAttachment`. */
export const isRemoteAttachment = guard<RemoteAttachment>(contentTypeRemoteAttachment());
/** Its content holds several `RemoteAttachment`s. */
export const isMultiRemoteAttachment = guard<MultiRemoteAttachment>(contentTypeMultiRemoteAttachment());
/** Its content is a `TransactionReference`. */
export const isTransactionReference = guard<TransactionReference>(contentTypeTransactionReference());
/** Its content is a `WalletSendCalls`. */
export const isWalletSendCalls = guard<WalletSendCalls>(contentTypeWalletSendCalls());
/** Its content is an `Actions`. */
export const isActions = guard<Actions>(contentTypeActions());
/** Its content is an `Intent`. */
export const isIntent = guard<Intent>(contentTypeIntent());
/** Its content is a `GroupUpdated`, the transcript of a change. */
export const isGroupUpdated = guard<GroupUpdated>(contentTypeGroupUpdated());
/** Its sender asks to be removed. */
export const isLeaveRequest = guard<LeaveRequest>(contentTypeLeaveRequest());

/** Its content names an earlier message and what it says now; lists show that message edited and not this one. */
export const isEditMessage = guard<EditMessage>(contentTypeEditMessage());

/** A reply whose own content is text. */
export function isTextReply(message: DecodedMessage): message is DecodedMessage<EnrichedReply<string>> {
  return isReply(message) && typeof message.content?.content === 'string';
}
