/** Answers made of parts that are encoded already: length-delimited fields are joined, nothing is encoded twice. */
import { framedPayload } from './frame.js';
import { varintSize, writeVarint } from './log/encode-message.js';

/** From here on a copy costs more than its avoidance. */
const LARGE_BYTES = 4096;

/** Field number (1 to 15) and encoded content. */
export type EncodedField = readonly [field: number, content: Uint8Array];

/** A message that consists of these fields, in this order. Cost: one copy of the contents. */
export function encodeFields(fields: readonly EncodedField[]): Uint8Array {
  let size = 0;
  for (const [, content] of fields) size += 1 + varintSize(content.length) + content.length;
  const out = size < LARGE_BYTES ? new Uint8Array(size) : framedPayload(size);
  let at = 0;
  for (const [field, content] of fields) {
    out[at++] = (field << 3) | 2;
    at = writeVarint(out, at, content.length);
    out.set(content, at);
    at += content.length;
  }
  return out;
}
