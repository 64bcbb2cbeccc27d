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

export const encodeText = (text: string): EncodedContent => textCodec.encode(text);
export const encodeMarkdown = (markdown: string): EncodedContent => markdownCodec.encode(markdown);
export const encodeReaction = (reaction: Reaction): EncodedContent => reactionCodec.encode(reaction);
export const encodeReadReceipt = (receipt: ReadReceipt = {}): EncodedContent => readReceiptCodec.encode(receipt);
export const encodeAttachment = (attachment: Attachment): EncodedContent => attachmentCodec.encode(attachment);
/** @throws ContentError `content/invalid-value` */
export const encodeRemoteAttachment = (attachment: RemoteAttachment): EncodedContent =>
  remoteAttachmentCodec.encode(attachment);
/** @throws ContentError `content/invalid-value` */
export const encodeMultiRemoteAttachment = (attachments: MultiRemoteAttachment): EncodedContent =>
  multiRemoteAttachmentCodec.encode(attachments);
/** @throws ContentError `content/invalid-value` */
export const encodeTransactionReference = (transaction: TransactionReference): EncodedContent =>
  transactionReferenceCodec.encode(transaction);
/** @throws ContentError `content/invalid-value` */
export const encodeWalletSendCalls = (calls: WalletSendCalls): EncodedContent => walletSendCallsCodec.encode(calls);
/** @throws ContentError `content/invalid-value` */
export const encodeActions = (actions: Actions): EncodedContent => actionsCodec.encode(actions);
/** @throws ContentError `content/invalid-value` */
export const encodeIntent = (intent: Intent): EncodedContent => intentCodec.encode(intent);
