/** xmtp.org/text:1.0 - UTF-8 text. */
import { fromUtf8, utf8 } from '@conclave/crypto';
import { type ContentCodec, malformed } from './codec.js';
import { type ContentTypeId, xmtpType } from './content-type-id.js';
import type { EncodedContent } from './encoded-content.js';
import { ContentError } from './errors.js';

const ENCODING = 'UTF-8';

/** Encoded content of UTF-8 text. @throws ContentError `content/invalid-value` for what is no string, which JavaScript would write as one */
export function encodeUtf8Content(type: ContentTypeId, text: string): EncodedContent {
  if (typeof text !== 'string') {
    throw new ContentError('content/invalid-value', { typeId: type.typeId, reason: `${typeof text} instead of text` });
  }
  return { type, parameters: { encoding: ENCODING }, content: utf8(text) };
}

/** Text of an encoded content; a missing encoding parameter means UTF-8. @throws ContentError `content/malformed` */
export function decodeUtf8Content(type: ContentTypeId, { parameters, content }: EncodedContent): string {
  if ((parameters.encoding ?? ENCODING) !== ENCODING) throw malformed(type, 'encoding');
  try {
    return fromUtf8(content);
  } catch (cause) {
    throw malformed(type, 'content', cause);
  }
}

const contentType = xmtpType('text');

/** Plain text. */
export const textCodec: ContentCodec<string> = {
  contentType,
  encode: (text) => encodeUtf8Content(contentType, text),
  decode: (content) => decodeUtf8Content(contentType, content),
  fallback: () => undefined,
  shouldPush: () => true,
};
