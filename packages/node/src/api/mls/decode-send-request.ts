/**
 * Decodes SendGroupMessagesRequest, the request that nodes are sent most. Bytes of the shape that encoders write are read straight; anything
 * else (fields out of order, repeated, unknown, of another wire type, or cut off) is left to the generated decoder, and a property test holds
 * the two equal.
 *
 *     SendGroupMessagesRequest  1 messages      GroupMessageInput  1 v1      V1  1 data  2 sender_hmac  3 should_push
 */
import { EMPTY_BYTES } from '@conclave/crypto';
import { SendGroupMessagesRequestSchema } from '@conclave/proto';
import { decodeRequest } from '../rpc.js';

/** A message as it was sent. */
export interface SentGroupMessage {
  readonly data: Uint8Array;
  readonly senderHmac: Uint8Array;
  readonly shouldPush: boolean;
}

/** Tags: field number and wire type. */
const TAG = { messages: 0x0a, v1: 0x0a, data: 0x0a, senderHmac: 0x12, shouldPush: 0x18 } as const;

/**
 * The messages; undefined for one that is in no form that is known. Byte arrays are views of the request.
 * @throws NodeError `node/malformed-request`
 */
export function decodeSendRequest(request: Uint8Array): readonly (SentGroupMessage | undefined)[] {
  return (
    new StraightReader(request).messages() ??
    decodeRequest(SendGroupMessagesRequestSchema, request).messages.map(({ version }) =>
      version.case === 'v1' ? version.value : undefined,
    )
  );
}

class StraightReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Undefined for any other shape. */
  messages(): SentGroupMessage[] | undefined {
    const bytes = this.#bytes;
    const messages: SentGroupMessage[] = [];
    while (this.#at < bytes.length) {
      const messageEnd = this.#enter(TAG.messages, bytes.length);
      const end = this.#enter(TAG.v1, messageEnd);
      // The version fills its message.
      if (end === undefined || end !== messageEnd) return undefined;
      const data = bytes[this.#at] === TAG.data && this.#at < end ? this.#content(TAG.data, end) : EMPTY_BYTES;
      const hmac =
        bytes[this.#at] === TAG.senderHmac && this.#at < end ? this.#content(TAG.senderHmac, end) : EMPTY_BYTES;
      if (data === undefined || hmac === undefined) return undefined;
      let shouldPush = false;
      if (this.#at + 2 === end && bytes[this.#at] === TAG.shouldPush && (bytes[this.#at + 1] as number) <= 1) {
        shouldPush = bytes[this.#at + 1] === 1;
        this.#at = end;
      }
      if (this.#at !== end) return undefined;
      messages.push({ data, senderHmac: hmac, shouldPush });
    }
    return messages;
  }

  #content(tag: number, end: number): Uint8Array | undefined {
    const contentEnd = this.#enter(tag, end);
    if (contentEnd === undefined) return undefined;
    const content = this.#bytes.subarray(this.#at, contentEnd);
    this.#at = contentEnd;
    return content;
  }

  /** Steps behind a tag and its length. @returns where its content ends; undefined unless it is this tag and ends within `end` */
  #enter(tag: number, end: number | undefined): number | undefined {
    const bytes = this.#bytes;
    if (end === undefined || this.#at >= end || bytes[this.#at] !== tag) return undefined;
    let at = this.#at + 1;
    let length = 0;
    // Four bytes hold more than a request may.
    for (let shift = 0; shift < 28 && at < end; shift += 7) {
      const byte = bytes[at++] as number;
      length |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      this.#at = at;
      return at + length <= end ? at + length : undefined;
    }
    return undefined;
  }
}
