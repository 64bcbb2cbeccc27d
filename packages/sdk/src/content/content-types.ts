/** Names of the built-in content types, as functions, and the name that deleted messages are shown under. */
import type { ContentTypeId } from '@conclave/content';

/** A name of the caller's own: nobody else's changes with it. Written out, so that a page can ask for it without loading the codecs. */
const named =
  (typeId: string, versionMajor = 1, authorityId = 'xmtp.org') =>
  (): ContentTypeId => ({ authorityId, typeId, versionMajor, versionMinor: 0 });

/** `xmtp.org/text:1.0` */
export const contentTypeText = named('text');
/** `xmtp.org/markdown:1.0` */
export const contentTypeMarkdown = named('markdown');
/** `xmtp.org/reply:1.0` */
export const contentTypeReply = named('reply');
/** `xmtp.org/reaction:2.0` */
export const contentTypeReaction = named('reaction', 2);
/** `xmtp.org/readReceipt:1.0` */
export const contentTypeReadReceipt = named('readReceipt');
/** `xmtp.org/attachment:1.0` */
export const contentTypeAttachment = named('attachment');
/** `xmtp.org/remoteStaticAttachment:1.0` */
export const contentTypeRemoteAttachment = named('remoteStaticAttachment');
/** `xmtp.org/multiRemoteStaticAttachment:1.0` */
export const contentTypeMultiRemoteAttachment = named('multiRemoteStaticAttachment');
/** `xmtp.org/transactionReference:1.0` */
export const contentTypeTransactionReference = named('transactionReference');
/** `xmtp.org/walletSendCalls:1.0` */
export const contentTypeWalletSendCalls = named('walletSendCalls');
/** `coinbase.com/actions:1.0` */
export const contentTypeActions = named('actions', 1, 'coinbase.com');
/** `coinbase.com/intent:1.0` */
export const contentTypeIntent = named('intent', 1, 'coinbase.com');
/** `xmtp.org/group_updated:1.0` */
export const contentTypeGroupUpdated = named('group_updated');
/** `xmtp.org/leave_request:1.0` */
export const contentTypeLeaveRequest = named('leave_request');

/** `xmtp.org/editMessage:1.0` */
export const contentTypeEditMessage = named('editMessage');

/** `xmtp.org/deletedMessage:1.0`: never on the wire; what a deleted message is listed as. */
export const DELETED_MESSAGE_TYPE: ContentTypeId = {
  authorityId: 'xmtp.org',
  typeId: 'deletedMessage',
  versionMajor: 1,
  versionMinor: 0,
};
