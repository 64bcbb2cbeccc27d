/**
 * xmtp.org/deleteMessage:1.0 - withdraws an earlier message (XIP-76). Protobuf `DeleteMessage`. Whether the sender may
 * is decided where the target is known.
 */
import { create, DeleteMessageSchema, toBinary } from '@conclave/proto';
import { type ContentCodec, decodeMessage } from './codec.js';
import { xmtpType } from './content-type-id.js';

/** Asks everybody to hide a message (XIP-76). */
export interface DeleteMessage {
  /** Hex. */
  readonly messageId: string;
}

const contentType = xmtpType('deleteMessage');

/** xmtp.org/deleteMessage:1.0. */
export const deleteMessageCodec: ContentCodec<DeleteMessage> = {
  contentType,
  encode: ({ messageId }) => ({
    type: contentType,
    parameters: {},
    content: toBinary(DeleteMessageSchema, create(DeleteMessageSchema, { messageId })),
  }),
  decode: (encoded) => ({ messageId: decodeMessage(DeleteMessageSchema, contentType, encoded).messageId }),
  fallback: () => undefined,
  shouldPush: () => false,
};
