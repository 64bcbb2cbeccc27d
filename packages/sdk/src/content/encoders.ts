/** Values of the built-in content types to encoded contents, for `send` and for what a reply carries. */
import {
  type Actions,
  type Attachment,
  actionsCodec,
  attachmentCodec,
  type EncodedContent,
  type Intent,
  intentCodec,
  type MultiRemoteAttachment,
  markdownCodec,
  multiRemoteAttachmentCodec,
  type Reaction,
  type ReadReceipt,
  type RemoteAttachment,
  reactionCodec,
  readReceiptCodec,
  remoteAttachmentCodec,
  type TransactionReference,
  textCodec,
  transactionReferenceCodec,
  type WalletSendCalls,
  walletSendCallsCodec,
} from '@conclave/content';

/** `xmtp.org/text:1.0` */
export const encodeText = (text: string): EncodedContent => textCodec.encode(text);
/** `xmtp.org/markdown:1.0` */
export const encodeMarkdown = (markdown: string): EncodedContent => markdownCodec.encode(markdown);
/** `xmtp.org/reaction:2.0` */
export const encodeReaction = (reaction: Reaction): EncodedContent => reactionCodec.encode(reaction);
/** `xmtp.org/readReceipt:1.0` */
export const encodeReadReceipt = (receipt: ReadReceipt = {}): EncodedContent => readReceiptCodec.encode(receipt);
/** `xmtp.org/attachment:1.0` */
export const encodeAttachment = (attachment: Attachment): EncodedContent => attachmentCodec.encode(attachment);
/** `xmtp.org/remoteStaticAttachment:1.0` @throws ContentError `content/invalid-value` */
export const encodeRemoteAttachment = (attachment: RemoteAttachment): EncodedContent =>
  remoteAttachmentCodec.encode(attachment);
/** `xmtp.org/multiRemoteStaticAttachment:1.0` @throws ContentError `content/invalid-value` */
export const encodeMultiRemoteAttachment = (attachments: MultiRemoteAttachment): EncodedContent =>
  multiRemoteAttachmentCodec.encode(attachments);
/** `xmtp.org/transactionReference:1.0` @throws ContentError `content/invalid-value` */
export const encodeTransactionReference = (transaction: TransactionReference): EncodedContent =>
  transactionReferenceCodec.encode(transaction);
/** `xmtp.org/walletSendCalls:1.0` @throws ContentError `content/invalid-value` */
export const encodeWalletSendCalls = (calls: WalletSendCalls): EncodedContent => walletSendCallsCodec.encode(calls);
/** `coinbase.com/actions:1.0` @throws ContentError `content/invalid-value` */
export const encodeActions = (actions: Actions): EncodedContent => actionsCodec.encode(actions);
/** `coinbase.com/intent:1.0` @throws ContentError `content/invalid-value` */
export const encodeIntent = (intent: Intent): EncodedContent => intentCodec.encode(intent);
