/** Names of the built-in content types, as functions, and the name that deleted messages are shown under. */
import {
  actionsCodec,
  attachmentCodec,
  type ContentCodec,
  type ContentTypeId,
  groupUpdatedCodec,
  intentCodec,
  leaveRequestCodec,
  markdownCodec,
  multiRemoteAttachmentCodec,
  reactionCodec,
  readReceiptCodec,
  remoteAttachmentCodec,
  replyCodec,
  textCodec,
  transactionReferenceCodec,
  walletSendCallsCodec,
} from '@conclave/content';

/** A name of the caller's own: nobody else's changes with it. */
function nameOf({ contentType }: Pick<ContentCodec, 'contentType'>): ContentTypeId {
  return { ...contentType };
}

/** `xmtp.org/text:1.0` */
export const contentTypeText = (): ContentTypeId => nameOf(textCodec);
/** `xmtp.org/markdown:1.0` */
export const contentTypeMarkdown = (): ContentTypeId => nameOf(markdownCodec);
/** `xmtp.org/reply:1.0` */
export const contentTypeReply = (): ContentTypeId => nameOf(replyCodec);
/** `xmtp.org/reaction:2.0` */
export const contentTypeReaction = (): ContentTypeId => nameOf(reactionCodec);
/** `xmtp.org/readReceipt:1.0` */
export const contentTypeReadReceipt = (): ContentTypeId => nameOf(readReceiptCodec);
/** `xmtp.org/attachment:1.0` */
export const contentTypeAttachment = (): ContentTypeId => nameOf(attachmentCodec);
/** `xmtp.org/remoteStaticAttachment:1.0` */
export const contentTypeRemoteAttachment = (): ContentTypeId => nameOf(remoteAttachmentCodec);
/** `xmtp.org/multiRemoteStaticAttachment:1.0` */
export const contentTypeMultiRemoteAttachment = (): ContentTypeId => nameOf(multiRemoteAttachmentCodec);
/** `xmtp.org/transactionReference:1.0` */
export const contentTypeTransactionReference = (): ContentTypeId => nameOf(transactionReferenceCodec);
/** `xmtp.org/walletSendCalls:1.0` */
export const contentTypeWalletSendCalls = (): ContentTypeId => nameOf(walletSendCallsCodec);
/** `coinbase.com/actions:1.0` */
export const contentTypeActions = (): ContentTypeId => nameOf(actionsCodec);
/** `coinbase.com/intent:1.0` */
export const contentTypeIntent = (): ContentTypeId => nameOf(intentCodec);
/** `xmtp.org/group_updated:1.0` */
export const contentTypeGroupUpdated = (): ContentTypeId => nameOf(groupUpdatedCodec);
/** `xmtp.org/leave_request:1.0` */
export const contentTypeLeaveRequest = (): ContentTypeId => nameOf(leaveRequestCodec);

/** `xmtp.org/deletedMessage:1.0`: never on the wire; what a deleted message is listed as. */
export const DELETED_MESSAGE_TYPE: ContentTypeId = {
  authorityId: 'xmtp.org',
  typeId: 'deletedMessage',
  versionMajor: 1,
  versionMinor: 0,
};
