/** xmtp.org/leave_request:1.0 - the sender wants to be removed from the group (XIP-75). Protobuf `LeaveRequest`. */
import { create, LeaveRequestSchema, toBinary } from '@conclave/proto';
import { type ContentCodec, decodeMessage } from './codec.js';
import { xmtpType } from './content-type-id.js';

/** Asks to be removed from the group (XIP-75). */
export interface LeaveRequest {
  readonly authenticatedNote?: Uint8Array;
}

const contentType = xmtpType('leave_request');

/** xmtp.org/leave_request:1.0. */
export const leaveRequestCodec: ContentCodec<LeaveRequest> = {
  contentType,
  encode: (request) => ({
    type: contentType,
    parameters: {},
    content: toBinary(LeaveRequestSchema, create(LeaveRequestSchema, request)),
  }),
  decode: (encoded) => {
    const { authenticatedNote } = decodeMessage(LeaveRequestSchema, contentType, encoded);
    return authenticatedNote === undefined ? {} : { authenticatedNote };
  },
  fallback: () => undefined,
  shouldPush: () => false,
};
