/** xmtp.org/readReceipt:1.0 - the reader has seen everything up to the receipt. No content. */
import { EMPTY_BYTES } from '@conclave/crypto';
import type { ContentCodec } from './codec.js';
import { xmtpType } from './content-type-id.js';

/** Nothing: sender and time of the message say it all. */
export type ReadReceipt = Readonly<Record<string, never>>;

const contentType = xmtpType('readReceipt');

/** xmtp.org/readReceipt:1.0: empty; its time is the message’s. */
export const readReceiptCodec: ContentCodec<ReadReceipt> = {
  contentType,
  encode: () => ({ type: contentType, parameters: {}, content: EMPTY_BYTES }),
  decode: () => ({}),
  fallback: () => undefined,
  shouldPush: () => false,
};
