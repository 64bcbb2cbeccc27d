/**
 * Content types: what a message can be, and how it is written (XIP-5 and the content type XIPs).
 *
 * ```ts
 * import { ContentRegistry, decodeContent, encodeContent, textCodec } from '@conclave/content';
 * const bytes = encodeContent(textCodec.encode('hello'));
 * const decoded = new ContentRegistry().decode(decodeContent(bytes));
 * if (decoded.kind === 'text') decoded.value; // 'hello'
 * ```
 */
export { type Action, ActionStyle, type Actions, actionsCodec } from './actions.js';
export { type Attachment, attachmentCodec } from './attachment.js';
export { decryptAttachment, type EncryptedAttachment, encryptAttachment } from './attachment-encryption.js';
export type { ContentCodec } from './codec.js';
export { type CompressionAlgorithm, type Inflate, inflateContent, MAX_INFLATED_BYTES } from './compression.js';
export {
  type ContentTypeId,
  contentTypeFromString,
  contentTypesAreEqual,
  contentTypeToString,
} from './content-type-id.js';
export { type DeleteMessage, deleteMessageCodec } from './delete-message.js';
export { type EditMessage, editMessageCodec } from './edit-message.js';
export { decodeContent, type EncodedContent, encodeContent } from './encoded-content.js';
export { CONTENT_ERRORS, ContentError, type ContentErrorCode } from './errors.js';
export {
  type GroupUpdated,
  groupUpdatedCodec,
  type InboxReference,
  type MetadataFieldChange,
} from './group-updated.js';
export { type Intent, intentCodec } from './intent.js';
export { type LeaveRequest, leaveRequestCodec } from './leave-request.js';
export { markdownCodec } from './markdown.js';
export { type MultiRemoteAttachment, multiRemoteAttachmentCodec } from './multi-remote-attachment.js';
export { type Reaction, ReactionAction, ReactionSchema, reactionCodec } from './reaction.js';
export { reactionV1Codec } from './reaction-v1.js';
export { type ReadReceipt, readReceiptCodec } from './read-receipt.js';
export {
  type BuiltInKind,
  type BuiltInValues,
  ContentRegistry,
  type DecodedContent,
  isBuiltInType,
} from './registry.js';
export { type RemoteAttachment, remoteAttachmentCodec } from './remote-attachment.js';
export { type Reply, replyCodec } from './reply.js';
export { textCodec } from './text.js';
export {
  type TransactionMetadata,
  type TransactionReference,
  transactionReferenceCodec,
} from './transaction-reference.js';
export { type Typing, typingCodec } from './typing.js';
export { type WalletCall, type WalletSendCalls, walletSendCallsCodec } from './wallet-send-calls.js';
