/**
 * xmtp.org/editMessage:1.0 - other words for an earlier message (XIP-77, as drafted for libxmtp). Protobuf `EditMessage`. Whether the sender may
 * is decided where the target is known.
 */
import { create, EditMessageSchema, EncodedContentSchema, fromBinary, toBinary } from '@conclave/proto';
import { type ContentCodec, decodeMessage, malformed } from './codec.js';
import { xmtpType } from './content-type-id.js';
import { decodeContent, type EncodedContent, encodeContent } from './encoded-content.js';

/** Asks everybody to show a message with another content (XIP-77). */
export interface EditMessage {
  /** Hex. */
  readonly messageId: string;
  /** The whole content from now on, of the type of the message; not decoded yet. */
  readonly editedContent: EncodedContent;
}

const contentType = xmtpType('editMessage');

/** xmtp.org/editMessage:1.0. */
export const editMessageCodec: ContentCodec<EditMessage> = {
  contentType,
  encode: ({ messageId, editedContent }) => {
    const content = fromBinary(EncodedContentSchema, encodeContent(editedContent));
    return {
      type: contentType,
      parameters: {},
      content: toBinary(EditMessageSchema, create(EditMessageSchema, { messageId, editedContent: content })),
    };
  },
  decode: (encoded) => {
    const { messageId, editedContent } = decodeMessage(EditMessageSchema, contentType, encoded);
    if (editedContent === undefined) throw malformed(contentType, 'editedContent');
    return { messageId, editedContent: decodeContent(toBinary(EncodedContentSchema, editedContent)) };
  },
  fallback: () => undefined,
  shouldPush: () => false,
};
