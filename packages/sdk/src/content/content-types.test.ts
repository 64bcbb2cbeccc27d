import * as content from '@conclave/content';
import { expect, it } from 'vitest';
import * as types from './content-types.js';

const CODECS: Readonly<Record<string, { readonly contentType: content.ContentTypeId }>> = {
  contentTypeText: content.textCodec,
  contentTypeMarkdown: content.markdownCodec,
  contentTypeReply: content.replyCodec,
  contentTypeReaction: content.reactionCodec,
  contentTypeReadReceipt: content.readReceiptCodec,
  contentTypeAttachment: content.attachmentCodec,
  contentTypeRemoteAttachment: content.remoteAttachmentCodec,
  contentTypeMultiRemoteAttachment: content.multiRemoteAttachmentCodec,
  contentTypeTransactionReference: content.transactionReferenceCodec,
  contentTypeWalletSendCalls: content.walletSendCallsCodec,
  contentTypeActions: content.actionsCodec,
  contentTypeIntent: content.intentCodec,
  contentTypeGroupUpdated: content.groupUpdatedCodec,
  contentTypeLeaveRequest: content.leaveRequestCodec,
  contentTypeEditMessage: content.editMessageCodec,
};

it.each(Object.entries(CODECS))('%s is what its codec writes', (name, { contentType }) => {
  const named = (types as unknown as Record<string, () => content.ContentTypeId>)[name] as () => content.ContentTypeId;
  expect(named()).toEqual(contentType);
  expect(named()).not.toBe(named());
});
