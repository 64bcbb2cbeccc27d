/** What a message holds, told by its content type: the guards of `@conclave/sdk` with the page's messages. */
import type {
  Actions,
  Attachment,
  EditMessage,
  GroupUpdated,
  Intent,
  LeaveRequest,
  MultiRemoteAttachment,
  Reaction,
  ReadReceipt,
  RemoteAttachment,
  TransactionReference,
  WalletSendCalls,
} from '@conclave/content';
import * as sdk from '@conclave/sdk';
import type { DecodedMessage, EnrichedReply } from './decoded-message.js';

type Guard<Content> = (message: DecodedMessage) => message is DecodedMessage<Content>;

const paged = <Content>(guard: (message: never) => boolean): Guard<Content> => guard as unknown as Guard<Content>;

/** Text. */
export const isText = paged<string>(sdk.isText);
/** Markdown. */
export const isMarkdown = paged<string>(sdk.isMarkdown);
/** A reply. */
export const isReply = paged<EnrichedReply>(sdk.isReply);
/** A reply whose content is a text. */
export const isTextReply = paged<EnrichedReply<string>>(sdk.isTextReply);
/** A reaction. */
export const isReaction = paged<Reaction>(sdk.isReaction);
/** A read receipt. */
export const isReadReceipt = paged<ReadReceipt>(sdk.isReadReceipt);
/** A file within the message. */
export const isAttachment = paged<Attachment>(sdk.isAttachment);
/** A file elsewhere. */
export const isRemoteAttachment = paged<RemoteAttachment>(sdk.isRemoteAttachment);
/** Files elsewhere. */
export const isMultiRemoteAttachment = paged<MultiRemoteAttachment>(sdk.isMultiRemoteAttachment);
/** A transaction on a chain. */
export const isTransactionReference = paged<TransactionReference>(sdk.isTransactionReference);
/** Calls that a wallet is asked to make. */
export const isWalletSendCalls = paged<WalletSendCalls>(sdk.isWalletSendCalls);
/** Choices. */
export const isActions = paged<Actions>(sdk.isActions);
/** A choice made. */
export const isIntent = paged<Intent>(sdk.isIntent);
/** A change of the group. */
export const isGroupUpdated = paged<GroupUpdated>(sdk.isGroupUpdated);
/** Other words for an earlier message. */
export const isEditMessage = paged<EditMessage>(sdk.isEditMessage);
/** Somebody wants to leave. */
export const isLeaveRequest = paged<LeaveRequest>(sdk.isLeaveRequest);
