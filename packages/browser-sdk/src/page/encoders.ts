/** The encoders of the built-in content types, apart from what a page loads first. */
export {
  encodeActions,
  encodeAttachment,
  encodeIntent,
  encodeMarkdown,
  encodeMultiRemoteAttachment,
  encodeReaction,
  encodeReadReceipt,
  encodeRemoteAttachment,
  encodeText,
  encodeTransactionReference,
  encodeWalletSendCalls,
} from '@conclave/sdk';
